/* SPDX-License-Identifier: MIT */
/*
 * process.h - what this process keeps: its call table, and memory of its own
 *
 * The call table is a file mapped shared, which others read. Beside it stands
 * private memory that the kernel wipes in a forked child: by its first word a
 * child sees, at its first call, that it is one, and makes a table of its own.
 */
#ifndef BELAYI_PROCESS_H
#define BELAYI_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/table.h>

#define BELAYI_LINE 64

/*
 * What each call runs through, and reads, stands together: a program that waits
 * for another one between two calls finds nothing of ours in the caches, and
 * then every page and every cache line costs.
 */
#define BELAYI_EACH_CALL __attribute__((hot))
#define BELAYI_EACH_CALL_READS __attribute__((section("each_call")))

#define BELAYI_THREADS 1024
#define BELAYI_FAMILIAR 2
/* Only ever shared by all threads, so that each operation has one. */
#define BELAYI_SHARED_LANES 96
#define BELAYI_MAGAZINE 28
#define BELAYI_KEYS_A_LINE 7
#define BELAYI_PID_SHIFT 40 /* see belay_id_new() */
#define BELAYI_LANE_WORDS (BELAY_LANES_MAX / 64)

/* The word, in private memory. */
enum belayi_life {
	BELAYI_UNBORN, /* never started, or a forked child */
	BELAYI_STARTING,
	BELAYI_LIVE,
	BELAYI_OFF, /* passes everything through */
};

/*
 * A thread's own things: no other thread writes here.
 * owner: the address of the thread's own pointer to this; NULL: free
 * busy:  in the middle of a change; a signal handler that finds it set uses
 *        what all threads share instead
 * familiar: what is known of its last few sites, see guard.h
 */
struct belayi_thread {
	void *owner;
	uint32_t tid;
	uint32_t busy;
	uint32_t refill; /* how many slots the magazine took last */
	uint32_t magazine_count;
	uint64_t familiar[BELAYI_FAMILIAR];
	uint32_t magazine[BELAYI_MAGAZINE];
	uint8_t lanes[BELAY_OPERATIONS_MAX]; /* index plus 1; 0: none yet */
} __attribute__((aligned(BELAYI_LINE)));

/*
 * A line of the key map: words of {tag, slot}, 0 for free. `passed` counts
 * the keys that had to go on to a later line.
 */
struct belayi_keys {
	uint64_t words[BELAYI_KEYS_A_LINE];
	uint64_t passed;
};

struct belayi_private {
	/* Read at every entry, written at start, end and fork. */
	uint32_t life __attribute__((aligned(BELAYI_LINE)));
	/* Written when a magazine is full or empty. */
	uint64_t free_slots __attribute__((aligned(BELAYI_LINE)));
	uint32_t fresh_slot;
	uint32_t thread_hint;
	uint32_t workers; /* threads of our own */
	/* A bit for each lane that was ever taken: the others' pages were never
	 * touched, and need not be to find that there is nothing in them. */
	uint64_t lanes_used[BELAYI_LANE_WORDS];
	/* Index plus 1 of each operation's shared lane. */
	uint8_t shared_lanes[BELAY_OPERATIONS_MAX]
		__attribute__((aligned(BELAYI_LINE)));
	struct belayi_thread threads[BELAYI_THREADS];
	struct belayi_keys keys[];
};

struct belayi_process {
	struct belayi_private *own; /* NULL before the start */
	struct belay_lane *lanes;
	struct belay_slot *slots;
	uint32_t slots_count;
	uint32_t keys_mask; /* lines of the key map, minus 1 */
	uint32_t pid;
	/* What follows is not for each call. */
	struct belay_table *table;
	struct belay_table_operation *operations;
	struct belay_table_module *modules;
	struct belay_table_rules *rules; /* NULL: there are none */
	bool settled; /* which rules there are, and whether it is traced */
};

_Static_assert(BELAY_LANES_MAX % 64 == 0 && BELAY_LANES_MAX < UINT8_MAX,
	       "each has a bit in lanes_used, and its number fits");

extern struct belayi_process belayi_process;

/* belayi_start() - the slow half of belayi_live() */
bool belayi_start(void);

/*
 * belayi_live() - whether calls are recorded; the first thing at every entry
 *
 * Starts what was not started (a call before our constructor) and what a fork
 * ended.
 */
static inline bool belayi_live(void)
{
	const struct belayi_private *own =
		__atomic_load_n(&belayi_process.own, __ATOMIC_ACQUIRE);

	if (__builtin_expect(
		    own && __atomic_load_n(&own->life, __ATOMIC_ACQUIRE) ==
				    BELAYI_LIVE,
		    1))
		return true;
	return belayi_start();
}

/*
 * belayi_slot_of() - the slot that a call object is in, or NULL for a call on
 * the heap
 */
static inline struct belay_slot *belayi_slot_of(const struct belay_call *call)
{
	uintptr_t offset = (uintptr_t)call - (uintptr_t)belayi_process.slots;

	if (offset / sizeof(struct belay_slot) >= belayi_process.slots_count)
		return NULL;
	return (struct belay_slot *)call;
}

static inline uint32_t belayi_slot_index(const struct belay_slot *slot)
{
	return (uint32_t)(slot - belayi_process.slots);
}

/* belayi_site_key() - one word for an operation's calls at a site; 0 is nobody's */
static inline uint64_t belayi_site_key(const void *site, uint32_t operation)
{
	return ((uint64_t)(uintptr_t)site & ((UINT64_C(1) << 48) - 1)) |
	       (uint64_t)operation << 48;
}

/*
 * belayi_is_own_id() - whether a call was begun in this process: one on the
 * heap may be the parent's, whose id has another process id on top
 */
static inline bool belayi_is_own_id(uint64_t id)
{
	return id >> BELAYI_PID_SHIFT == belayi_process.pid;
}

/* belayi_lost() - counts what could not be recorded */
static inline void belayi_lost(enum belay_loss kind)
{
	(void)__atomic_fetch_add(&belayi_process.table->lost[kind], 1,
				 __ATOMIC_RELAXED);
}

#endif
