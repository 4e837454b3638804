/* SPDX-License-Identifier: MIT */
/*
 * deadlines.c - tests: what is due comes, not before its time, and once
 *
 * Each test has a process of its own. How late something comes depends on the
 * machine, so here only a bound of seconds fails; tests/bench measures it.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "armed.h"

static void first_arming(void)
{
	check(belayi_deadlines_make(SLOTS, due));
	belayi_deadline_disarm(1);
	check(house_workers() == 0);
	arm(1, MS_NS);
	check(tally_await(&fired[1], 1));
	check(house_workers() == 1);
	arm(2, MS_NS);
	check(tally_await(&fired_count, 2));
	check(house_workers() == 1);
	check(SEEN(fired[2]) == 1 && SEEN(fired_count) == 2 &&
	      SEEN(early_count) == 0);
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
	check(tally_await(&fired_count, SLOTS - 1));
	for (uint32_t i = 1; i < SLOTS; i++)
		check(SEEN(fired[i]) == 1);
	check(SEEN(early_count) == 0);
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
	check(tally_await(&fired_count, SLOTS / 2));
	arm(1, MS_NS);
	check(tally_await(&fired[1], 1));
	for (uint32_t i = 1; i < SLOTS; i++)
		check(SEEN(fired[i]) == (i == 1 || i % 2 == 0));
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
	check(tally_await(&fired[1], 1));
	arm(4, 10 * MS_NS);
	check(tally_await(&fired_count, 2));
	check(SEEN(fired[2]) == 0 && (SEEN(fired[3]) == 0 || !in_time));
	arm_at(5, 0);
	arm_at(6, 1);
	arm_at(7, UINT64_MAX);
	check(tally_await(&fired[5], 1));
	check(tally_await(&fired[6], 1));
	check(SEEN(early_count) == 0 && SEEN(fired[7]) == 0);
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
	if (belay_clock_pair().ns - begun_ns[slot] < length[slot])
		(void)tally_add(&early_count);
	(void)tally_add(&fired_count);
}

/* From the first moments of a process on, when ticks are hardly known. */
static void lengths(void)
{
	uint64_t seed = 17;

	check(belayi_deadlines_make(SLOTS, due_of_length));
	for (uint32_t i = 1; i <= 200; i++) {
		length[i] = house_random(&seed, 300 * (uint32_t)MS_NS);
		begun_ns[i] = belay_clock_pair().ns;
		begun[i] = belay_clock_now();
		belayi_deadline_arm(i, belayi_deadline_at(begun[i], length[i]));
	}
	check(tally_await(&fired_count, 200));
	check(SEEN(early_count) == 0);
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

/* --- Children, and the end ----------------------------------------------- */

static void child_of(pid_t (*make_child)(void))
{
	int status = -1;
	pid_t child;

	check(belayi_deadlines_make(SLOTS, due));
	arm(1, MS_NS);
	check(tally_await(&fired[1], 1));
	arm(2, 50 * MS_NS);
	child = make_child();
	check(child >= 0);
	if (child == 0) {
		__atomic_store_n(&belayi_process.own->life, BELAYI_LIVE,
				 __ATOMIC_SEQ_CST);
		check(belayi_deadlines_make(SLOTS, due));
		check(house_workers() == 0);
		arm(3, 100 * MS_NS);
		check(tally_await(&fired[3], 1));
		check(house_workers() == 1);
		check(SEEN(fired[2]) == 0);
		_exit(0);
	}
	check(waitpid(child, &status, 0) == child && status == 0);
	check(tally_await(&fired[2], 1));
	check(SEEN(fired[3]) == 0);
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
	check(tally_await(&fired[1], 1));
	__atomic_store_n(&belayi_process.own->life, BELAYI_OFF,
			 __ATOMIC_SEQ_CST);
	arm(2, MS_NS);
	wait_until(house_workers() == 0);
	check(SEEN(fired[2]) == 0);
	arm(3, MS_NS);
	check(house_workers() == 0 && SEEN(fired[3]) == 0);
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
		check(tally_await(&fired[1], round));
		wait_until(house_workers() == 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_arming_starts_the_only_thread),
		cmocka_unit_test(each_of_many_comes_once_and_never_early),
		cmocka_unit_test(what_is_disarmed_does_not_come),
		cmocka_unit_test(the_last_arming_counts),
		cmocka_unit_test(a_length_is_never_cut_short),
		cmocka_unit_test(times_far_away_do_not_overflow),
		cmocka_unit_test(a_child_starts_with_no_times_and_no_thread),
		cmocka_unit_test(nothing_comes_after_the_end_of_the_session),
		cmocka_unit_test(an_idle_thread_ends_and_comes_again),
		cmocka_unit_test(a_program_that_confined_itself_gets_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
