/* SPDX-License-Identifier: MIT */
/*
 * timeouts.c - tests: when rules cancel calls, and which they cannot
 */
#include <errno.h>

#include "ruled.h"

/* Much less than the other deadlines. */
#define PROMPT_MS 5000

static void begun_late(void)
{
	const struct belay_begin begin = {
		.operation = READ, .key = &errno, .site = place(0)};
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;

	rule("house.read fault cancel\n");
	check(belay_adapter_begin(&begin, &ref, &outcome));
	let_pass_ms(20);
	check(SEEN(house_cancels) == 0);
	check(belay_call_state(ref.call) == BELAY_CALL_STARTING);
	belay_adapter_accepted(&ref);
	wait_until(belay_call_state(ref.call) == BELAY_CALL_CANCELED);
	check(belay_adapter_finished(&ref, &outcome));
	check(counted(1)->canceled == 1 && counted(1)->not_canceled == 0);
	house_is_empty();
}

static void what_is_not_handed_over_yet_is_cancelled_when_it_is(void **state)
{
	(void)state;
	in_house(CALLS, begun_late);
}

/* Waits until its deadline has found that it cannot be cancelled. */
static void begin_busy(struct belay_ref *ret_ref, uint32_t cancels)
{
	__atomic_store_n(&house_answer, BELAY_ANSWER_NOT_CANCELED,
			 __ATOMIC_SEQ_CST);
	check(begin_at(0, ret_ref, &(struct belay_outcome){0}));
	check_count(house_cancels, cancels);
	wait_until(SEEN(belayi_decisions[ret_ref->call->slot].cancel_owed));
	__atomic_store_n(&house_answer, BELAY_ANSWER_CANCELED,
			 __ATOMIC_SEQ_CST);
}

static void owed(void)
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;

	rule("house.read fault hang\nhouse.read timeout after=1ms\n");
	begin_busy(&ref, 1);
	check(belay_adapter_look(&ref) == BELAY_HOLD);
	wait_until(belay_call_state(ref.call) == BELAY_CALL_CANCELED);
	check(belay_adapter_finished(&ref, &outcome));
	check(SEEN(house_cancels) == 2);
	check(counted(2)->canceled == 1 && counted(2)->not_canceled == 0);
	check(counted(2)->asked == 1);
	/* One that ends without a hold was not cancelled. */
	begin_busy(&ref, 3);
	(void)finish(&ref, 1);
	check(counted(2)->canceled == 1 && counted(2)->not_canceled == 1);
	house_is_empty();
}

static void what_cannot_be_cancelled_yet_is_cancelled_when_held(void **state)
{
	(void)state;
	in_house(CALLS, owed);
}

static void turns(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	struct belay_ref ref;

	/* The second call has the slot of the first, whose deadline comes. */
	rule("house.read timeout after=300ms when nth=1\n");
	check(begin_at(0, &ref, &outcome));
	(void)finish(&ref, 1);
	check(begin_at(0, &ref, &outcome));
	let_pass_ms(400);
	check(house_cancels == 0);
	check(belay_call_state(ref.call) == BELAY_CALL_PENDING);
	(void)finish(&ref, 1);
	house_is_empty();
}

static void a_deadline_is_of_its_own_turn(void **state)
{
	(void)state;
	in_house(CALLS, turns);
}

static void earliest(void)
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;
	uint64_t before = now_ms();

	rule("house.read timeout after=1h\n"
	     "house.read timeout after=30ms\n"
	     "house.read timeout after=1min\n");
	check(begin_at(0, &ref, &(struct belay_outcome){0}));
	wait_until(belay_call_state(ref.call) == BELAY_CALL_CANCELED);
	check(now_ms() - before < PROMPT_MS);
	check(belay_adapter_finished(&ref, &outcome));
	check(counted(1)->shadowed == 1 && counted(3)->shadowed == 1);
	check(SEEN(counted(2)->canceled) == 1);
	house_is_empty();
}

static void the_earliest_deadline_wins(void **state)
{
	(void)state;
	in_house(CALLS, earliest);
}

static void not_cancelable(void)
{
	const struct belay_begin begin = {
		.operation = OTHER, .key = &errno, .site = place(3)};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	struct belay_ref ref;

	rule("other.* timeout after=1ms\n");
	for (uint64_t i = 1; i <= 3; i++) {
		check(begin_with(&begin, &ref, &outcome));
		wait_until(SEEN(counted(1)->not_canceled) == i);
		check(belay_adapter_finished(&ref, &outcome));
		check(outcome.ending == BELAY_SUCCEEDED);
	}
	/* It is listed once. */
	check(belayi_policies.state->entries_used == 1);
	check(belayi_policies.state->list[0].kind == BELAY_ENTRY_NOT_CANCELED);
	check(belayi_policies.state->list[0].n == 1);
	house_is_empty();
}

static void what_cannot_be_cancelled_is_listed_once(void **state)
{
	(void)state;
	in_house(CALLS, not_cancelable);
}

static void refused(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	struct belay_ref ref;

	rule("house.read timeout after=1ms\nhouse.read fault refuse-cancel\n");
	check(begin_at(0, &ref, &outcome));
	wait_until(SEEN(counted(1)->not_canceled) == 1);
	check(house_cancels == 0);
	(void)finish(&ref, 1);
	house_is_empty();
}

static void a_rule_can_refuse_anothers_cancel(void **state)
{
	(void)state;
	in_house(CALLS, refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_not_handed_over_yet_is_cancelled_when_it_is),
		cmocka_unit_test(
			what_cannot_be_cancelled_yet_is_cancelled_when_held),
		cmocka_unit_test(a_deadline_is_of_its_own_turn),
		cmocka_unit_test(the_earliest_deadline_wins),
		cmocka_unit_test(what_cannot_be_cancelled_is_listed_once),
		cmocka_unit_test(a_rule_can_refuse_anothers_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
