/* SPDX-License-Identifier: MIT */
/*
 * call_objects.c - what call objects do beside the state table: when they are
 * let go, used again, or finished with their event in another state
 */
#define COBJMACROS
#include "scene.h"

/* The server goes on, nobody hears of it, and nothing is left. */
static void try_release(bool single_client)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, single_client);
	uint32_t begun = 0;

	for (int at = 0; at <= AT_CANCELED; at++) {
		struct scene scene = {&callee};

		if (at == AT_CANCELWAIT)
			continue; /* who cancels has a reference */
		scene.call = ask_call(calc);
		scene_reach(&scene, (enum situation)at);
		begun += at >= AT_PENDING;
		(void)AsyncICalc_Release(scene.call);
		callee_open(&callee);
		callee_await(&callee, left, begun);
		callee_close(&callee);
	}
	/* That of the cancelled one. */
	assert_int_equal(callee_count(&callee, canceled), 1);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void release_in_every_state_ends_nothing_and_leaves_nothing(void **state)
{
	(void)state;
	try_release(false);
	try_release(true);
}

static void finish_decides_by_the_state_not_by_the_event(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);
	struct scene scene = {&callee, ask_call(calc)};
	ULONG slept;

	(void)state;
	scene_reach(&scene, AT_COMPLETED);
	assert_int_equal(ask_reset(scene.call), S_OK);
	assert_int_equal(ask_wait(scene.call, 0), RPC_S_CALLPENDING);
	assert_int_equal(AsyncICalc_Finish_Slow(scene.call, &slept), S_OK);
	assert_int_equal(slept, GATED);
	scene_reach(&scene, AT_PENDING);
	assert_int_equal(ask_signal(scene.call), S_OK);
	assert_int_equal(ask_wait(scene.call, 0), S_OK);
	scene_finish_elsewhere(&scene);
	assert_int_equal(state_of(scene.call), BELAY_CALL_PENDING);
	callee_open(&callee);
	runner_join(&scene.other);
	assert_int_equal(scene.others_answer, S_OK);
	(void)AsyncICalc_Release(scene.call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void
an_object_is_used_while_the_server_has_its_cancelled_calls(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	AsyncICalc *call = ask_call(calc);
	LONG sum;
	ULONG slept;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
		assert_int_equal(ask_cancel(call, 0), S_OK);
		assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
				 RPC_E_CALL_CANCELED);
		assert_int_equal(AsyncICalc_Begin_Add(call, i, 1), S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
		assert_int_equal(sum, i + 1);
	}
	callee_await(&callee, entered, 3);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
	assert_int_equal(callee_count(&callee, left), 3);
	assert_int_equal(callee_count(&callee, canceled), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			release_in_every_state_ends_nothing_and_leaves_nothing),
		cmocka_unit_test(finish_decides_by_the_state_not_by_the_event),
		cmocka_unit_test(
			an_object_is_used_while_the_server_has_its_cancelled_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
