/* SPDX-License-Identifier: MIT */
/*
 * observer.c - what the observer is told, in which order, with what
 */
#include <string.h>

#include "calls.h"

/* What was told, as text: "begin reading PENDING" and so on, one a line. */
static char told[4096];
static struct belay_call call;
static struct belay_ref ref;

/* What the hooks answer. */
static bool lets_begin;
static bool lets_cancel;
static struct belay_outcome fault;
static const struct belay_outcome *replacement;

/* Where the last Begin came from. */
static const void *seen_site;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	size_t length = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(told + length, sizeof(told) - length, format,
			arguments);
	va_end(arguments);
}

static const char *state_of(const struct belay_call *whose)
{
	assert_ptr_equal(whose, &call);
	return belay_state_name(belay_call_state(whose));
}

static bool on_begin(struct belay_call *whose, const struct belay_begin *begin,
		     uint64_t turn, struct belay_outcome *ret_fault)
{
	tell("begin %s turn=%d in %s\n", begin->operation->name, (int)turn,
	     state_of(whose));
	seen_site = begin->site;
	assert_int_not_equal(whose->id, 0);
	assert_int_not_equal(whose->begun, 0);
	assert_int_equal(whose->completed, 0);
	if (!lets_begin)
		*ret_fault = fault;
	return lets_begin;
}

static void on_refuse(struct belay_call *whose,
		      const struct belay_operation *operation, int32_t status,
		      bool pending)
{
	tell("refuse %s status=%#x%s in %s\n", operation->name,
	     (unsigned int)status, pending ? " pending" : "", state_of(whose));
	assert_int_not_equal(whose->id, 0);
}

static bool on_cancel(struct belay_call *whose, enum belay_party by)
{
	tell("cancel by=%d in %s\n", by, state_of(whose));
	return lets_cancel;
}

static void on_answered(struct belay_call *whose, uint64_t turn,
			enum belay_party by, enum belay_answer answer,
			int32_t status)
{
	tell("answered turn=%d by=%d answer=%d status=%#x in %s\n", (int)turn,
	     by, answer, (unsigned int)status, state_of(whose));
	assert_int_not_equal(whose->id, 0);
}

static enum belay_verdict on_completing(struct belay_call *whose,
					struct belay_outcome *outcome,
					enum belay_moment moment)
{
	tell("completing result=%d %s in %s\n", (int)outcome->result,
	     moment == BELAY_AT_FINISH ? "at finish" : "at complete",
	     state_of(whose));
	if (replacement)
		*outcome = *replacement;
	return verdict;
}

static void on_complete(struct belay_call *whose,
			const struct belay_outcome *outcome)
{
	tell("complete ending=%d result=%d in %s\n", outcome->ending,
	     (int)outcome->result, state_of(whose));
	assert_int_not_equal(whose->completed, 0);
}

static void on_finish(struct belay_call *whose, uint64_t turn,
		      const struct belay_outcome *outcome)
{
	tell("finish turn=%d ending=%d status=%#x result=%d in %s\n", (int)turn,
	     outcome->ending, (unsigned int)outcome->status,
	     (int)outcome->result, state_of(whose));
	assert_int_not_equal(whose->id, 0);
}

static void on_server_enter(const struct belay_server_call *server)
{
	tell("enter caller=%d id=%d %s\n", (int)server->caller, (int)server->id,
	     server->operation->name);
}

static void on_server_exit(const struct belay_server_call *server,
			   int32_t status, uint64_t duration_ns)
{
	tell("exit id=%d status=%d after %d\n", (int)server->id, status,
	     (int)duration_ns);
}

static const struct belay_observer listener = {
	.size = sizeof(listener),
	.begin = on_begin,
	.refuse = on_refuse,
	.cancel = on_cancel,
	.answered = on_answered,
	.completing = on_completing,
	.complete = on_complete,
	.finish = on_finish,
	.server_enter = on_server_enter,
	.server_exit = on_server_exit,
};

static int listen(void **state)
{
	(void)state;
	told[0] = '\0';
	lets_begin = lets_cancel = true;
	verdict = BELAY_DELIVER;
	replacement = NULL;
	fault = (struct belay_outcome){BELAY_FAILED, E_FAIL, 0};
	belay_call_init(&call);
	belay_call_observe(&listener);
	return 0;
}

static int stop_listening(void **state)
{
	(void)state;
	belay_call_observe(NULL);
	return 0;
}

static inline __attribute__((always_inline)) HRESULT
begin(const struct belay_operation *operation)
{
	struct belay_begin how = {.operation = operation};

	return belay_call_begin(&call, &how, &ref);
}

static bool complete(int64_t result)
{
	struct belay_outcome outcome = succeeded_with(result);

	return belay_call_complete(&ref, &outcome);
}

static struct belay_outcome finish(void)
{
	struct belay_outcome outcome = {0};

	assert_int_equal(belay_call_finish(&call, &reading, &outcome), S_OK);
	return outcome;
}

static HRESULT cancel(enum belay_party by)
{
	return belay_call_cancel(&ref, 0, by);
}

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
	HRESULT hr = begin(&reading);

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
	cmocka_unit_test_setup_teardown(name, listen, stop_listening)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEARD(a_call_is_told_from_begin_to_finish),
		HEARD(a_refused_begin_is_told_of_the_call_in_progress),
		HEARD(a_begin_that_was_turned_down_ends_with_its_refusal),
		HEARD(a_policy_fails_a_begin),
		HEARD(a_fault_that_is_no_hresult_fails_begin_with_e_fail),
		HEARD(cancel_is_asked_told_and_then_finish),
		HEARD(a_policy_refuses_a_cancel),
		HEARD(a_cancel_that_comes_too_late_is_told_as_such),
		HEARD(what_an_api_answered_is_told_as_it_is),
		HEARD(a_policy_replaces_an_outcome_once_for_all),
		HEARD(what_is_held_is_told_complete_when_it_is_released),
		HEARD(what_is_dropped_ends_with_a_cancel_only),
		HEARD(a_finish_that_brings_the_outcome_is_asked_then),
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
