/* SPDX-License-Identifier: MIT */
/*
 * timing.c - tests: what rules do to calls while time goes by
 */
#include <errno.h>
#include <pthread.h>

#include "ruled.h"

static void held(void)
{
	struct belay_outcome outcome;
	struct belay_ref ref;
	uint64_t before;

	rule("house.read fault delay=400ms when nth=1\n");
	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_keeps(&ref) == BELAY_HOLD);
	check(house_deliveries == 0);
	before = now_ms();
	check(belay_adapter_look(&ref) == BELAY_HOLD);
	check(belay_adapter_look(&ref) == BELAY_HOLD);
	check(!belay_adapter_wait(&ref, belay_clock_pair().ns + 1000000));
	check(belay_adapter_wait(&ref, UINT64_MAX));
	check(now_ms() - before >= 399);
	check(belay_adapter_look(&ref) == BELAY_DELIVER);
	check_count(house_wakes, 1);
	check(SEEN(house_deliveries) == 1);
	check(finish(&ref, 7).result == 7);
	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_keeps(&ref) == BELAY_DELIVER);
	check(belay_adapter_look(&ref) == BELAY_DELIVER);
	(void)finish(&ref, 7);
	check(counted(1)->fired == 1);
	house_is_empty();
}

static void a_delay_starts_when_the_other_side_is_done(void **state)
{
	(void)state;
	in_house(CALLS, held);
}

static void *wait_for_it(void *ref)
{
	check(belay_adapter_wait(ref, UINT64_MAX));
	return NULL;
}

static void hanging(void)
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;
	pthread_t waiter;

	rule("house.read fault hang\n");
	check(begin_at(0, &ref, &(struct belay_outcome){0}));
	check(belay_adapter_look(&ref) == BELAY_HOLD);
	check(pthread_create(&waiter, NULL, wait_for_it, &ref) == 0);
	check(!belay_adapter_wait(&ref, belay_clock_pair().ns + 20000000));
	check(belay_call_cancel(&ref, 0, BELAY_BY_OPERATOR) == S_OK);
	check(pthread_join(waiter, NULL) == 0);
	check(belay_adapter_look(&ref) == BELAY_DELIVER);
	check(belay_adapter_finished(&ref, &outcome));
	check(outcome.ending == BELAY_CANCELED);
	house_is_empty();
}

static void a_hanging_call_ends_when_it_is_cancelled(void **state)
{
	(void)state;
	in_house(CALLS, hanging);
}

static void dropped(void)
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	rule("house.read fault drop\n");
	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_keeps(&ref) == BELAY_DROP);
	check(belay_adapter_look(&ref) == BELAY_DROP);
	check(!belay_adapter_wait(&ref, belay_clock_pair().ns + 20000000));
	check(belay_adapter_look(&ref) == BELAY_DROP);
	(void)finish(&ref, 1);
	house_is_empty();
}

static void a_dropped_completion_never_comes(void **state)
{
	(void)state;
	in_house(CALLS, dropped);
}

static void expect_cancels(const char *text, bool expected)
{
	const struct belay_ref nobody = {NULL, 0};
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(!belay_adapter_ruled(&house_api));
	rule(text);
	check(belay_adapter_ruled(&house_api));
	check(!belay_adapter_ruled(&other_api));
	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_cancels(&ref) == expected);
	(void)finish(&ref, 1);
	check(!belay_adapter_cancels(&ref));
	check(!belay_adapter_cancels(&nobody));
	house_is_empty();
}

static void may_time_out(void)
{
	expect_cancels("house.read timeout after=1h\n", true);
}

static void may_be_refused(void)
{
	expect_cancels("house.read fault refuse-cancel\n", true);
}

static void may_only_be_late(void)
{
	expect_cancels("house.read fault delay=1ns\n", false);
}

static void may_time_out_later(void)
{
	expect_cancels("house.read timeout after=1h when nth=2\n", false);
}

static void an_adapter_knows_what_rules_may_cancel(void **state)
{
	(void)state;
	in_house(CALLS, may_time_out);
	in_house(CALLS, may_be_refused);
	in_house(CALLS, may_only_be_late);
	in_house(CALLS, may_time_out_later);
}

static void timed_out(void)
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;
	uint64_t before = now_ms();

	rule("house.read timeout after=300ms\n");
	check(call_at(0) == 0);
	check(begin_at(0, &ref, &(struct belay_outcome){0}));
	wait_until(belay_call_state(ref.call) == BELAY_CALL_CANCELED);
	check(now_ms() - before >= 299);
	check(house_cancels == 1);
	/* What it wakes may be the end of the program. */
	check(SEEN(house_cancels_on_record) == 1);
	check(SEEN(counted(1)->asked) == 1 && counted(1)->canceled == 0);
	check(belay_adapter_finished(&ref, &outcome));
	check(counted(1)->asked == 1 && counted(1)->canceled == 1);
	check(house_counters(READ).cancels == 1);
	check(counted(1)->fired == 2 && counted(1)->not_canceled == 0);
	check(house_counters(READ).canceled == 1);
	house_is_empty();
}

static void a_call_is_cancelled_at_its_deadline(void **state)
{
	(void)state;
	in_house(CALLS, timed_out);
}

/*
 * The deadline thread is kept until both the deadline of a call and the end of
 * its hold have come.
 */
static struct belay_ref late(const char *text)
{
	struct belay_ref first, ref;
	struct belay_outcome outcome;

	rule(text);
	__atomic_store_n(&house_wakes_slowly, 1, __ATOMIC_SEQ_CST);
	check(begin_at(0, &first, &outcome));
	check(belay_adapter_look(&first) == BELAY_HOLD);
	check_count(house_wakes, 1);
	check(begin_at(1, &ref, &outcome));
	check(belay_adapter_look(&ref) == BELAY_HOLD);
	let_pass_ms(80);
	__atomic_store_n(&house_wakes_slowly, 0, __ATOMIC_SEQ_CST);
	(void)finish(&first, 1);
	check(belay_adapter_wait(&ref, UINT64_MAX));
	return ref;
}

#define FIRST "house.read fault delay=1us when nth=1 per=process\n"
#define SECOND " when nth=2 per=process\n"

static void deadline_first(void)
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref =
		late(FIRST "house.read fault delay=50ms" SECOND
			   "house.read timeout after=30ms" SECOND);

	wait_until(belay_call_state(ref.call) == BELAY_CALL_CANCELED);
	check(belay_adapter_finished(&ref, &outcome));
	check(house_deliveries == 1);
	house_is_empty();
}

static void release_first(void)
{
	struct belay_ref ref =
		late(FIRST "house.read fault delay=30ms" SECOND
			   "house.read timeout after=70ms" SECOND);

	check_count(house_deliveries, 2);
	(void)finish(&ref, 1);
	house_is_empty();
}

static void of_two_times_that_have_come_the_earlier_goes_first(void **state)
{
	(void)state;
	in_house(CALLS, deadline_first);
	in_house(CALLS, release_first);
}

static void ended_well(void)
{
	struct belay_ref ref;

	rule("house.read timeout after=1ms\n");
	__atomic_store_n(&house_answer, BELAY_ANSWER_ASKED, __ATOMIC_SEQ_CST);
	check(begin_at(0, &ref, &(struct belay_outcome){0}));
	check_count(house_cancels, 1);
	wait_until(belay_call_state(ref.call) != BELAY_CALL_PENDING);
	check(belay_adapter_finished(
		&ref, &(struct belay_outcome){BELAY_SUCCEEDED, 0, 1}));
	check(counted(1)->asked == 1 && counted(1)->canceled == 0);
	check(counted(1)->not_canceled == 0);
	check(house_counters(READ).canceled == 0);
	house_is_empty();
}

static void left_alone(void)
{
	struct belay_outcome outcome = {BELAY_UNCOLLECTED, 0, 0};
	struct belay_ref first, second;

	rule("house.read timeout after=1ms\n");
	check(begin_at(0, &first, &(struct belay_outcome){0}));
	check(begin_at(1, &second, &(struct belay_outcome){0}));
	wait_until(belay_call_state(first.call) == BELAY_CALL_CANCELED);
	wait_until(belay_call_state(second.call) == BELAY_CALL_CANCELED);
	check(belay_adapter_finished(&first, &outcome));
	check(counted(1)->asked == 2 && counted(1)->canceled == 1);
	belayi_decisions_fold();
	belayi_decisions_fold();
	check(counted(1)->asked == 2 && counted(1)->canceled == 2);
}

static void what_was_cancelled_and_is_not_collected_was_cancelled(void **state)
{
	(void)state;
	in_house(CALLS, left_alone);
}

static void what_was_asked_and_ended_well_was_not_cancelled(void **state)
{
	(void)state;
	in_house(CALLS, ended_well);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delay_starts_when_the_other_side_is_done),
		cmocka_unit_test(a_hanging_call_ends_when_it_is_cancelled),
		cmocka_unit_test(a_dropped_completion_never_comes),
		cmocka_unit_test(an_adapter_knows_what_rules_may_cancel),
		cmocka_unit_test(a_call_is_cancelled_at_its_deadline),
		cmocka_unit_test(
			what_was_asked_and_ended_well_was_not_cancelled),
		cmocka_unit_test(
			what_was_cancelled_and_is_not_collected_was_cancelled),
		cmocka_unit_test(
			of_two_times_that_have_come_the_earlier_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
