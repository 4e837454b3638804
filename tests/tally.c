/* SPDX-License-Identifier: MIT */
/*
 * tally.c - counts that threads of a test add to, and others sleep on
 */
#include "tally.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 30

/* Threads that sleep on any count. */
static uint32_t sleepers;

static uint32_t change(uint32_t *count, uint32_t by)
{
	uint32_t now = __atomic_add_fetch(count, by, __ATOMIC_SEQ_CST);

	/* Whoever is not seen here sees the new count. */
	if (__atomic_load_n(&sleepers, __ATOMIC_SEQ_CST))
		(void)syscall(SYS_futex, count, FUTEX_WAKE_PRIVATE, INT_MAX,
			      NULL, NULL, 0);
	return now;
}

uint32_t tally_add(uint32_t *count)
{
	return change(count, 1);
}

uint32_t tally_take(uint32_t *count)
{
	return change(count, UINT32_MAX);
}

static bool await(const uint32_t *count, uint32_t least, uint32_t most)
{
	struct timespec until;
	uint32_t seen;
	long failed = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	(void)__atomic_add_fetch(&sleepers, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		seen = __atomic_load_n(count, __ATOMIC_SEQ_CST);
		if ((seen >= least && seen <= most) ||
		    (failed && errno == ETIMEDOUT))
			break;
		failed = syscall(SYS_futex, count, FUTEX_WAIT_BITSET_PRIVATE,
				 seen, &until, NULL, FUTEX_BITSET_MATCH_ANY);
	}
	(void)__atomic_sub_fetch(&sleepers, 1, __ATOMIC_SEQ_CST);
	return seen >= least && seen <= most;
}

bool tally_await(const uint32_t *count, uint32_t least)
{
	return await(count, least, UINT32_MAX);
}

bool tally_await_most(const uint32_t *count, uint32_t most)
{
	return await(count, 0, most);
}
