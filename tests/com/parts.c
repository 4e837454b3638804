/* SPDX-License-Identifier: MIT */
/*
 * parts.c - call objects that are part of another object, whose code does what
 * it likes
 */
#define COBJMACROS
#include "callee.h"
#include "outer.h"

/* An outer object and its call, which the server is at. */
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
	AsyncICalc *call;

	*scene = (struct scene){0};
	gone = (struct flag){0};
	scene->calc = callee_start(&scene->callee, single_client);
	scene->outer = outer_new(scene->calc, synchronizes);
	scene->outer->gone = set_gone;
	call = AS(scene->outer, AsyncICalc);
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	callee_await(&scene->callee, entered, 1);
	(void)AsyncICalc_Release(call);
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
	AsyncICalc *call = AS(outer, AsyncICalc);
	struct flag *signaled = outer->data;
	ULONG slept;

	outer->finished = AsyncICalc_Finish_Slow(call, &slept);
	(void)AsyncICalc_Release(call);
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
	callee_open(&scene.callee);
	flag_wait(&signaled);
	assert_int_equal(scene.outer->finished, S_OK);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pending_part_is_let_go_at_once),
		cmocka_unit_test(a_part_is_let_go_in_the_outers_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
