/* SPDX-License-Identifier: MIT */
/*
 * futex.c - sleeping on a word, deadlines
 */
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "apartment.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

bool belayi_futex_wait(const uint32_t *word, uint32_t seen,
		       uint64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / NS_PER_S),
		.tv_nsec = (long)(deadline_ns % NS_PER_S),
	};
	int saved = errno;
	bool in_time = true;

	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen,
		    deadline_ns == UINT64_MAX ? NULL : &until, NULL,
		    FUTEX_BITSET_MATCH_ANY) < 0)
		in_time = errno != ETIMEDOUT;
	errno = saved;
	return in_time;
}

void belayi_futex_wake(const uint32_t *word, int count)
{
	int saved = errno;

	(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL,
		      0);
	errno = saved;
}

uint64_t belayi_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t belayi_until(uint32_t milliseconds)
{
	if (milliseconds == 0)
		return 0;
	if (milliseconds == INFINITE)
		return UINT64_MAX;
	return belayi_now_ns() + milliseconds * NS_PER_MS;
}
