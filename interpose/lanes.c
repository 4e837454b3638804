/* SPDX-License-Identifier: MIT */
/*
 * lanes.c - counters that no two threads write, while there are lanes
 *
 * Each operation has a shared lane, which is added to atomically, and each
 * thread takes one of its own per operation that it uses, as long as there
 * are free ones. A thread's lane is written with plain stores: by that thread
 * alone, outside of its signal handlers (they get no thread, see guard.h).
 */
#include "lanes.h"

#include <string.h>

#include "guard.h"
#include "table.h"

struct tally {
	struct belay_counters *counters; /* NULL: not to be counted */
	bool shared; /* by all threads: to be added to atomically */
};

/* Whether a lane may be touched: room for it is kept, or can be now. */
static bool is_there(uint32_t i)
{
	uint64_t *word = &belayi_process.table->lanes_reserved[i / 64];
	uint64_t bit = UINT64_C(1) << i % 64;

	if (__atomic_load_n(word, __ATOMIC_RELAXED) & bit)
		return true;
	if (!belayi_table_reserve(&belayi_process.lanes[i],
				  sizeof(belayi_process.lanes[i])))
		return false;
	(void)__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
	return true;
}

static struct belay_lane *claim(uint32_t first, uint32_t operation,
				uint32_t tid)
{
	for (uint32_t i = first; i < BELAY_LANES_MAX && is_there(i); i++) {
		struct belay_lane *lane = &belayi_process.lanes[i];
		uint32_t nobody = 0;

		if (__atomic_load_n(&lane->operation, __ATOMIC_RELAXED) == 0 &&
		    __atomic_compare_exchange_n(
			    &lane->operation, &nobody, operation, false,
			    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			__atomic_store_n(&lane->thread, tid, __ATOMIC_RELAXED);
			(void)__atomic_fetch_or(
				&belayi_process.own->lanes_used[i / 64],
				UINT64_C(1) << i % 64, __ATOMIC_RELAXED);
			return lane;
		}
	}
	return NULL;
}

static uint8_t number_of(const struct belay_lane *lane)
{
	return (uint8_t)(lane - belayi_process.lanes + 1);
}

__attribute__((noinline, cold)) static struct belay_lane *
shared_lane(uint32_t operation)
{
	uint8_t *number = &belayi_process.own->shared_lanes[operation];
	uint8_t known = __atomic_load_n(number, __ATOMIC_ACQUIRE);
	struct belay_lane *lane;
	uint8_t nobody = 0;

	if (known)
		return &belayi_process.lanes[known - 1];
	lane = claim(0, operation, 0);
	if (!lane)
		return NULL;
	if (__atomic_compare_exchange_n(number, &nobody, number_of(lane), false,
					__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
		return lane;
	/* Another thread was first: nothing was counted in ours. */
	__atomic_store_n(&lane->operation, 0, __ATOMIC_RELEASE);
	return &belayi_process.lanes[nobody - 1];
}

/* A lane of the thread's own, or NULL and the shared one for ever. */
__attribute__((noinline, cold)) static struct belay_lane *
first_use(struct belayi_thread *thread, uint32_t operation)
{
	/* First, so that there is always one to add a thread's to. */
	struct belay_lane *shared = shared_lane(operation);
	struct belay_lane *lane =
		shared ? claim(BELAYI_SHARED_LANES, operation, thread->tid)
		       : NULL;

	if (!lane)
		belayi_lost(BELAY_LOST_LANES);
	thread->lanes[operation] = lane ? number_of(lane) : BELAYI_NO_LANE;
	return lane;
}

/* Of a thread that has no lane of its own for the operation, so far. */
__attribute__((noinline, cold)) static struct tally
other_tally(struct belayi_thread *thread, uint32_t operation)
{
	struct belay_lane *lane = NULL;
	bool shared = false;

	if (operation == 0)
		return (struct tally){NULL, false};
	if (thread && thread->lanes[operation] == 0)
		lane = first_use(thread, operation);
	if (!lane) {
		lane = shared_lane(operation);
		shared = true;
	}
	return (struct tally){lane ? &lane->counters : NULL, shared};
}

static inline __attribute__((always_inline)) void
add(struct tally tally, uint64_t *counter, uint64_t more)
{
	if (tally.shared)
		(void)__atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
	else
		__atomic_store_n(counter,
				 __atomic_load_n(counter, __ATOMIC_RELAXED) +
					 more,
				 __ATOMIC_RELAXED);
}

__attribute__((noinline, cold)) static void raise_to(uint64_t *most,
						     uint64_t value)
{
	uint64_t now = __atomic_load_n(most, __ATOMIC_RELAXED);

	while (value > now &&
	       !__atomic_compare_exchange_n(most, &now, value, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static inline __attribute__((always_inline)) void
count_latency(struct tally tally, uint64_t ns)
{
	struct belay_counters *counters = tally.counters;

	add(tally, &counters->latency_sum, ns);
	add(tally, &counters->latency[belay_bucket(ns)], 1);
	if (__builtin_expect(ns > __atomic_load_n(&counters->latency_max,
						  __ATOMIC_RELAXED),
			     0))
		raise_to(&counters->latency_max, ns);
}

static inline __attribute__((always_inline)) void
count_finish(struct tally tally, const struct belay_outcome *outcome,
	     uint64_t ns)
{
	struct belay_counters *counters = tally.counters;

	add(tally, &counters->finished, 1);
	if (__builtin_expect(outcome->ending == BELAY_UNCOLLECTED, 0)) {
		add(tally, &counters->uncollected, 1);
		return;
	}
	if (__builtin_expect(outcome->ending == BELAY_CANCELED, 0))
		add(tally, &counters->canceled, 1);
	else if (__builtin_expect(outcome->ending == BELAY_FAILED, 0))
		add(tally, &counters->failed, 1);
	else if (outcome->result > 0)
		add(tally, &counters->bytes, (uint64_t)outcome->result);
	count_latency(tally, ns);
}

/* Once for each thread and operation, and where no lane is to be had. */
__attribute__((noinline, cold)) static void
count_finish_elsewhere(struct belayi_thread *thread, uint32_t operation,
		       const struct belay_outcome *outcome, uint64_t ns)
{
	struct tally tally = other_tally(thread, operation);

	if (tally.counters)
		count_finish(tally, outcome, ns);
}

BELAYI_EACH_CALL void belayi_count_finish(struct belayi_thread *thread,
					  uint32_t operation,
					  const struct belay_outcome *outcome,
					  uint64_t ns)
{
	struct belay_lane *own = belayi_own_lane(thread, operation);

	if (__builtin_expect(own != NULL, 1))
		count_finish((struct tally){&own->counters, false}, outcome,
			     ns);
	else
		count_finish_elsewhere(thread, operation, outcome, ns);
}

void belayi_count_elsewhere(struct belayi_thread *thread, uint32_t operation,
			    size_t counter)
{
	struct tally tally = other_tally(thread, operation);

	if (tally.counters)
		add(tally, (uint64_t *)tally.counters + counter, 1);
}

/*
 * All but the largest are sums, and nothing else stands between them. One by
 * one, so that who reads, or dies, in the middle has one counter wrong at most.
 */
void belayi_counters_move(struct belay_counters *sum,
			  struct belay_counters *more)
{
	uint64_t *to = (uint64_t *)sum;
	uint64_t *from = (uint64_t *)more;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++) {
		uint64_t value = __atomic_load_n(&from[i], __ATOMIC_RELAXED);

		if (value == 0)
			continue;
		if (&to[i] == &sum->latency_max)
			raise_to(&to[i], value);
		else
			(void)__atomic_fetch_add(&to[i], value,
						 __ATOMIC_RELAXED);
		__atomic_store_n(&from[i], 0, __ATOMIC_RELAXED);
	}
}

static void give_up(struct belay_lane *lane)
{
	memset(&lane->counters, 0, sizeof(lane->counters));
	__atomic_store_n(&lane->thread, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&lane->operation, 0, __ATOMIC_RELEASE);
}

void belayi_lanes_fold(struct belayi_thread *thread)
{
	for (uint32_t i = 1; i < BELAY_OPERATIONS_MAX; i++) {
		struct belay_lane *lane = belayi_own_lane(thread, i);

		thread->lanes[i] = 0;
		if (!lane)
			continue;
		belayi_counters_move(&shared_lane(i)->counters,
				     &lane->counters);
		give_up(lane);
	}
}

void belayi_lanes_clear(struct belayi_thread *thread, uint32_t operation)
{
	if (thread)
		thread->lanes[operation] = 0;
	belayi_process.own->shared_lanes[operation] = 0;
	for (uint32_t i = 0; i < BELAY_LANES_MAX; i++)
		if ((belayi_process.own->lanes_used[i / 64] >> i % 64 & 1) &&
		    belayi_process.lanes[i].operation == operation)
			give_up(&belayi_process.lanes[i]);
}
