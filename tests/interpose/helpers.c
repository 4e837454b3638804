/* SPDX-License-Identifier: MIT */
/*
 * helpers.c - tests: what may block is run elsewhere, once, and not for ever
 *
 * Each test has a process, and its first thread is the one that leaves work.
 */
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadlines.h"
#include "house.h"

#define CALLS 16
#define HELPERS 8
#define ROOM 1024

static uint32_t run_count;
static uint32_t blocked_count;
static uint64_t sum;
static sem_t gate;

static void add(uint64_t a, uint64_t b)
{
	(void)__atomic_fetch_add(&sum, a * 1000000 + b, __ATOMIC_SEQ_CST);
	(void)tally_add(&run_count);
}

static void block(uint64_t a, uint64_t b)
{
	(void)tally_add(&blocked_count);
	/* Who comes through lets the next one through. */
	check(sem_wait(&gate) == 0 && sem_post(&gate) == 0);
	add(a, b);
}

static void release(void)
{
	check(sem_post(&gate) == 0);
}

static void one_blocks(void)
{
	check(belayi_helper_run(block, 0, 0));
	check_count(blocked_count, 1);
	for (uint64_t i = 1; i <= 1000; i++) {
		check(belayi_helper_run(add, i, 1));
		check_count(run_count, (uint32_t)i);
	}
	check(sum == UINT64_C(500500) * 1000000 + 1000);
	check(house_workers() <= HELPERS);
	release();
	check_count(run_count, 1001);
}

static void work_that_blocks_does_not_delay_other_work(void **state)
{
	(void)state;
	in_house(CALLS, one_blocks);
}

static void all_block(void)
{
	for (uint32_t i = 0; i < HELPERS; i++)
		check(belayi_helper_run(block, 1, 1));
	check_count(blocked_count, HELPERS);
	for (uint32_t i = 0; i < ROOM; i++)
		check(belayi_helper_run(add, 1, 1));
	check(!belayi_helper_run(add, 1, 1));
	check(SEEN(run_count) == 0 && house_workers() == HELPERS);
	release();
	check_count(run_count, HELPERS + ROOM);
	check(sum == UINT64_C(1000001) * (HELPERS + ROOM));
	check(belayi_helper_run(add, 0, 0));
	check_count(run_count, HELPERS + ROOM + 1);
}

static void what_comes_on_top_waits_until_there_is_no_room(void **state)
{
	(void)state;
	in_house(CALLS, all_block);
}

static void idle(void)
{
	for (uint32_t round = 1; round <= 2; round++) {
		check(belayi_helper_run(add, 1, 1));
		check_count(run_count, round);
		wait_until(house_workers() == 0);
	}
}

static void an_idle_helper_ends_and_comes_again(void **state)
{
	(void)state;
	in_house(CALLS, idle);
}

static void fork_a_child(void)
{
	int status = -1;
	pid_t child;

	for (uint32_t i = 0; i < HELPERS + 5; i++)
		check(belayi_helper_run(block, 0, 0));
	check_count(blocked_count, HELPERS);
	child = fork();
	check(child >= 0);
	if (child == 0) {
		check(house_workers() == 0);
		check(belayi_helper_run(add, 1, 1));
		check_count(run_count, 1);
		check(house_workers() == 1);
		_exit(0);
	}
	check(waitpid(child, &status, 0) == child && status == 0);
	release();
	check_count(run_count, HELPERS + 5);
}

static void a_child_starts_with_no_work_and_no_helper(void **state)
{
	(void)state;
	in_house(CALLS, fork_a_child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_that_blocks_does_not_delay_other_work),
		cmocka_unit_test(
			what_comes_on_top_waits_until_there_is_no_room),
		cmocka_unit_test(an_idle_helper_ends_and_comes_again),
		cmocka_unit_test(a_child_starts_with_no_work_and_no_helper),
	};

	if (sem_init(&gate, 0, 0))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
