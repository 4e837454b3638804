/* SPDX-License-Identifier: MIT */
/*
 * waits.c - who waits is woken by whatever settles the call, and in time
 */
#include "calls.h"

/* A thread that waits: in Finish, in a wait, or in a cancel. */
struct waiter {
	struct belay_call *call;
	struct belay_ref ref;
	struct belay_outcome outcome;
	HRESULT answer;
	struct runner runner;
};

static void wait_in_finish(void *argument)
{
	struct waiter *waiter = argument;

	waiter->answer =
		belay_call_finish(waiter->call, &reading, &waiter->outcome);
}

static void wait_for_ever(void *argument)
{
	struct waiter *waiter = argument;

	waiter->answer = belay_call_wait(&waiter->ref, INFINITE);
}

static void wait_in_cancel(void *argument)
{
	struct waiter *waiter = argument;

	waiter->answer =
		belay_call_cancel(&waiter->ref, 1000, BELAY_BY_APPLICATION);
}

/* Returns when the thread sleeps. */
static void start(struct waiter *waiter, const struct belay_ref *ref,
		  void (*wait)(void *))
{
	*waiter = (struct waiter){.call = ref->call, .ref = *ref};
	runner_start(&waiter->runner, wait, waiter);
	until(is_waited(ref->call));
}

static void a_waiting_finish_is_woken_by_complete(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	settle(&ref, AT_PENDING);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, S_OK);
	assert_int_equal(waiter.outcome.ending, BELAY_SUCCEEDED);
	assert_int_equal(waiter.outcome.result, THE_RESULT);
}

static void a_waiting_finish_is_woken_by_cancel(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 S_OK);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, S_OK);
	assert_int_equal(waiter.outcome.ending, BELAY_CANCELED);
	assert_int_equal(waiter.outcome.status, RPC_E_CALL_CANCELED);
}

static void a_waiting_finish_is_woken_by_refuse(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_STARTING);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	assert_true(belay_call_refuse(&ref, E_FAIL));
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, RPC_E_CALL_COMPLETE);
}

static void a_waiting_finish_is_woken_by_release(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_HELD);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	assert_true(belay_call_release(&ref));
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, S_OK);
	assert_int_equal(waiter.outcome.result, THE_RESULT);
}

static void a_waiting_finish_is_woken_by_a_cancel_of_what_is_held(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_HELD);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 S_OK);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.outcome.ending, BELAY_CANCELED);
}

static void a_waiting_finish_is_woken_by_collect(void **state)
{
	struct belay_outcome outcome = succeeded_with(1);
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	assert_true(belay_call_collect(&ref, &outcome));
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, RPC_E_CALL_COMPLETE);
}

static void a_waiting_finish_is_woken_by_what_an_api_answered(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	start(&waiter, &ref, wait_in_finish);
	belay_call_answered(&ref, BELAY_BY_APPLICATION, BELAY_ANSWER_CANCELED,
			    0);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.outcome.ending, BELAY_CANCELED);
}

static void many_waiters_are_woken_and_one_of_them_finishes(void **state)
{
	enum { MANY = 8 };
	struct waiter waiters[MANY];
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);
	int finished = 0;

	(void)state;
	for (int i = 0; i < MANY; i++)
		start(&waiters[i], &ref,
		      i % 2 ? wait_in_finish : wait_for_ever);
	settle(&ref, AT_PENDING);
	for (int i = 0; i < MANY; i++) {
		runner_join(&waiters[i].runner);
		if (i % 2)
			finished += waiters[i].answer == S_OK;
		else
			assert_int_equal(waiters[i].answer, S_OK);
	}
	assert_int_equal(finished, 1);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_IDLE);
}

static void a_cancel_that_waits_ends_with_the_turn(void **state)
{
	struct belay_outcome outcome = succeeded_with(1);
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	start(&waiter, &ref, wait_in_cancel);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_CANCELWAIT);
	assert_true(belay_call_collect(&ref, &outcome));
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, RPC_E_CALL_COMPLETE);
}

static void a_second_cancel_leaves_the_first_its_time(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	start(&waiter, &ref, wait_in_cancel);
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_OPERATOR),
			 RPC_E_CALL_CANCELED);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_CANCELWAIT);
	assert_false(runner_returned(&waiter.runner));
	settle(&ref, AT_PENDING);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, RPC_E_CALL_COMPLETE);
}

static void a_cancel_gives_up_after_its_seconds(void **state)
{
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);
	struct belay_outcome outcome = succeeded_with(1);
	uint64_t before = now_ns();

	(void)state;
	assert_int_equal(belay_call_cancel(&ref, 1, BELAY_BY_APPLICATION),
			 S_OK);
	assert_in_range(now_ns() - before, 1000000000, 20000000000);
	assert_false(belay_call_complete(&ref, &outcome));
	assert_int_equal(belay_call_finish(&call, &reading, &outcome), S_OK);
	assert_int_equal(outcome.ending, BELAY_CANCELED);
}

static void a_wait_lasts_as_long_as_it_was_told(void **state)
{
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);
	uint64_t before = now_ns();

	(void)state;
	assert_int_equal(belay_call_wait(&ref, 50), RPC_S_CALLPENDING);
	assert_in_range(now_ns() - before, 50000000, 20000000000);
}

/* A look leaves no trace: nobody has to be woken, nothing is written. */
static void a_wait_of_nothing_only_looks(void **state)
{
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);
	struct belay_call before = call;

	(void)state;
	assert_int_equal(belay_call_wait(&ref, 0), RPC_S_CALLPENDING);
	assert_memory_equal(&call, &before, sizeof(call));
}

static void who_waits_for_the_next_call_gets_it(void **state)
{
	struct waiter waiter;
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_FRESH);

	(void)state;
	start(&waiter, &ref, wait_for_ever);
	ref = begin_reading(&call);
	assert_true(belay_call_accept(&ref));
	assert_false(runner_returned(&waiter.runner));
	settle(&ref, AT_PENDING);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, S_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_waiting_finish_is_woken_by_complete),
		cmocka_unit_test(a_waiting_finish_is_woken_by_cancel),
		cmocka_unit_test(a_waiting_finish_is_woken_by_refuse),
		cmocka_unit_test(a_waiting_finish_is_woken_by_release),
		cmocka_unit_test(
			a_waiting_finish_is_woken_by_a_cancel_of_what_is_held),
		cmocka_unit_test(a_waiting_finish_is_woken_by_collect),
		cmocka_unit_test(
			a_waiting_finish_is_woken_by_what_an_api_answered),
		cmocka_unit_test(
			many_waiters_are_woken_and_one_of_them_finishes),
		cmocka_unit_test(a_cancel_that_waits_ends_with_the_turn),
		cmocka_unit_test(a_second_cancel_leaves_the_first_its_time),
		cmocka_unit_test(a_cancel_gives_up_after_its_seconds),
		cmocka_unit_test(a_wait_lasts_as_long_as_it_was_told),
		cmocka_unit_test(a_wait_of_nothing_only_looks),
		cmocka_unit_test(who_waits_for_the_next_call_gets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
