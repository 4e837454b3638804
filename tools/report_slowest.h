/* SPDX-License-Identifier: MIT */
/*
 * report_slowest.h - the few calls that took longest
 */
#ifndef BELAY_TOOLS_REPORT_SLOWEST_H
#define BELAY_TOOLS_REPORT_SLOWEST_H

#include "report_calls.h"

#define SLOWEST_MAX 10

struct slow_call {
	struct report_call call; /* with a text of its own */
	uint64_t duration_ns;
	int64_t status;
	int64_t result;
	uint8_t outcome; /* enum belay_ending */
};

/* A heap with the shortest of them on top, until slowest_sort(). */
struct slowest {
	struct slow_call calls[SLOWEST_MAX];
	size_t count;
};

/* slowest_wants() - whether a call of this duration belongs to them */
static inline int slowest_wants(const struct slowest *slowest,
				uint64_t duration_ns)
{
	return slowest->count < SLOWEST_MAX ||
	       duration_ns > slowest->calls[0].duration_ns;
}

/* slowest_take() - adds a call that is wanted; its text becomes the heap's */
void slowest_take(struct slowest *slowest, const struct slow_call *call);

/* slowest_find() - one of them by its id, or NULL */
struct slow_call *slowest_find(struct slowest *slowest, uint32_t scope,
			       uint64_t id);

/* slowest_sort() - puts the longest first; nothing can be taken any more */
void slowest_sort(struct slowest *slowest);

void slowest_deinit(struct slowest *slowest);

#endif
