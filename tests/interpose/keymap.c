/* SPDX-License-Identifier: MIT */
/*
 * keymap.c - tests: what is inserted is found, until it is removed
 */
#include "keymap.h"

#include <stdlib.h>
#include <string.h>

#include "house.h"

#define SLOTS 2000
#define KEYS 50

static uint64_t key_of(uint32_t number)
{
	return UINT64_C(0x7f0000001000) + (uint64_t)number * 168;
}

struct seen {
	uint8_t slots[SLOTS + 1];
	unsigned int count;
};

static void see(uint32_t slot, void *data)
{
	struct seen *seen = data;

	check(slot > 0 && slot <= SLOTS);
	seen->slots[slot]++;
	seen->count++;
}

static struct seen find(uint64_t key)
{
	struct seen seen = {.count = 0};

	belayi_keymap_find(key, see, &seen);
	return seen;
}

/* Which key each slot is under; 0: none. */
static uint64_t model[SLOTS + 1];

static void compare(uint64_t key)
{
	struct seen seen = find(key);

	for (uint32_t slot = 1; slot <= SLOTS; slot++)
		check(seen.slots[slot] == (model[slot] == key));
}

static void follow_a_model(void)
{
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		uint32_t slot = 1 + house_random(&seed, SLOTS);
		uint64_t key = key_of(house_random(&seed, KEYS));

		if (model[slot]) {
			belayi_keymap_remove(model[slot], slot);
			key = model[slot];
			model[slot] = 0;
		} else {
			check(belayi_keymap_insert(key, slot));
			model[slot] = key;
		}
		if (i % 20 == 0)
			compare(key);
	}
	for (uint32_t slot = 1; slot <= SLOTS; slot++)
		if (model[slot])
			belayi_keymap_remove(model[slot], slot);
	house_is_empty();
}

static void it_does_what_a_list_does(void **state)
{
	(void)state;
	in_house(SLOTS, follow_a_model);
}

static void many_of_one_key(void)
{
	struct seen seen;

	for (uint32_t slot = 1; slot <= SLOTS; slot++)
		check(belayi_keymap_insert(64, slot));
	seen = find(64);
	check(seen.count == SLOTS);
	for (uint32_t slot = 1; slot <= SLOTS; slot++)
		check(seen.slots[slot] == 1);
	/* From the first line on, so that all that are left have passed it. */
	for (uint32_t slot = 1; slot <= SLOTS; slot++) {
		belayi_keymap_remove(64, slot);
		check(find(64).count == SLOTS - slot);
	}
	house_is_empty();
}

static void a_key_may_have_all_slots(void **state)
{
	(void)state;
	in_house(SLOTS, many_of_one_key);
}

static void fill_it(void)
{
	uint32_t words = (belayi_process.keys_mask + 1) * BELAYI_KEYS_A_LINE;

	check(words > belayi_process.slots_count);
	for (uint32_t i = 0; i < words; i++)
		check(belayi_keymap_insert(key_of(i), 1 + i % 10));
	check(!belayi_keymap_insert(64, 1));
	check(find(64).count == 0);
	for (uint32_t i = 0; i < words; i++) {
		check(find(key_of(i)).slots[1 + i % 10] >= 1);
		belayi_keymap_remove(key_of(i), 1 + i % 10);
	}
	house_is_empty();
}

static void a_full_map_says_so_and_stays_whole(void **state)
{
	(void)state;
	in_house(30, fill_it);
}

static void remove_nothing(void)
{
	check(belayi_keymap_insert(64, 7));
	belayi_keymap_remove(64, 8);
	belayi_keymap_remove(65, 7);
	check(find(64).count == 1);
	belayi_keymap_remove(64, 7);
	belayi_keymap_remove(64, 7);
	house_is_empty();
}

static void what_is_not_there_is_not_removed(void **state)
{
	(void)state;
	in_house(SLOTS, remove_nothing);
}

static void the_key_0_works(void)
{
	check(belayi_keymap_insert(0, 3));
	check(find(0).slots[3] == 1);
	belayi_keymap_remove(0, 3);
	house_is_empty();
}

static void no_key_is_special(void **state)
{
	(void)state;
	in_house(SLOTS, the_key_0_works);
}

/* --- Several threads ----------------------------------------------------- */

#define THREADS 4
#define EACH 100

/*
 * All threads' slots are under one key, so that all go on to the same lines,
 * and each thread's are there whatever the others do.
 */
static void *insert_and_remove(void *number)
{
	uint32_t first = 1 + (uint32_t)(uintptr_t)number * EACH;
	uint64_t seed = first;
	uint8_t mine[EACH] = {0};
	struct seen seen;

	for (int i = 0; i < 20000; i++) {
		uint32_t at = house_random(&seed, EACH);

		if (mine[at])
			belayi_keymap_remove(64, first + at);
		else
			check(belayi_keymap_insert(64, first + at));
		mine[at] = !mine[at];
		if (i % 50)
			continue;
		seen = find(64);
		check(memcmp(&seen.slots[first], mine, EACH) == 0);
	}
	for (uint32_t at = 0; at < EACH; at++)
		if (mine[at])
			belayi_keymap_remove(64, first + at);
	return NULL;
}

static void insert_and_remove_all(void)
{
	in_threads(THREADS, insert_and_remove);
	house_is_empty();
}

static void threads_find_their_own_whatever_others_do(void **state)
{
	(void)state;
	in_house(SLOTS, insert_and_remove_all);
}

static void it_has_room_for_all_slots(void **state)
{
	(void)state;
	for (uint32_t slots = 2; slots <= BELAY_SLOTS_MAX + 1;
	     slots += slots / 3 + 1) {
		uint32_t lines = belayi_keymap_lines(slots);

		assert_int_equal(lines & (lines - 1), 0);
		assert_true((uint64_t)lines * BELAYI_KEYS_A_LINE >
			    slots + slots / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_a_list_does),
		cmocka_unit_test(a_key_may_have_all_slots),
		cmocka_unit_test(a_full_map_says_so_and_stays_whole),
		cmocka_unit_test(what_is_not_there_is_not_removed),
		cmocka_unit_test(no_key_is_special),
		cmocka_unit_test(threads_find_their_own_whatever_others_do),
		cmocka_unit_test(it_has_room_for_all_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
