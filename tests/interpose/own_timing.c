/* SPDX-License-Identifier: MIT */
/*
 * own_timing.c - tests: what rules do to call objects of a program's own while
 * time goes by
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ruled.h"

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
	(void)tally_add(&ends_alone);
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
		check_count(ends_alone, i);
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
	(void)tally_add(&settled_times);
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
	check_count(settled_times, 3);
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
