/* SPDX-License-Identifier: MIT */
/*
 * timing.c - tests: what rules do to calls while time goes by
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ruled.h"

#define CALLS 64
#define LONG_MS 10000

static void nap(void)
{
	const struct timespec time = {0, 200000};

	(void)nanosleep(&time, NULL);
}

/* Waits until something is so, not for ever. */
#define wait_until(is_so)                                                      \
	do {                                                                   \
		uint64_t until_ms = now_ms() + LONG_MS;                        \
                                                                               \
		while (!(is_so) && now_ms() < until_ms)                        \
			nap();                                                 \
		check(is_so);                                                  \
	} while (0)

#define SEEN(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)

/* --- An adapter's calls -------------------------------------------------- */

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
	wait_until(SEEN(house_wakes) == 1);
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
	wait_until(SEEN(house_wakes) == 1);
	check(begin_at(1, &ref, &outcome));
	check(belay_adapter_look(&ref) == BELAY_HOLD);
	for (uint64_t until = now_ms() + 80; now_ms() < until;)
		nap();
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

	wait_until(SEEN(house_deliveries) == 2);
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
	wait_until(SEEN(house_cancels) == 1);
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

static void begun_late(void)
{
	const struct belay_begin begin = {
		.operation = READ, .key = &errno, .site = place(0)};
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;

	rule("house.read fault cancel\n");
	check(belay_adapter_begin(&begin, &ref, &outcome));
	for (uint64_t until = now_ms() + 20; now_ms() < until;)
		nap();
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
	wait_until(SEEN(house_cancels) == cancels);
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
	for (uint64_t until = now_ms() + 400; now_ms() < until;)
		nap();
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
	check(now_ms() - before < LONG_MS / 2);
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

/* --- Call objects of a program's own ------------------------------------- */

static struct belay_ref begin_own(struct belay_call *call)
{
	const struct belay_begin begin = {.operation = WRITE};
	struct belay_ref ref;

	check(belay_call_begin(call, &begin, &ref) == S_OK);
	/* False where its deadline was faster. */
	(void)belay_call_accept(&ref);
	return ref;
}

static void own_held(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 5};
	struct belay_call *call = malloc(sizeof(*call));
	struct belay_ref ref;
	uint64_t before = now_ms();

	rule("house.write fault delay=40ms short=3\n");
	check(call);
	belay_call_init(call);
	ref = begin_own(call);
	check(!belay_call_complete(&ref, &outcome));
	check(belay_call_finish(call, WRITE, &outcome) == S_OK);
	check(now_ms() - before >= 39);
	check(outcome.ending == BELAY_SUCCEEDED && outcome.result == 3);
	free(call);
	house_is_empty();
}

static void a_call_object_is_held_and_released(void **state)
{
	(void)state;
	in_house(CALLS, own_held);
}

static void own_dropped(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 5};
	struct belay_call call;
	struct belay_ref ref;

	rule("house.write fault drop\n");
	belay_call_init(&call);
	ref = begin_own(&call);
	check(!belay_call_complete(&ref, &outcome));
	check(belay_call_wait(&ref, 30) == RPC_S_CALLPENDING);
	check(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION) == S_OK);
	check(belay_call_finish(&call, WRITE, &outcome) == S_OK);
	check(outcome.ending == BELAY_CANCELED);
	house_is_empty();
}

static void a_lost_reply_can_be_abandoned(void **state)
{
	(void)state;
	in_house(CALLS, own_dropped);
}

static void own_timed_out(void)
{
	struct belay_outcome outcome;
	struct belay_call call;

	rule("house.write timeout after=30ms\n");
	belay_call_init(&call);
	(void)begin_own(&call);
	check(belay_call_finish(&call, WRITE, &outcome) == S_OK);
	check(outcome.ending == BELAY_CANCELED);
	check(outcome.status == RPC_E_CALL_CANCELED);
	wait_until(SEEN(counted(1)->canceled) == 1);
	house_is_empty();
}

static void a_call_object_is_cancelled_at_its_deadline(void **state)
{
	(void)state;
	in_house(CALLS, own_timed_out);
}

static void own_failed(void)
{
	const struct belay_begin begin = {.operation = WRITE};
	struct belay_call call;
	struct belay_ref ref;

	rule("house.write fault error=0x80004005 at=begin force "
	     "when nth=1 per=process\n");
	belay_call_init(&call);
	check(belay_call_begin(&call, &begin, &ref) == E_FAIL);
	check(belay_call_state(&call) == BELAY_CALL_IDLE);
	ref = begin_own(&call);
	check(belay_call_refuse(&ref, E_FAIL));
	house_is_empty();
}

static void a_call_object_is_failed_at_begin(void **state)
{
	(void)state;
	in_house(CALLS, own_failed);
}

/*
 * Nobody wants the outcome any more: who settles the call ends its turn and
 * frees it, as the last reference of a turn does.
 */
static uint32_t ends_alone;

static void end_alone(const struct belay_ref *ref)
{
	struct belay_outcome outcome;

	check(belay_call_finish(ref->call, ref->call->operation, &outcome) ==
	      S_OK);
	memset(ref->call, 0xa5, sizeof(*ref->call));
	free(ref->call);
	(void)__atomic_add_fetch(&ends_alone, 1, __ATOMIC_SEQ_CST);
}

static struct belay_operation ending_alone;

static void begin_alone(void)
{
	const struct belay_begin begin = {.operation = &ending_alone};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 5};
	struct belay_call *call = malloc(sizeof(*call));
	struct belay_ref ref;

	check(call);
	belay_call_init(call);
	check(belay_call_begin(call, &begin, &ref) == S_OK);
	(void)belay_call_complete(&ref, &outcome);
}

static void own_alone(void)
{
	rule("house.write fault drop when nth=1\n"
	     "house.write timeout after=20ms when nth=1\n"
	     "house.write fault delay=20ms when nth=2\n");
	ending_alone = *WRITE;
	ending_alone.settled = end_alone;
	for (uint32_t i = 1; i <= 3; i++) {
		begin_alone();
		wait_until(SEEN(ends_alone) == i);
	}
	house_is_idle();
}

static void a_call_object_may_go_on_the_thread_that_ends_it(void **state)
{
	(void)state;
	in_house(CALLS, own_alone);
}

/*
 * A program's code that hears of the end waits for a thread of its own, which
 * collects the call at that time; and for as long as it likes.
 */
static pthread_mutex_t collecting = PTHREAD_MUTEX_INITIALIZER;
static uint32_t settled_times;

static void settle_in_turn(const struct belay_ref *ref)
{
	(void)ref;
	check(pthread_mutex_lock(&collecting) == 0);
	(void)__atomic_add_fetch(&settled_times, 1, __ATOMIC_SEQ_CST);
	check(pthread_mutex_unlock(&collecting) == 0);
}

static struct belay_operation settling_in_turn;

static void begin_in_turn(struct belay_call *call, struct belay_ref *ref)
{
	const struct belay_begin begin = {.operation = &settling_in_turn};

	belay_call_init(call);
	check(belay_call_begin(call, &begin, ref) == S_OK);
	(void)belay_call_accept(ref);
}

static void own_settled_in_turn(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 5};
	struct belay_call canceled, held, other;
	struct belay_ref ref;

	rule("house.write timeout after=20ms when nth=1\n"
	     "house.write fault delay=20ms when nth=2\n"
	     "house.write timeout after=20ms when nth=3\n");
	settling_in_turn = *WRITE;
	settling_in_turn.settled = settle_in_turn;
	check(pthread_mutex_lock(&collecting) == 0);
	begin_in_turn(&canceled, &ref);
	check(belay_call_finish(&canceled, &settling_in_turn, &outcome) ==
	      S_OK);
	check(outcome.ending == BELAY_CANCELED);
	begin_in_turn(&held, &ref);
	outcome = (struct belay_outcome){BELAY_SUCCEEDED, 0, 5};
	check(!belay_call_complete(&ref, &outcome));
	check(belay_call_finish(&held, &settling_in_turn, &outcome) == S_OK);
	check(outcome.ending == BELAY_SUCCEEDED);
	/* Nor do other deadlines wait for it. */
	begin_in_turn(&other, &ref);
	check(belay_call_finish(&other, &settling_in_turn, &outcome) == S_OK);
	check(outcome.ending == BELAY_CANCELED && SEEN(settled_times) == 0);
	check(pthread_mutex_unlock(&collecting) == 0);
	wait_until(SEEN(settled_times) == 3);
	house_is_idle();
}

static void whoever_hears_of_the_end_may_wait_for_who_collects(void **state)
{
	(void)state;
	in_house(CALLS, own_settled_in_turn);
}

/* --- Many at once -------------------------------------------------------- */

#define ROUNDS 3000

/* Each call object's memory goes as soon as Finish has returned. */
static void *use_own(void *number)
{
	uint64_t seed = (uintptr_t)number;

	for (int i = 0; i < ROUNDS; i++) {
		struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
		struct belay_call *call = malloc(sizeof(*call));
		struct belay_ref ref;

		check(call);
		belay_call_init(call);
		ref = begin_own(call);
		if (house_random(&seed, 8))
			(void)belay_call_complete(&ref, &outcome);
		check(belay_call_finish(call, WRITE, &outcome) == S_OK);
		memset(call, 0xa5, sizeof(*call));
		free(call);
	}
	return NULL;
}

static void *use_slots(void *number)
{
	(void)number;
	for (int i = 0; i < ROUNDS; i++) {
		struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
		struct belay_ref ref;

		check(begin_at(1, &ref, &outcome));
		if (belay_adapter_look(&ref) == BELAY_HOLD)
			(void)belay_adapter_wait(&ref, UINT64_MAX);
		check(belay_adapter_finished(&ref, &outcome));
	}
	return NULL;
}

static void *use_both(void *number)
{
	return (uintptr_t)number % 2 ? use_own(number) : use_slots(number);
}

static void race(void)
{
	rule("house.* fault delay=1us..200us when p=0.3\n"
	     "house.* timeout after=50us when p=0.3\n"
	     "house.write timeout after=300us\n");
	in_threads(4, use_both);
	check(house_counters(WRITE).finished == 2 * ROUNDS);
	check(house_counters(READ).finished == 2 * ROUNDS);
	house_is_empty();
}

static void threads_and_the_deadlines_meet(void **state)
{
	(void)state;
	in_house(CALLS, race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delay_starts_when_the_other_side_is_done),
		cmocka_unit_test(a_hanging_call_ends_when_it_is_cancelled),
		cmocka_unit_test(a_dropped_completion_never_comes),
		cmocka_unit_test(a_call_is_cancelled_at_its_deadline),
		cmocka_unit_test(
			what_is_not_handed_over_yet_is_cancelled_when_it_is),
		cmocka_unit_test(
			what_cannot_be_cancelled_yet_is_cancelled_when_held),
		cmocka_unit_test(
			what_was_asked_and_ended_well_was_not_cancelled),
		cmocka_unit_test(
			what_was_cancelled_and_is_not_collected_was_cancelled),
		cmocka_unit_test(a_deadline_is_of_its_own_turn),
		cmocka_unit_test(
			of_two_times_that_have_come_the_earlier_goes_first),
		cmocka_unit_test(the_earliest_deadline_wins),
		cmocka_unit_test(what_cannot_be_cancelled_is_listed_once),
		cmocka_unit_test(a_rule_can_refuse_anothers_cancel),
		cmocka_unit_test(a_call_object_is_held_and_released),
		cmocka_unit_test(a_lost_reply_can_be_abandoned),
		cmocka_unit_test(a_call_object_is_cancelled_at_its_deadline),
		cmocka_unit_test(a_call_object_is_failed_at_begin),
		cmocka_unit_test(
			a_call_object_may_go_on_the_thread_that_ends_it),
		cmocka_unit_test(
			whoever_hears_of_the_end_may_wait_for_who_collects),
		cmocka_unit_test(threads_and_the_deadlines_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
