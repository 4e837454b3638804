/* SPDX-License-Identifier: MIT */
/*
 * parts.c - call objects that are part of another object, whose code does what
 * it likes
 */
#define COBJMACROS
#include "asleep.h"
#include "callee.h"
#include "outer.h"

#include <unistd.h>

/* An outer object and its call. */
struct scene {
	struct callee callee;
	ICalc *calc;
	struct outer *outer;
};

static struct flag gone;

static void set_gone(void)
{
	flag_set(&gone);
}

static void open_scene(struct scene *scene, bool single_client,
		       bool synchronizes)
{
	*scene = (struct scene){0};
	gone = (struct flag){0};
	scene->calc = callee_start(&scene->callee, single_client);
	scene->outer = outer_new(scene->calc, synchronizes);
	scene->outer->gone = set_gone;
}

static HRESULT begin(struct outer *outer)
{
	AsyncICalc *call = AS(outer, AsyncICalc);
	HRESULT hr = AsyncICalc_Begin_Slow(call, GATED);

	(void)AsyncICalc_Release(call);
	return hr;
}

static HRESULT finish(struct outer *outer)
{
	AsyncICalc *call = AS(outer, AsyncICalc);
	ULONG slept;
	HRESULT hr = AsyncICalc_Finish_Slow(call, &slept);

	(void)AsyncICalc_Release(call);
	return hr;
}

/* The server is at it. */
static void begin_scene(struct scene *scene)
{
	assert_int_equal(begin(scene->outer), S_OK);
	callee_await(&scene->callee, entered, 1);
}

/* The outer's last reference is the turn's, or given back here. */
static void close_scene(struct scene *scene)
{
	callee_open(&scene->callee);
	(void)IUnknown_Release(&scene->outer->unknown);
	flag_wait(&gone);
	(void)ICalc_Release(scene->calc);
	callee_stop(&scene->callee);
}

/* --- It lets go of its part ---------------------------------------------- */

struct letting_go {
	struct outer *outer;
	ULONG left;
	struct flag done;
};

static void let_go(void *data)
{
	struct letting_go *letting_go = data;

	letting_go->left = outer_part(letting_go->outer);
	flag_set(&letting_go->done);
}

static void try_to_let_go(bool single_client, bool synchronizes)
{
	struct letting_go letting_go = {0};
	struct runner runner;
	struct scene scene;

	open_scene(&scene, single_client, synchronizes);
	begin_scene(&scene);
	letting_go.outer = scene.outer;
	runner_start(&runner, let_go, &letting_go);
	until(flag_is_set(&letting_go.done));
	runner_join(&runner);
	assert_int_equal(letting_go.left, 1);
	assert_int_equal(callee_count(&scene.callee, left), 0);
	close_scene(&scene);
}

static void a_pending_part_is_let_go_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		try_to_let_go(i & 1, i & 2);
}

static void finish_and_let_go(struct outer *outer)
{
	struct flag *signaled = outer->data;

	outer->finished = finish(outer);
	(void)outer_part(outer);
	flag_set(signaled);
}

static void a_part_is_let_go_in_the_outers_signal(void **state)
{
	struct flag signaled = {0};
	struct scene scene;

	(void)state;
	open_scene(&scene, false, true);
	scene.outer->in_signal = finish_and_let_go;
	scene.outer->data = &signaled;
	begin_scene(&scene);
	callee_open(&scene.callee);
	flag_wait(&signaled);
	assert_int_equal(scene.outer->finished, S_OK);
	close_scene(&scene);
}

/* --- It is reset --------------------------------------------------------- */

static void cancel(struct outer *outer)
{
	assert_int_equal(ask_cancel(outer, 0), S_OK);
	assert_int_equal(outer->signals, 0);
}

static void cancel_and_finish(struct outer *outer)
{
	cancel(outer);
	outer->finished = finish(outer);
}

static bool is_signaled(const struct outer *outer)
{
	return __atomic_load_n(&outer->signals, __ATOMIC_ACQUIRE) != 0;
}

static uint64_t sent_id(struct outer *outer)
{
	AsyncICalc *call = AS(outer, AsyncICalc);
	uint64_t id = object_of(call)->client.own.header.id;

	(void)AsyncICalc_Release(call);
	return id;
}

/* What was sent all the same is cancelled, and has the call's id. */
static void check_server(struct scene *scene)
{
	assert_true(sent_id(scene->outer) != 0);
	callee_open(&scene->callee);
	callee_await(&scene->callee, left, 1);
	assert_int_equal(callee_count(&scene->callee, canceled), 1);
}

static void a_call_is_cancelled_in_its_outers_reset(void **state)
{
	(void)state;
	for (int single = 0; single < 2; single++) {
		struct scene scene;

		open_scene(&scene, single, true);
		scene.outer->in_reset = cancel;
		begin_scene(&scene);
		assert_int_equal(finish(scene.outer), RPC_E_CALL_CANCELED);
		assert_int_equal(scene.outer->signals, 1);
		check_server(&scene);
		close_scene(&scene);
	}
}

static void a_call_that_is_finished_before_it_is_sent_is_cancelled(void **state)
{
	(void)state;
	for (int single = 0; single < 2; single++) {
		struct scene scene;

		open_scene(&scene, single, true);
		scene.outer->in_reset = cancel_and_finish;
		begin_scene(&scene);
		assert_int_equal(scene.outer->finished, RPC_E_CALL_CANCELED);
		until(is_signaled(scene.outer));
		check_server(&scene);
		close_scene(&scene);
	}
}

static void cancel_and_begin_again(struct outer *outer)
{
	outer->in_reset = NULL;
	cancel_and_finish(outer);
	assert_int_equal(begin(outer), S_OK);
}

static void the_next_call_may_begin_in_the_outers_reset(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, false, true);
	scene.outer->in_reset = cancel_and_begin_again;
	assert_int_equal(begin(scene.outer), S_OK);
	callee_open(&scene.callee);
	assert_int_equal(finish(scene.outer), S_OK);
	assert_int_equal(scene.outer->signals, 1);
	close_scene(&scene);
}

/* --- Begin_ fails, and others are at the call already -------------------- */

/* Finishes on another thread, and waits there. */
struct finisher {
	struct outer *outer;
	struct flag begun;
	struct flag is_signaled; /* Signal goes on */
	struct flag done;
	pid_t thread;
	HRESULT answer;
	struct runner runner;
};

static void finish_there(void *data)
{
	struct finisher *finisher = data;

	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	finisher->thread = gettid();
	flag_set(&finisher->begun);
	finisher->answer = finish(finisher->outer);
	flag_set(&finisher->done);
	CoUninitialize();
}

static void start_finisher(struct finisher *finisher)
{
	runner_start(&finisher->runner, finish_there, finisher);
	flag_wait(&finisher->begun);
	thread_await_sleep(finisher->thread);
}

/* Begin_ fails by the outer's Reset, which does something with the finisher. */
static void open_failing_scene(struct scene *scene,
			       void (*in_reset)(struct outer *outer),
			       struct finisher *finisher)
{
	open_scene(scene, false, true);
	finisher->outer = scene->outer;
	scene->outer->data = finisher;
	scene->outer->in_reset = in_reset;
	scene->outer->reset_answer = E_ACCESSDENIED;
}

static void cancel_and_wait_for_finisher(struct outer *outer)
{
	cancel(outer);
	start_finisher(outer->data);
}

static void wait_for_test(struct outer *outer)
{
	struct finisher *finisher = outer->data;

	flag_wait(&finisher->is_signaled);
}

/* Finish_ waits until Signal has returned, so it comes after Begin_. */
static void a_reset_that_fails_leaves_nothing_to_finish(void **state)
{
	struct finisher finisher = {0};
	struct scene scene;

	(void)state;
	open_failing_scene(&scene, cancel_and_wait_for_finisher, &finisher);
	scene.outer->in_signal = wait_for_test;
	assert_int_equal(begin(scene.outer), E_ACCESSDENIED);
	flag_set(&finisher.is_signaled);
	runner_join(&finisher.runner);
	assert_int_equal(finisher.answer, RPC_E_CALL_CANCELED);
	assert_int_equal(scene.outer->signals, 1);
	close_scene(&scene);
}

static void wait_for_finisher(struct outer *outer)
{
	start_finisher(outer->data);
}

/* No Signal follows. */
static void a_begin_that_fails_lets_a_finish_go(void **state)
{
	struct finisher finisher = {0};
	struct scene scene;

	(void)state;
	open_failing_scene(&scene, wait_for_finisher, &finisher);
	assert_int_equal(begin(scene.outer), E_ACCESSDENIED);
	until(flag_is_set(&finisher.done));
	runner_join(&finisher.runner);
	assert_int_equal(finisher.answer, RPC_E_CALL_COMPLETE);
	assert_int_equal(scene.outer->waits, 0);
	assert_int_equal(scene.outer->signals, 0);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pending_part_is_let_go_at_once),
		cmocka_unit_test(a_part_is_let_go_in_the_outers_signal),
		cmocka_unit_test(a_call_is_cancelled_in_its_outers_reset),
		cmocka_unit_test(
			a_call_that_is_finished_before_it_is_sent_is_cancelled),
		cmocka_unit_test(the_next_call_may_begin_in_the_outers_reset),
		cmocka_unit_test(a_reset_that_fails_leaves_nothing_to_finish),
		cmocka_unit_test(a_begin_that_fails_lets_a_finish_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
