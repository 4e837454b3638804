/* SPDX-License-Identifier: MIT */
/*
 * lanes.h - counters, per thread and operation
 */
#ifndef BELAYI_LANES_H
#define BELAYI_LANES_H

#include "process.h"

/* A thread's lane for an operation is the one that all threads share. */
#define BELAYI_NO_LANE UINT8_MAX

/* belayi_own_lane() - NULL where the thread has none, so far or for ever */
static inline struct belay_lane *belayi_own_lane(struct belayi_thread *thread,
						 uint32_t operation)
{
	uint32_t index = thread ? thread->lanes[operation] - 1U : UINT32_MAX;

	return index < BELAY_LANES_MAX ? &belayi_process.lanes[index] : NULL;
}

/* belayi_count_elsewhere() - the slow half of belayi_count() */
void belayi_count_elsewhere(struct belayi_thread *thread, uint32_t operation,
			    size_t counter);

/* belayi_count() - one more of that, for this operation: calls, cancels ... */
#define BELAYI_COUNTER(member)                                                 \
	(offsetof(struct belay_counters, member) / sizeof(uint64_t))

static inline void belayi_count(struct belayi_thread *thread,
				uint32_t operation, size_t counter)
{
	struct belay_lane *own = belayi_own_lane(thread, operation);
	uint64_t *at;

	if (__builtin_expect(!own, 0)) {
		belayi_count_elsewhere(thread, operation, counter);
		return;
	}
	at = (uint64_t *)&own->counters + counter;
	__atomic_store_n(at, __atomic_load_n(at, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
}

/* belayi_count_finish() - a call has ended so, after so long */
void belayi_count_finish(struct belayi_thread *thread, uint32_t operation,
			 const struct belay_outcome *outcome, uint64_t ns);

/* belayi_lanes_fold() - adds an ending thread's counters to the shared ones */
void belayi_lanes_fold(struct belayi_thread *thread);

/*
 * belayi_lanes_clear() - makes what was counted of an operation uncounted,
 * where only this thread has counted any
 */
void belayi_lanes_clear(struct belayi_thread *thread, uint32_t operation);

/*
 * belayi_counters_move() - adds counters to others, atomically, and leaves
 * zeroes: other processes may add to `sum` at the same time
 */
void belayi_counters_move(struct belay_counters *sum,
			  struct belay_counters *more);

#endif
