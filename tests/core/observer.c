/* SPDX-License-Identifier: MIT */
/*
 * observer.c - what the observer is told, in which order, with what
 */
#include <string.h>

#include "listener.h"

static void a_call_is_told_from_begin_to_finish(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	assert_true(belay_call_accept(&ref));
	assert_true(complete(5));
	assert_int_equal(finish().result, 5);
	assert_string_equal(told,
			    "begin reading turn=0 in STARTING\n"
			    "completing result=5 at complete in SETTLING\n"
			    "complete ending=0 result=5 in SETTLING\n"
			    "finish turn=0 ending=0 status=0 result=5 in "
			    "FINISHING\n");
}

static void channels_can_ask_whether_anybody_observes(void **state)
{
	(void)state;
	assert_true(belay_call_is_observed());
	belay_call_observe(NULL);
	assert_false(belay_call_is_observed());
}

static void a_refused_begin_is_told_of_the_call_in_progress(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	told[0] = '\0';
	assert_int_equal(begin(&writing), RPC_E_CALL_PENDING);
	assert_string_equal(told, "refuse writing status=0x80010115 pending in "
				  "STARTING\n");
}

static void a_begin_that_was_turned_down_ends_with_its_refusal(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	told[0] = '\0';
	assert_true(belay_call_refuse(&ref, 11));
	assert_string_equal(told, "refuse reading status=0xb in FINISHING\n");
}

static void cancel_is_asked_told_and_then_finish(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	assert_true(belay_call_accept(&ref));
	told[0] = '\0';
	assert_int_equal(cancel(BELAY_BY_OPERATOR), S_OK);
	assert_int_equal(cancel(BELAY_BY_POLICY), RPC_E_CALL_CANCELED);
	assert_int_equal(finish().ending, BELAY_CANCELED);
	assert_string_equal(
		told,
		"cancel by=2 in PENDING\n"
		"answered turn=0 by=2 answer=0 status=0 in SETTLING\n"
		"answered turn=0 by=1 answer=0 status=0x80010002 in CANCELED\n"
		"finish turn=0 ending=2 status=0x80010002 result=0 in "
		"FINISHING\n");
	assert_int_equal(call.cancels, 2);
}

static void a_cancel_that_comes_too_late_is_told_as_such(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	assert_true(complete(1));
	told[0] = '\0';
	assert_int_equal(cancel(BELAY_BY_APPLICATION), RPC_E_CALL_COMPLETE);
	assert_string_equal(
		told, "answered turn=0 by=0 answer=3 status=0x80010117 in "
		      "COMPLETED\n");
}

static void what_an_api_answered_is_told_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	told[0] = '\0';
	assert_true(belay_call_allows_cancel(&ref, BELAY_BY_APPLICATION));
	belay_call_answered(&ref, BELAY_BY_APPLICATION,
			    BELAY_ANSWER_NOT_CANCELED, 2);
	belay_call_answered(&ref, BELAY_BY_APPLICATION, BELAY_ANSWER_CANCELED,
			    0);
	assert_string_equal(
		told, "cancel by=0 in STARTING\n"
		      "answered turn=0 by=0 answer=2 status=0x2 in STARTING\n"
		      "answered turn=0 by=0 answer=0 status=0 in SETTLING\n");
	assert_int_equal(belay_call_state(&call), BELAY_CALL_CANCELED);
}

static void collect_takes_the_outcome_that_was_seen_before(void **state)
{
	struct belay_outcome outcome = succeeded_with(6);

	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	assert_true(complete(5));
	told[0] = '\0';
	assert_true(belay_call_collect(&ref, &outcome));
	assert_int_equal(outcome.result, 5);
	assert_string_equal(told, "finish turn=0 ending=0 status=0 result=5 in "
				  "FINISHING\n");
}

static void what_was_never_collected_is_told_so(void **state)
{
	struct belay_outcome outcome = {BELAY_UNCOLLECTED, 0, 0};

	(void)state;
	assert_int_equal(begin(&reading), S_OK);
	assert_true(complete(5));
	told[0] = '\0';
	assert_true(belay_call_collect(&ref, &outcome));
	assert_int_equal(outcome.ending, BELAY_UNCOLLECTED);
	assert_string_equal(told, "finish turn=0 ending=3 status=0 result=5 in "
				  "FINISHING\n");
}

static void a_call_that_nobody_began_is_told_of_nothing(void **state)
{
	struct belay_outcome outcome;

	(void)state;
	ref = belay_call_ref(&call);
	(void)cancel(BELAY_BY_APPLICATION);
	(void)complete(1);
	(void)belay_call_finish(&call, &reading, &outcome);
	(void)belay_call_refuse(&ref, 1);
	(void)belay_call_query_cancel(&call, &reading, &ref);
	assert_string_equal(told, "");
}

static void a_server_call_is_told_as_it_comes(void **state)
{
	const struct belay_server_call server = {1, 2, &reading, NULL};

	(void)state;
	belay_server_enter(&server);
	belay_server_exit(&server, 3, 4);
	assert_string_equal(told, "enter caller=1 id=2 reading\n"
				  "exit id=2 status=3 after 4\n");
	belay_call_observe(NULL);
	belay_server_enter(&server);
	belay_server_exit(&server, 3, 4);
}

/* A whole life of a call, with all that can be told. */
static void live(void)
{
	const struct belay_server_call server = {1, 2, &reading, NULL};

	assert_int_equal(begin(&reading), S_OK);
	assert_int_equal(begin(&reading), RPC_E_CALL_PENDING);
	ref = belay_call_ref(&call);
	assert_int_equal(cancel(BELAY_BY_APPLICATION), S_OK);
	(void)finish();
	assert_int_equal(begin(&reading), S_OK);
	assert_true(complete(1));
	(void)finish();
	belay_server_enter(&server);
	belay_server_exit(&server, 0, 0);
}

/* An observer of an older time knows nothing of the hooks at the end. */
static void hooks_beyond_an_old_observers_size_are_not_called(void **state)
{
	static struct belay_observer old;
	const size_t first = offsetof(struct belay_observer, begin);
	const size_t step = sizeof(void *);

	(void)state;
	for (size_t size = first; size < sizeof(old); size += step) {
		void (*trap)(void) = (void (*)(void))(uintptr_t)1;
		size_t missing;

		old = listener;
		old.size = size;
		for (missing = size; missing < sizeof(old); missing += step)
			memcpy((char *)&old + missing, &trap, sizeof(trap));
		belay_call_observe(&old);
		live();
	}
}

static void hooks_that_are_null_are_not_called(void **state)
{
	static const struct belay_observer deaf = {.size = sizeof(deaf)};

	(void)state;
	belay_call_observe(&deaf);
	live();
}

/* Its address and a bit more: the site is a return address within. */
__attribute__((noinline)) static HRESULT begin_here(void)
{
	const struct belay_begin how = {.operation = &reading};
	HRESULT hr = belay_call_begin(&call, &how, &ref);

	__asm__ volatile(""); /* no tail call */
	return hr;
}

static void a_begin_says_where_it_came_from(void **state)
{
	struct belay_begin how = {.operation = &reading, .site = &told};

	(void)state;
	assert_int_equal(belay_call_begin(&call, &how, &ref), S_OK);
	assert_ptr_equal(seen_site, &told);
	assert_true(belay_call_refuse(&ref, 0));
	assert_int_equal(begin_here(), S_OK);
	assert_in_range((uintptr_t)seen_site - (uintptr_t)begin_here, 1, 1000);
}

#define HEARD(name)                                                            \
	cmocka_unit_test_setup_teardown(name, listener_start, listener_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEARD(a_call_is_told_from_begin_to_finish),
		HEARD(channels_can_ask_whether_anybody_observes),
		HEARD(a_refused_begin_is_told_of_the_call_in_progress),
		HEARD(a_begin_that_was_turned_down_ends_with_its_refusal),
		HEARD(cancel_is_asked_told_and_then_finish),
		HEARD(a_cancel_that_comes_too_late_is_told_as_such),
		HEARD(what_an_api_answered_is_told_as_it_is),
		HEARD(collect_takes_the_outcome_that_was_seen_before),
		HEARD(what_was_never_collected_is_told_so),
		HEARD(a_call_that_nobody_began_is_told_of_nothing),
		HEARD(a_server_call_is_told_as_it_comes),
		HEARD(hooks_beyond_an_old_observers_size_are_not_called),
		HEARD(hooks_that_are_null_are_not_called),
		HEARD(a_begin_says_where_it_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
