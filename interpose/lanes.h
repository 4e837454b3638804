/* SPDX-License-Identifier: MIT */
/*
 * lanes.h - counters, per thread and operation
 */
#ifndef BELAYI_LANES_H
#define BELAYI_LANES_H

#include "process.h"

/* belayi_count_begin() and so on - one more of that, for this operation */
void belayi_count_begin(struct belayi_thread *thread, uint32_t operation);
void belayi_count_refused(struct belayi_thread *thread, uint32_t operation);
void belayi_count_pending(struct belayi_thread *thread, uint32_t operation);
void belayi_count_cancel(struct belayi_thread *thread, uint32_t operation);
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
