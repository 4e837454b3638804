/* SPDX-License-Identifier: MIT */
/*
 * deadlines.c - tests: what is due comes, not before its time, and once
 *
 * Each test has a process of its own. How late something comes depends on the
 * machine, so here only a bound of seconds fails; tests/bench measures it.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deadlines.h"
#include "house.h"

#define CALLS 4096
#define SLOTS (CALLS + 1)
#define MS_NS UINT64_C(1000000)
#define HOUR_NS (3600 * 1000 * MS_NS)
#define PATIENCE_MS 20000

static uint64_t wanted[SLOTS]; /* ticks; what the slot was armed for */
static uint32_t fired[SLOTS];  /* how often */
static uint32_t fired_count;
static uint32_t early_count;

static uint32_t get(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void count(uint32_t *word)
{
	(void)__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
}

static void due(uint32_t slot)
{
	uint64_t now = belay_clock_now();

	check(slot < SLOTS);
	if (now < __atomic_load_n(&wanted[slot], __ATOMIC_SEQ_CST))
		count(&early_count);
	count(&fired[slot]);
	count(&fired_count);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 * MS_NS + (uint64_t)now.tv_nsec;
}

static void nap(void)
{
	(void)poll(NULL, 0, 1);
}

static void wait_for(const uint32_t *word, uint32_t value)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (get(word) >= value)
			return;
		nap();
	}
	check(!"it came in time");
}

static void arm_at(uint32_t slot, uint64_t ticks)
{
	__atomic_store_n(&wanted[slot], ticks, __ATOMIC_SEQ_CST);
	belayi_deadline_arm(slot, ticks);
}

static void arm(uint32_t slot, uint64_t ns)
{
	arm_at(slot, belayi_deadline_at(belay_clock_now(), ns));
}

static void first_arming(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	belayi_deadline_disarm(1);
	check(house_workers() == 0);
	arm(1, MS_NS);
	wait_for(&fired[1], 1);
	check(house_workers() == 1);
	arm(2, MS_NS);
	wait_for(&fired_count, 2);
	check(house_workers() == 1);
	check(get(&fired[2]) == 1 && get(&fired_count) == 2 &&
	      get(&early_count) == 0);
}

static void the_first_arming_starts_the_only_thread(void **state)
{
	(void)state;
	in_house(CALLS, first_arming);
}

static void random_times(void)
{
	uint64_t seed = 4;

	check(belayi_deadlines_make(SLOTS, due));
	for (uint32_t i = 1; i < SLOTS; i++)
		arm(i, house_random(&seed, 500 * (uint32_t)MS_NS));
	wait_for(&fired_count, SLOTS - 1);
	for (uint32_t i = 1; i < SLOTS; i++)
		check(get(&fired[i]) == 1);
	check(get(&early_count) == 0);
}

static void each_of_many_comes_once_and_never_early(void **state)
{
	(void)state;
	in_house(CALLS, random_times);
}

static void disarm(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	for (uint32_t i = 1; i < SLOTS; i++)
		arm(i, HOUR_NS);
	for (uint32_t i = 1; i < SLOTS; i += 2)
		belayi_deadline_disarm(i);
	for (uint32_t i = 2; i < SLOTS; i += 2)
		arm(i, MS_NS);
	wait_for(&fired_count, SLOTS / 2);
	arm(1, MS_NS);
	wait_for(&fired[1], 1);
	for (uint32_t i = 1; i < SLOTS; i++)
		check(get(&fired[i]) == (i == 1 || i % 2 == 0));
}

static void what_is_disarmed_does_not_come(void **state)
{
	(void)state;
	in_house(CALLS, disarm);
}

static void arm_again(void)
{
	uint64_t soon;
	bool in_time;

	check(belayi_deadlines_make(SLOTS, due));
	arm(1, HOUR_NS);
	arm(2, HOUR_NS);
	arm(3, 50 * MS_NS);
	soon = wanted[3];
	arm(3, HOUR_NS);
	in_time = belay_clock_now() < soon;
	arm(1, 70 * MS_NS);
	wait_for(&fired[1], 1);
	arm(4, 10 * MS_NS);
	wait_for(&fired_count, 2);
	check(get(&fired[2]) == 0 && (get(&fired[3]) == 0 || !in_time));
	arm_at(5, 0);
	arm_at(6, 1);
	arm_at(7, UINT64_MAX);
	wait_for(&fired[5], 1);
	wait_for(&fired[6], 1);
	check(get(&early_count) == 0 && get(&fired[7]) == 0);
}

static void the_last_arming_counts(void **state)
{
	(void)state;
	in_house(CALLS, arm_again);
}

/* --- Lengths in nanoseconds ---------------------------------------------- */

static uint64_t begun[SLOTS], begun_ns[SLOTS], length[SLOTS];

static void due_of_length(uint32_t slot)
{
	uint64_t left = belayi_deadline_left(begun[slot], length[slot]);

	if (left) {
		belayi_deadline_arm(
			slot, belayi_deadline_at(belay_clock_now(), left));
		return;
	}
	if (now_ns() - begun_ns[slot] < length[slot])
		count(&early_count);
	count(&fired_count);
}

/* From the first moments of a process on, when ticks are hardly known. */
static void lengths(void)
{
	uint64_t seed = 17;

	check(belayi_deadlines_make(SLOTS, due_of_length));
	for (uint32_t i = 1; i <= 200; i++) {
		length[i] = house_random(&seed, 300 * (uint32_t)MS_NS);
		begun_ns[i] = now_ns();
		begun[i] = belay_clock_now();
		belayi_deadline_arm(i, belayi_deadline_at(begun[i], length[i]));
	}
	wait_for(&fired_count, 200);
	check(get(&early_count) == 0);
}

static void a_length_is_never_cut_short(void **state)
{
	(void)state;
	in_house(CALLS, lengths);
}

static void far_away(void)
{
	const uint64_t now = belay_clock_now();

	check(belayi_deadlines_make(SLOTS, due));
	check(belayi_deadline_at(now, 0) >= now);
	check(belayi_deadline_at(now, UINT64_MAX) == UINT64_MAX ||
	      belayi_deadline_at(now, UINT64_MAX) > now + (now >> 1));
	check(belayi_deadline_left(now, UINT64_MAX) > UINT64_MAX / 2);
	check(belayi_deadline_left(UINT64_MAX, 5) == 5);
	check(belayi_deadline_left(now, 0) == 0);
}

static void times_far_away_do_not_overflow(void **state)
{
	(void)state;
	in_house(CALLS, far_away);
}

/* --- Several threads ----------------------------------------------------- */

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
		uint32_t before = get(&fired[slot]);
		uint64_t since = now_ns();

		arm(slot, house_random(&seed, 20000));
		while (get(&fired[slot]) == before) {
			check(now_ns() - since < PATIENCE_MS * MS_NS);
			(void)sched_yield();
		}
	}
	return NULL;
}

static void ping_all(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	in_threads(ARMERS, ping);
	check(get(&fired_count) == ARMERS * ROUNDS && get(&early_count) == 0);
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
		count(&armed_count);
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
	count(&late_slots[slot]);
	count(&late_fired);
}

static void mix_all(void)
{
	check(belayi_deadlines_make(SLOTS, due_in_mix));
	in_threads(ARMERS, mix);
	wait_for(&late_fired, armed_count);
	check(get(&late_fired) == armed_count);
	for (uint32_t i = 1; i < SLOTS; i++)
		check(get(&late_slots[i]) == (wanted[i] != 0));
}

static void what_is_armed_in_the_end_comes(void **state)
{
	(void)state;
	in_house(CALLS, mix_all);
}

/* --- Children, and the end ----------------------------------------------- */

static void child_of(pid_t (*make_child)(void))
{
	int status = -1;
	pid_t child;

	check(belayi_deadlines_make(SLOTS, due));
	arm(1, MS_NS);
	wait_for(&fired[1], 1);
	arm(2, 50 * MS_NS);
	child = make_child();
	check(child >= 0);
	if (child == 0) {
		__atomic_store_n(&belayi_process.own->life, BELAYI_LIVE,
				 __ATOMIC_SEQ_CST);
		check(belayi_deadlines_make(SLOTS, due));
		check(house_workers() == 0);
		arm(3, 100 * MS_NS);
		wait_for(&fired[3], 1);
		check(house_workers() == 1);
		check(get(&fired[2]) == 0);
		_exit(0);
	}
	check(waitpid(child, &status, 0) == child && status == 0);
	wait_for(&fired[2], 1);
	check(get(&fired[3]) == 0);
}

static void fork_a_child(void)
{
	child_of(fork);
}

static void a_child_starts_with_no_times_and_no_thread(void **state)
{
	(void)state;
	in_house(CALLS, fork_a_child);
}

static void end_of_session(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	arm(1, MS_NS);
	wait_for(&fired[1], 1);
	__atomic_store_n(&belayi_process.own->life, BELAYI_OFF,
			 __ATOMIC_SEQ_CST);
	arm(2, MS_NS);
	for (int i = 0; house_workers() && i < PATIENCE_MS; i++)
		nap();
	check(house_workers() == 0);
	check(get(&fired[2]) == 0);
	arm(3, MS_NS);
	check(house_workers() == 0 && get(&fired[3]) == 0);
}

static void nothing_comes_after_the_end_of_the_session(void **state)
{
	(void)state;
	in_house(CALLS, end_of_session);
}

static void idle(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	for (uint32_t round = 1; round <= 2; round++) {
		arm(1, MS_NS);
		wait_for(&fired[1], round);
		for (int i = 0; house_workers() && i < PATIENCE_MS; i++)
			nap();
		check(house_workers() == 0);
	}
}

static void an_idle_thread_ends_and_comes_again(void **state)
{
	(void)state;
	in_house(CALLS, idle);
}

static struct sock_filter allow[] = {
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static const struct sock_fprog allow_all = {1, allow};

static void confine_itself(void)
{
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &allow_all) ==
	      0);
	check(belayi_deadlines_make(SLOTS, due));
	arm(1, MS_NS);
	check(house_workers() == 0);
	arm(2, MS_NS);
	belayi_deadline_disarm(2);
}

static void a_program_that_confined_itself_gets_no_thread(void **state)
{
	(void)state;
	in_house(CALLS, confine_itself);
}

/* --- A million ----------------------------------------------------------- */

#define MILLION 1000000

static uint32_t million_early;
static uint64_t million_at;

static void due_in_million(uint32_t slot)
{
	check(slot >= 1 && slot <= MILLION);
	if (belay_clock_now() < million_at)
		count(&million_early);
	count(&fired_count);
}

static void million(void)
{
	check(belayi_deadlines_make(MILLION + 1, due_in_million));
	million_at = belayi_deadline_at(belay_clock_now(), 200 * MS_NS);
	for (uint32_t i = 1; i <= MILLION; i++)
		belayi_deadline_arm(i, i % 4 == 1 ? UINT64_MAX : million_at);
	for (uint32_t i = 1; i <= MILLION; i += 4)
		belayi_deadline_disarm(i);
	wait_for(&fired_count, MILLION - MILLION / 4);
	check(get(&fired_count) == MILLION - MILLION / 4 &&
	      get(&million_early) == 0);
}

static void a_million_come_at_once(void **state)
{
	(void)state;
	in_house(CALLS, million);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_arming_starts_the_only_thread),
		cmocka_unit_test(each_of_many_comes_once_and_never_early),
		cmocka_unit_test(what_is_disarmed_does_not_come),
		cmocka_unit_test(the_last_arming_counts),
		cmocka_unit_test(a_length_is_never_cut_short),
		cmocka_unit_test(times_far_away_do_not_overflow),
		cmocka_unit_test(no_arming_is_missed),
		cmocka_unit_test(what_is_armed_in_the_end_comes),
		cmocka_unit_test(a_child_starts_with_no_times_and_no_thread),
		cmocka_unit_test(nothing_comes_after_the_end_of_the_session),
		cmocka_unit_test(an_idle_thread_ends_and_comes_again),
		cmocka_unit_test(a_program_that_confined_itself_gets_no_thread),
		cmocka_unit_test(a_million_come_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
