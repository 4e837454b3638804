/* SPDX-License-Identifier: MIT */
/*
 * mirrors.c - tests: a program's own call objects are seen in the call table
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "house.h"
#include "slots.h"

#define READ (&house_api.operations[0])
#define WRITE (&house_api.operations[1])
#define CALLS 64

static struct belay_ref begin(struct belay_call *call)
{
	const struct belay_begin begin = {
		.operation = WRITE,
		.site = (const void *)(uintptr_t)2,
		.args = {5, 6, 7, 8},
	};
	struct belay_ref ref;

	check(belay_call_begin(call, &begin, &ref) == S_OK);
	return ref;
}

/* The one slot that is in use, or NULL. */
static const struct belay_slot *only_slot(void)
{
	const struct belay_slot *found = NULL;

	for (uint32_t i = 1; i < belayi_process.slots_count; i++) {
		const struct belay_slot *slot = &belayi_process.slots[i];

		if (belay_call_state(&slot->call) == BELAY_CALL_IDLE)
			continue;
		check(!found);
		found = slot;
	}
	return found;
}

static bool shows(enum belay_state state)
{
	return belay_call_state(&only_slot()->call) == state;
}

static void one_call(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 4096};
	const struct belay_begin again = {.operation = WRITE};
	const struct belay_slot *slot;
	struct belay_call call;
	struct belay_ref other;
	struct belay_ref ref;

	belay_call_init(&call);
	check(!only_slot());
	ref = begin(&call);
	slot = only_slot();
	check(slot && shows(BELAY_CALL_PENDING));
	check(slot->call.id == belay_call_id(&ref) && slot->call.operation);
	check(slot->key == (uintptr_t)&call && slot->args[3] == 8);
	check(slot->call.thread == (uint32_t)gettid());
	(void)belay_call_accept(&ref);
	check(belay_call_begin(&call, &again, &other) == RPC_E_CALL_PENDING);
	check(only_slot() == slot && shows(BELAY_CALL_PENDING));
	check(belay_call_complete(&ref, &outcome));
	check(shows(BELAY_CALL_COMPLETED));
	check(belay_call_finish(&call, WRITE, &outcome) == S_OK);
	check(!only_slot());
	check(house_counters(WRITE).calls == 1);
	check(house_counters(WRITE).pending == 1);
	check(house_counters(WRITE).finished == 1);
	check(house_counters(WRITE).bytes == 4096);
	house_is_empty();
}

static void a_call_object_is_mirrored_in_a_slot(void **state)
{
	(void)state;
	in_house(CALLS, one_call);
}

static void cancelled(void)
{
	struct belay_outcome outcome;
	struct belay_call call;
	struct belay_ref cancel;
	struct belay_ref ref;

	belay_call_init(&call);
	ref = begin(&call);
	(void)belay_call_accept(&ref);
	check(belay_call_query_cancel(&call, WRITE, &cancel) == S_OK);
	check(belay_call_cancel(&cancel, 0, BELAY_BY_APPLICATION) == S_OK);
	check(shows(BELAY_CALL_CANCELED));
	check(belay_call_finish(&call, WRITE, &outcome) == S_OK);
	check(outcome.ending == BELAY_CANCELED && !only_slot());
	check(house_counters(WRITE).cancels == 1);
	check(house_counters(WRITE).canceled == 1);
	house_is_empty();
}

static void a_cancelled_one_shows_it(void **state)
{
	(void)state;
	in_house(CALLS, cancelled);
}

static void refused(void)
{
	struct belay_call call;
	struct belay_ref ref;

	belay_call_init(&call);
	for (int i = 0; i < 3 * CALLS; i++) {
		ref = begin(&call);
		check(belay_call_refuse(&ref, E_FAIL));
		check(!only_slot());
	}
	check(house_counters(WRITE).refused == 3 * CALLS);
	house_is_empty();
}

static void a_refused_one_gives_its_slot_back(void **state)
{
	(void)state;
	in_house(CALLS, refused);
}

static void too_many(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	static struct belay_call calls[CALLS + 5];
	struct belay_ref ref;

	for (int i = 0; i < CALLS + 5; i++) {
		belay_call_init(&calls[i]);
		ref = begin(&calls[i]);
		(void)belay_call_accept(&ref);
		check(belay_call_complete(&ref, &outcome));
	}
	check(belayi_process.table->lost[BELAY_LOST_CALLS] == 5);
	for (int i = 0; i < CALLS + 5; i++)
		check(belay_call_finish(&calls[i], WRITE, &outcome) == S_OK);
	/* They go on, and are counted; only the table does not show them. */
	check(house_counters(WRITE).finished == CALLS + 5);
	house_is_empty();
}

static void those_without_a_slot_are_counted(void **state)
{
	(void)state;
	in_house(CALLS, too_many);
}

/* --- Several threads ----------------------------------------------------- */

#define ROUNDS 100000
#define SHARED 4

static struct belay_call shared[SHARED];
static uint64_t begun, finished, pending;
static bool over;

static void *cancel_them(void *number)
{
	struct belay_ref ref;
	uint64_t seed = (uintptr_t)number;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (belay_call_query_cancel(
			    &shared[house_random(&seed, SHARED)], WRITE, &ref))
			continue;
		(void)belay_call_cancel(&ref, 0, BELAY_BY_OPERATOR);
	}
	return NULL;
}

static void *use_them(void *number)
{
	uint64_t seed = (uintptr_t)number;
	const struct belay_begin with = {.operation = WRITE};

	for (int i = 0; i < ROUNDS; i++) {
		struct belay_call *call = &shared[house_random(&seed, SHARED)];
		struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
		struct belay_ref ref;

		if (belay_call_begin(call, &with, &ref) != S_OK) {
			(void)__atomic_fetch_add(&pending, 1, __ATOMIC_RELAXED);
			continue;
		}
		(void)__atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
		(void)belay_call_accept(&ref);
		(void)belay_call_complete(&ref, &outcome);
		if (belay_call_finish(call, WRITE, &outcome) == S_OK)
			(void)__atomic_fetch_add(&finished, 1,
						 __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Adapters' calls between them: a ghost's slot would fail a Begin. */
static void *use_slots(void *number)
{
	const struct belay_begin with = {.operation = READ,
					 .key = (void *)(uintptr_t)64};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	struct belay_ref ref;

	(void)number;
	for (int i = 0; i < ROUNDS; i++) {
		check(belay_adapter_begin(&with, &ref, &outcome));
		check(!ref.call || belay_adapter_finished(&ref, &outcome));
	}
	return NULL;
}

static void *one_of_each(void *number)
{
	uintptr_t i = (uintptr_t)number;

	if (i == 0)
		return cancel_them(number);
	(void)(i == 1 ? use_slots(number) : use_them(number));
	if (i == 2)
		__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	return NULL;
}

static void race(void)
{
	for (int i = 0; i < SHARED; i++)
		belay_call_init(&shared[i]);
	in_threads(4, one_of_each);
	check(!only_slot());
	check(finished == begun);
	check(house_counters(WRITE).calls == begun);
	check(house_counters(WRITE).finished == finished);
	check(house_counters(WRITE).pending == pending);
	house_is_empty();
}

static void a_late_cancel_leaves_no_ghost(void **state)
{
	(void)state;
	in_house(16, race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_object_is_mirrored_in_a_slot),
		cmocka_unit_test(a_cancelled_one_shows_it),
		cmocka_unit_test(a_refused_one_gives_its_slot_back),
		cmocka_unit_test(those_without_a_slot_are_counted),
		cmocka_unit_test(a_late_cancel_leaves_no_ghost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
