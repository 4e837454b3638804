/* SPDX-License-Identifier: MIT */
/*
 * turns.c - tests: what an adapter says of a call happens to that call alone
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "house.h"
#include "slots.h"

#define READ (&house_api.operations[0])
#define CALLS 64

static struct belay_ref begin_of(const struct belay_operation *operation,
				 uint64_t key)
{
	const struct belay_begin begin = {
		.operation = operation,
		.key = (const void *)(uintptr_t)key,
		.owner = (const void *)(uintptr_t)1,
		.site = (const void *)(uintptr_t)2,
		.args = {key, 1, 2, 3},
	};
	struct belay_outcome fault;
	struct belay_ref ref;

	check(belay_adapter_begin(&begin, &ref, &fault));
	return ref;
}

static struct belay_ref begin(uint64_t key)
{
	return begin_of(READ, key);
}

static struct belay_ref find(uint64_t key)
{
	return belay_adapter_find(&house_api, (const void *)(uintptr_t)key);
}

static bool finish(const struct belay_ref *ref)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};

	return belay_adapter_finished(ref, &outcome);
}

static bool same(const struct belay_ref *a, const struct belay_ref *b)
{
	return a->call == b->call && a->turn == b->turn;
}

static void one_call(void)
{
	const struct belay_ref ref = begin(64);
	struct belay_ref found = find(64);
	const struct belay_slot *slot = belay_adapter_slot(&ref);
	struct belay_outcome outcome = {BELAY_FAILED, EIO, -1};

	check(ref.call && same(&ref, &found) && !find(65).call);
	check(slot && slot->key == 64 && slot->args[0] == 64);
	check(slot->owner == 1 && slot->site == 2);
	check(belay_call_state(ref.call) == BELAY_CALL_STARTING);
	belay_adapter_accepted(&ref);
	check(belay_call_state(ref.call) == BELAY_CALL_PENDING);
	check(belay_adapter_completed(&ref, &outcome));
	check(!belay_adapter_completed(&ref, &outcome));
	check(belay_call_state(ref.call) == BELAY_CALL_COMPLETED);
	outcome = (struct belay_outcome){BELAY_SUCCEEDED, 0, 1};
	check(belay_adapter_finished(&ref, &outcome));
	check(outcome.ending == BELAY_FAILED && outcome.status == EIO);
	check(!finish(&ref) && !find(64).call);
	check(house_counters(READ).failed == 1);
	house_is_empty();
}

static void a_call_goes_through_its_states(void **state)
{
	(void)state;
	in_house(CALLS, one_call);
}

static void an_old_turn(void)
{
	const struct belay_ref old = begin(64);
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	struct belay_ref ref;

	check(finish(&old));
	ref = begin(64);
	check(ref.call == old.call && ref.turn != old.turn);
	belay_adapter_accepted(&old);
	check(belay_call_state(ref.call) == BELAY_CALL_STARTING);
	belay_adapter_refused(&old, EAGAIN);
	check(!belay_adapter_completed(&old, &outcome) && !finish(&old));
	check(belay_call_state(ref.call) == BELAY_CALL_STARTING);
	check(same(&ref, &(struct belay_ref){find(64).call, find(64).turn}));
	check(finish(&ref));
	check(house_counters(READ).finished == 2);
	house_is_empty();
}

static void an_old_reference_does_nothing_to_the_next_call(void **state)
{
	(void)state;
	in_house(CALLS, an_old_turn);
}

static void refusals(void)
{
	struct belay_ref ref;

	for (int i = 0; i < 3 * CALLS; i++) {
		ref = begin(64);
		check(ref.call);
		belay_adapter_refused(&ref, EAGAIN);
		belay_adapter_refused(&ref, EAGAIN);
		check(!find(64).call && !finish(&ref));
	}
	check(house_counters(READ).calls == 3 * CALLS);
	check(house_counters(READ).refused == 3 * CALLS);
	check(house_counters(READ).finished == 0);
	house_is_empty();
}

static void a_refused_call_is_gone_once(void **state)
{
	(void)state;
	in_house(CALLS, refusals);
}

static void several_of_one_key(void)
{
	struct belay_ref refs[20];
	struct belay_ref found;

	for (int i = 0; i < 20; i++)
		refs[i] = begin(64);
	for (int i = 20; i-- > 0;) {
		found = find(64);
		check(same(&found, &refs[i]));
		check(finish(&found));
	}
	check(!find(64).call);
	house_is_empty();
}

static void the_newest_call_of_a_key_is_found(void **state)
{
	(void)state;
	in_house(CALLS, several_of_one_key);
}

static void two_adapters(void)
{
	const struct belay_ref ours = begin(64);
	const struct belay_ref theirs = begin_of(other_api.operations, 64);
	struct belay_ref found = find(64);

	check(same(&found, &ours));
	found = belay_adapter_find(&other_api, (void *)64);
	check(same(&found, &theirs));
	check(finish(&ours) && !find(64).call && finish(&theirs));
	house_is_empty();
}

static void adapters_may_have_the_same_key(void **state)
{
	(void)state;
	in_house(CALLS, two_adapters);
}

static void a_full_table(void)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	struct belay_ref refs[CALLS];
	struct belay_ref none;

	for (int i = 0; i < CALLS; i++) {
		refs[i] = begin(64 + (uint64_t)i);
		check(refs[i].call);
	}
	errno = 77;
	for (int i = 0; i < 5; i++) {
		none = begin(7);
		check(!none.call);
		belay_adapter_accepted(&none);
		check(!belay_adapter_completed(&none, &outcome));
		check(!finish(&none) && !belay_adapter_slot(&none));
		belay_adapter_refused(&none, EIO);
	}
	check(errno == 77);
	check(belayi_process.table->lost[BELAY_LOST_CALLS] == 5);
	check(house_counters(READ).calls == CALLS);
	check(!find(7).call);
	for (int i = 0; i < CALLS; i++)
		check(finish(&refs[i]));
	none = begin(7);
	check(none.call && finish(&none));
	house_is_empty();
}

static void a_full_table_loses_exactly_what_has_no_room(void **state)
{
	(void)state;
	in_house(CALLS, a_full_table);
}

struct visits {
	unsigned int count;
	unsigned int stop_at;
	uint64_t keys;
};

static bool visit(const struct belay_ref *ref, const struct belay_slot *slot,
		  void *data)
{
	struct visits *visits = data;

	check(belay_call_id(ref) != 0);
	visits->keys |= slot->key;
	return ++visits->count != visits->stop_at;
}

static void visit_each(void)
{
	struct belay_ref refs[5];
	const struct belay_ref other = begin_of(other_api.operations, 1 << 20);
	struct visits all = {0};
	struct visits some = {.stop_at = 2};

	for (int i = 0; i < 5; i++)
		refs[i] = begin(UINT64_C(1) << i);
	check(finish(&refs[2]));
	belay_adapter_each(&house_api, visit, &all);
	check(all.count == 4 && all.keys == 27);
	belay_adapter_each(&house_api, visit, &some);
	check(some.count == 2);
	for (int i = 0; i < 5; i++)
		check(finish(&refs[i]) == (i != 2));
	check(finish(&other));
	house_is_empty();
}

static void each_visits_the_calls_in_progress(void **state)
{
	(void)state;
	in_house(CALLS, visit_each);
}

static void nested(void)
{
	BELAY_GUARD(outer);
	check(outer);
	{
		BELAY_GUARD(inner);
		check(!inner);
	}
	{
		BELAY_GUARD(next);
		check(!next);
	}
}

static void nest(void)
{
	for (int i = 0; i < 3; i++)
		nested();
	BELAY_GUARD(after);
	check(after);
}

static void only_the_outermost_level_is_outermost(void **state)
{
	(void)state;
	in_house(CALLS, nest);
}

/* --- Several threads ----------------------------------------------------- */

#define KEYS 8
#define ROUNDS 20000

static uint64_t begun, finished, none;

static void count(uint64_t *number)
{
	(void)__atomic_fetch_add(number, 1, __ATOMIC_RELAXED);
}

/* Everybody begins under the same keys, and finishes whatever is there. */
static void *mix(void *number)
{
	uint64_t seed = (uintptr_t)number;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t key = 64 + house_random(&seed, KEYS);
		struct belay_ref ref = find(key);
		const struct belay_slot *slot = belay_adapter_slot(&ref);

		if (slot && house_random(&seed, 3)) {
			if (finish(&ref))
				count(&finished);
			continue;
		}
		ref = begin(key);
		if (!ref.call) {
			count(&none);
			continue;
		}
		count(&begun);
		if (house_random(&seed, 5) == 0) {
			/* Somebody may have found and finished it. */
			if (belay_call_id(&ref))
				belay_adapter_refused(&ref, EAGAIN);
		} else {
			belay_adapter_accepted(&ref);
		}
	}
	return NULL;
}

static void mix_all(void)
{
	struct belay_counters c;
	struct belay_ref ref;

	in_threads(4, mix);
	for (uint64_t key = 64; key < 64 + KEYS; key++)
		for (ref = find(key); ref.call; ref = find(key)) {
			check(finish(&ref));
			count(&finished);
		}
	c = house_counters(READ);
	check(c.calls == begun);
	check(c.finished == finished);
	check(c.refused == begun - finished);
	check(belayi_process.table->lost[BELAY_LOST_CALLS] == none);
	house_is_empty();
}

static void who_races_for_a_call_ends_it_once(void **state)
{
	(void)state;
	in_house(200, mix_all);
}

static void a_table_that_is_full_most_of_the_time_stays_whole(void **state)
{
	(void)state;
	in_house(6, mix_all);
}

/* The key of a call, or `over` where it has been finished meanwhile. */
static uint64_t key_in_turn(const struct belay_ref *ref, uint64_t over)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	uint64_t key = __atomic_load_n(&slot->key, __ATOMIC_ACQUIRE);

	return belay_call_id(ref) ? key : over;
}

/* What is found has the key that was looked for, for as long as it lives. */
static void *look(void *number)
{
	uint64_t seed = (uintptr_t)number;
	uint64_t own = 1024 + (uintptr_t)number * 64;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t key = own + house_random(&seed, 64);
		struct belay_ref ref = begin(key);
		uint64_t wanted = 1024 + house_random(&seed, 256);
		struct belay_ref other = find(wanted);
		struct belay_ref mine = find(key);

		check(ref.call && same(&mine, &ref));
		check(!other.call || key_in_turn(&other, wanted) == wanted);
		check(finish(&ref));
		check(!find(key).call);
	}
	return NULL;
}

static void look_all(void)
{
	in_threads(4, look);
	check(house_counters(READ).finished == 4 * ROUNDS);
	house_is_empty();
}

static void nobody_finds_another_s_call_as_his_own(void **state)
{
	(void)state;
	in_house(20, look_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_goes_through_its_states),
		cmocka_unit_test(
			an_old_reference_does_nothing_to_the_next_call),
		cmocka_unit_test(a_refused_call_is_gone_once),
		cmocka_unit_test(the_newest_call_of_a_key_is_found),
		cmocka_unit_test(adapters_may_have_the_same_key),
		cmocka_unit_test(a_full_table_loses_exactly_what_has_no_room),
		cmocka_unit_test(each_visits_the_calls_in_progress),
		cmocka_unit_test(only_the_outermost_level_is_outermost),
		cmocka_unit_test(who_races_for_a_call_ends_it_once),
		cmocka_unit_test(
			a_table_that_is_full_most_of_the_time_stays_whole),
		cmocka_unit_test(nobody_finds_another_s_call_as_his_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
