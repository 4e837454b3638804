/* SPDX-License-Identifier: MIT */
/*
 * deadline_races.c - tests: what several threads arm and disarm, and a million
 * at once
 */
#include <sched.h>

#include "armed.h"

#define ARMERS 4
#define ROUNDS 3000
#define EACH (CALLS / ARMERS)

/*
 * A thread that sleeps is to be woken, one that decides how long to sleep to
 * see it: if either fails once, a round never ends.
 */
static void *ping(void *number)
{
	uint32_t first = (uint32_t)(uintptr_t)number * EACH + 1;
	uint64_t seed = (uintptr_t)number + 1;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t slot = first + house_random(&seed, EACH);
		uint32_t before = SEEN(fired[slot]);
		uint64_t since = belay_clock_pair().ns;

		arm(slot, house_random(&seed, 20000));
		while (SEEN(fired[slot]) == before) {
			check(belay_clock_pair().ns - since <
			      HOUSE_PATIENCE_NS);
			(void)sched_yield();
		}
	}
	return NULL;
}

static void ping_all(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	in_threads(ARMERS, ping);
	check(SEEN(fired_count) == ARMERS * ROUNDS && SEEN(early_count) == 0);
}

static void no_arming_is_missed(void **state)
{
	(void)state;
	in_house(CALLS, ping_all);
}

static uint32_t armed_count;

/* Arms, lets some come, disarms others, in all orders. */
static void *mix(void *number)
{
	uint32_t first = (uint32_t)(uintptr_t)number * EACH + 1;
	uint64_t seed = (uintptr_t)number + 100;

	for (uint32_t i = 0; i < 20 * ROUNDS; i++) {
		uint32_t slot = first + house_random(&seed, EACH);

		if (house_random(&seed, 4) == 0)
			belayi_deadline_disarm(slot);
		else
			belayi_deadline_arm(
				slot, belayi_deadline_at(
					      belay_clock_now(),
					      house_random(&seed, 1000000)));
	}
	for (uint32_t i = 0; i < EACH; i++) {
		belayi_deadline_disarm(first + i);
		if (house_random(&seed, 2))
			continue;
		/* Later than all the others, so that these are over. */
		arm(first + i, 300 * MS_NS + house_random(&seed, 1000));
		(void)tally_add(&armed_count);
	}
	return NULL;
}

static uint32_t late_fired;
static uint32_t late_slots[SLOTS];

static void due_in_mix(uint32_t slot)
{
	uint64_t ticks = __atomic_load_n(&wanted[slot], __ATOMIC_SEQ_CST);

	if (ticks == 0 || belay_clock_now() < ticks)
		return;
	(void)tally_add(&late_slots[slot]);
	(void)tally_add(&late_fired);
}

static void mix_all(void)
{
	check(belayi_deadlines_make(SLOTS, due_in_mix));
	in_threads(ARMERS, mix);
	check(tally_await(&late_fired, armed_count));
	check(SEEN(late_fired) == armed_count);
	for (uint32_t i = 1; i < SLOTS; i++)
		check(SEEN(late_slots[i]) == (wanted[i] != 0));
}

static void what_is_armed_in_the_end_comes(void **state)
{
	(void)state;
	in_house(CALLS, mix_all);
}

/* --- A million ----------------------------------------------------------- */

#define MILLION 1000000

static uint32_t million_early;
static uint64_t million_at;

static void due_in_million(uint32_t slot)
{
	check(slot >= 1 && slot <= MILLION);
	if (belay_clock_now() < million_at)
		(void)tally_add(&million_early);
	(void)tally_add(&fired_count);
}

static void million(void)
{
	check(belayi_deadlines_make(MILLION + 1, due_in_million));
	million_at = belayi_deadline_at(belay_clock_now(), 200 * MS_NS);
	for (uint32_t i = 1; i <= MILLION; i++)
		belayi_deadline_arm(i, i % 4 == 1 ? UINT64_MAX : million_at);
	for (uint32_t i = 1; i <= MILLION; i += 4)
		belayi_deadline_disarm(i);
	/* Nobody sleeps on the count: to be woken a million times takes long. */
	wait_until(SEEN(fired_count) >= MILLION - MILLION / 4);
	check(SEEN(fired_count) == MILLION - MILLION / 4 &&
	      SEEN(million_early) == 0);
}

static void a_million_come_at_once(void **state)
{
	(void)state;
	in_house(CALLS, million);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_arming_is_missed),
		cmocka_unit_test(what_is_armed_in_the_end_comes),
		cmocka_unit_test(a_million_come_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
