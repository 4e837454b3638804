/* SPDX-License-Identifier: MIT */
/*
 * verdicts.c - what the observer decides: it fails a Begin, refuses a Cancel,
 * replaces an outcome, holds it or drops it
 */
#include "listener.h"

static void a_policy_fails_a_begin(void **state)
{
	(void)state;
	lets_begin = false;
	fault.status = (int32_t)0x80070005;
	assert_int_equal(begin(&reading), 0x80070005 - (INT64_C(1) << 32));
	assert_string_equal(told,
			    "begin reading turn=0 in STARTING\n"
			    "refuse reading status=0x80070005 in FINISHING\n");
	assert_int_equal(belay_call_state(&call), BELAY_CALL_IDLE);
	assert_int_equal(call.ending, BELAY_FAILED);
	assert_int_equal(call.status, E_ACCESSDENIED);
	lets_begin = true;
	assert_int_equal(begin(&reading), S_OK);
	assert_int_equal(ref.turn, 1);
}

static void a_fault_that_is_no_hresult_fails_begin_with_e_fail(void **state)
{
	struct belay_operation posix = reading;

	(void)state;
	posix.status_kind = BELAY_STATUS_ERRNO;
	lets_begin = false;
	fault = (struct belay_outcome){BELAY_FAILED, 5, -1};
	assert_int_equal(begin(&posix), E_FAIL);
	assert_int_equal(call.status, 5);
	assert_int_equal(call.result, -1);
	/* An HRESULT that says success does not fail a Begin either. */
	fault = (struct belay_outcome){BELAY_FAILED, S_OK, 0};
	assert_int_equal(begin(&reading), E_FAIL);
}

static void a_policy_refuses_a_cancel(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	assert_true(belay_call_accept(&ref));
	told[0] = '\0';
	lets_cancel = false;
	assert_int_equal(cancel(BELAY_BY_APPLICATION), E_ACCESSDENIED);
	assert_string_equal(
		told, "cancel by=0 in PENDING\n"
		      "answered turn=0 by=0 answer=5 status=0x80070005 in "
		      "PENDING\n");
	assert_int_equal(belay_call_test_cancel(&ref), RPC_S_CALLPENDING);
}

static void a_policy_replaces_an_outcome_once_for_all(void **state)
{
	const struct belay_outcome other = {BELAY_FAILED, E_FAIL, -1};
	struct belay_outcome outcome = succeeded_with(5);

	(void)state;
	replacement = &other;
	assert_int_equal(begin(&reading), S_OK);
	told[0] = '\0';
	assert_true(belay_call_complete(&ref, &outcome));
	assert_int_equal(outcome.result, -1);
	assert_int_equal(finish().status, E_FAIL);
	assert_string_equal(told,
			    "completing result=5 at complete in SETTLING\n"
			    "complete ending=1 result=-1 in SETTLING\n"
			    "finish turn=0 ending=1 status=0x80004005 "
			    "result=-1 in FINISHING\n");
}

static void what_is_held_is_told_complete_when_it_is_released(void **state)
{
	(void)state;
	verdict = BELAY_HOLD;
	assert_int_equal(begin(&reading), S_OK);
	told[0] = '\0';
	assert_false(complete(7));
	assert_false(complete(8));
	assert_string_equal(told,
			    "completing result=7 at complete in SETTLING\n");
	assert_true(belay_call_release(&ref));
	assert_false(belay_call_release(&ref));
	assert_int_equal(finish().result, 7);
	assert_string_equal(told,
			    "completing result=7 at complete in SETTLING\n"
			    "complete ending=0 result=7 in SETTLING\n"
			    "finish turn=0 ending=0 status=0 result=7 in "
			    "FINISHING\n");
}

static void what_is_dropped_ends_with_a_cancel_only(void **state)
{
	(void)state;
	verdict = BELAY_DROP;
	assert_int_equal(begin(&reading), S_OK);
	assert_false(complete(7));
	told[0] = '\0';
	assert_int_equal(belay_call_wait(&ref, 0), RPC_S_CALLPENDING);
	assert_int_equal(cancel(BELAY_BY_APPLICATION), S_OK);
	assert_int_equal(finish().ending, BELAY_CANCELED);
	assert_string_equal(
		told, "cancel by=0 in SETTLING\n"
		      "answered turn=0 by=0 answer=0 status=0 in SETTLING\n"
		      "finish turn=0 ending=2 status=0x80010002 result=0 in "
		      "FINISHING\n");
}

static void a_finish_that_brings_the_outcome_is_asked_then(void **state)
{
	const struct belay_outcome other = {BELAY_FAILED, E_FAIL, -1};
	struct belay_outcome outcome = succeeded_with(5);

	(void)state;
	replacement = &other;
	verdict = BELAY_HOLD; /* which cannot be, at finish */
	assert_int_equal(begin(&reading), S_OK);
	assert_true(belay_call_accept(&ref));
	told[0] = '\0';
	assert_true(belay_call_collect(&ref, &outcome));
	assert_int_equal(outcome.result, -1);
	assert_string_equal(told, "completing result=5 at finish in FINISHING\n"
				  "finish turn=0 ending=1 status=0x80004005 "
				  "result=-1 in FINISHING\n");
}

#define HEARD(name)                                                            \
	cmocka_unit_test_setup_teardown(name, listener_start, listener_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEARD(a_policy_fails_a_begin),
		HEARD(a_fault_that_is_no_hresult_fails_begin_with_e_fail),
		HEARD(a_policy_refuses_a_cancel),
		HEARD(a_policy_replaces_an_outcome_once_for_all),
		HEARD(what_is_held_is_told_complete_when_it_is_released),
		HEARD(what_is_dropped_ends_with_a_cancel_only),
		HEARD(a_finish_that_brings_the_outcome_is_asked_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
