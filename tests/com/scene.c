/* SPDX-License-Identifier: MIT */
/*
 * scene.c - a call object in each of its states, and who else is at it
 */
#define COBJMACROS
#include "scene.h"

#include "state.h"

const char *situation_name(enum situation situation)
{
	static const char *const names[] = {
#define NAME(name) #name,
		SITUATIONS(NAME)
#undef NAME
	};

	return names[situation];
}

static void join_client(const struct scene *scene)
{
	/* Where the client is an STA, its one other operation is Cancel. */
	if (scene->callee->single)
		assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED),
				 S_OK);
}

static void leave_client(const struct scene *scene)
{
	if (scene->callee->single)
		CoUninitialize();
}

static void cancel_long(void *data)
{
	struct scene *scene = data;

	join_client(scene);
	scene->others_answer = ask_cancel(scene->call, 1000);
	leave_client(scene);
}

static void finish_there(void *data)
{
	struct scene *scene = data;
	ULONG slept;

	join_client(scene);
	scene->others_answer = AsyncICalc_Finish_Slow(scene->call, &slept);
	leave_client(scene);
}

static uint64_t word_of(AsyncICalc *call)
{
	return __atomic_load_n(&object_of(call)->client.call.word,
			       __ATOMIC_ACQUIRE);
}

static void start_other(struct scene *scene, void (*run)(void *))
{
	scene->has_other = true;
	runner_start(&scene->other, run, scene);
}

void scene_finish_elsewhere(struct scene *scene)
{
	start_other(scene, finish_there);
	until(word_of(scene->call) & BELAYI_CLAIMED);
}

void scene_reach(struct scene *scene, enum situation situation)
{
	AsyncICalc *call = scene->call;
	uint32_t entered = callee_count(scene->callee, entered);
	LONG sum;

	if (situation == AT_FRESH)
		return;
	if (situation == AT_FINISHED) {
		assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
		assert_int_equal(sum, 3);
		return;
	}
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	callee_await(scene->callee, entered, entered + 1);
	if (situation == AT_CANCELWAIT) {
		start_other(scene, cancel_long);
		until(state_of(call) == BELAY_CALL_CANCELWAIT);
	} else if (situation == AT_COMPLETED) {
		callee_open(scene->callee);
		until(state_of(call) == BELAY_CALL_COMPLETED);
		callee_close(scene->callee);
	} else if (situation == AT_CANCELED) {
		assert_int_equal(ask_cancel(call, 0), S_OK);
	} else if (situation == AT_FINISHING) {
		scene_finish_elsewhere(scene);
	}
}
