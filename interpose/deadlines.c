/* SPDX-License-Identifier: MIT */
/*
 * deadlines.c - a time per slot, and the thread that looks through them
 *
 * No queue: a time is a word that its slot's owner writes. Each block of 512
 * has the earliest of its times in a word of its own, so that the thread looks
 * through one word a block, and through the times of those blocks only where
 * one may have come. That word may be too early, because disarming leaves it
 * alone: then the thread looks once for nothing. It is never too late.
 *
 * Two pairs keep a time from being missed, each a store that comes before a
 * load of what the other side stores. All of them are sequentially consistent,
 * so at least one side sees the other:
 *
 *  - arm stores the time, then reads the block's word;
 *    the thread empties the word, then reads the times, and lowers the word
 *  - arm lowers the block's word, then reads when the thread next looks;
 *    the thread stores when, then reads all words once more, and sleeps
 *
 * The memory is wiped in a forked child, which so has no times and no thread.
 */
#include "deadlines.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "log.h"
#include "process.h"
#include "session.h"
#include "worker.h"

#define NEVER 0 /* of a time: what wiped memory says */
#define AWAKE 1 /* of when the thread looks next: it does so anyway */

#define BLOCK 512 /* a page of times */
#define LINE_TIMES (BELAYI_LINE / sizeof(uint64_t))
#define LINES (BLOCK / LINE_TIMES)

#define SECOND_NS UINT64_C(1000000000)
#define LEAST_AGE_NS UINT64_C(1000000)
#define IDLE_NS (2 * SECOND_NS)

enum { NONE, RUNS, FAILED };

struct block {
	uint64_t times[BLOCK];
};

struct deadlines {
	/* When the thread next looks, if nobody wakes it. */
	uint64_t next_look __attribute__((aligned(BELAYI_LINE)));
	uint32_t thread;
	uint32_t wakes; /* what it sleeps on */
	uint64_t earliest[] __attribute__((aligned(BELAYI_LINE)));
};

static struct deadlines *all;
static struct block *blocks;
static uint32_t blocks_count;
static void (*call_due)(uint32_t slot);
static struct belay_clock_pair made;

/* Neighbours have different lines: threads with a call each do not meet. */
static uint64_t *time_of(uint32_t slot)
{
	uint32_t i = slot % BLOCK;

	return &blocks[slot / BLOCK].times[i % LINES * LINE_TIMES + i / LINES];
}

static uint32_t slot_at(uint32_t block, uint32_t i)
{
	return block * BLOCK + i % LINE_TIMES * LINES + i / LINE_TIMES;
}

/* NEVER is later than everything. */
static bool is_earlier(uint64_t a, uint64_t b)
{
	return a - 1 < b - 1;
}

static bool lower(uint64_t *word, uint64_t ticks)
{
	uint64_t seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);

	while (is_earlier(ticks, seen))
		if (__atomic_compare_exchange_n(word, &seen, ticks, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}

/* --- How long a tick is -------------------------------------------------- */

/*
 * The longer the clocks are compared, the better it is known: a time that is
 * no longer than that comparison is wrong by no more than two readings are.
 */
static uint64_t ns_of(uint64_t ticks, const struct belay_clock_pair *now)
{
	uint64_t age = now->ticks - made.ticks;

	if (age == 0)
		return belay_clock_ns(ticks);
	return (uint64_t)((unsigned __int128)ticks * (now->ns - made.ns) / age);
}

/*
 * Ticks per ns, times 2^32. Divides only where a tick has been measured anew;
 * who then reads one word of before and one of after has what was right until
 * now.
 */
static uint64_t ticks_q32(void)
{
	static uint64_t of_tick;
	static uint64_t ticks;
	uint64_t tick_q32 = belay_clock_ns(UINT64_C(1) << 32);

	if (__builtin_expect(__atomic_load_n(&of_tick, __ATOMIC_ACQUIRE) !=
				     tick_q32,
			     0)) {
		__atomic_store_n(&ticks, UINT64_MAX / (tick_q32 | !tick_q32),
				 __ATOMIC_RELAXED);
		__atomic_store_n(&of_tick, tick_q32, __ATOMIC_RELEASE);
	}
	return __atomic_load_n(&ticks, __ATOMIC_RELAXED);
}

uint64_t belayi_deadline_at(uint64_t from, uint64_t ns)
{
	unsigned __int128 ticks =
		((unsigned __int128)ns * ticks_q32() >> 32) + 1;
	uint64_t age = from > made.ticks ? from - made.ticks : 0;

	if (ticks > age)
		ticks -= ticks / 8;
	return ticks >> 63 ? UINT64_MAX : from + (uint64_t)ticks;
}

uint64_t belayi_deadline_left(uint64_t from, uint64_t ns)
{
	struct belay_clock_pair now = belay_clock_pair();
	uint64_t past = now.ticks > from ? ns_of(now.ticks - from, &now) : 0;

	return past < ns ? ns - past : 0;
}

/* --- The thread ---------------------------------------------------------- */

static long futex(uint32_t *word, int operation, uint32_t value,
		  const struct timespec *until)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value,
		       until, NULL, FUTEX_BITSET_MATCH_ANY);
}

/* What is due may touch the call table, unless the process is at its end. */
static bool fire(uint32_t slot)
{
	struct belayi_thread *thread = belayi_thread_enter();
	bool live;

	/* Sequential: the process ends after this, or before we look. */
	if (thread)
		__atomic_store_n(&thread->busy, 1, __ATOMIC_SEQ_CST);
	live = __atomic_load_n(&belayi_process.own->life, __ATOMIC_SEQ_CST) ==
	       BELAYI_LIVE;
	if (live)
		call_due(slot);
	belayi_thread_leave(thread);
	return live;
}

/* Returns false at the end of the process. */
static bool look_at_time(uint32_t block, uint32_t i, uint64_t now)
{
	uint64_t *time = &blocks[block].times[i];
	uint64_t ticks = __atomic_load_n(time, __ATOMIC_SEQ_CST);

	while (ticks != NEVER && ticks <= now)
		/* Whoever arms it at this moment has armed the next turn. */
		if (__atomic_compare_exchange_n(time, &ticks, NEVER, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return fire(slot_at(block, i));
	if (ticks != NEVER)
		(void)lower(&all->earliest[block], ticks);
	return true;
}

static bool look_at_block(uint32_t block, uint64_t now)
{
	__atomic_store_n(&all->earliest[block], NEVER, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < BLOCK; i++)
		if (!look_at_time(block, i, now))
			return false;
	return true;
}

static uint64_t earliest_of_all(void)
{
	uint64_t earliest = NEVER;

	for (uint32_t i = 0; i < blocks_count; i++) {
		uint64_t ticks =
			__atomic_load_n(&all->earliest[i], __ATOMIC_SEQ_CST);

		if (is_earlier(ticks, earliest))
			earliest = ticks;
	}
	return earliest;
}

static bool look(void)
{
	uint64_t now = belay_clock_now();

	for (uint32_t i = 0; i < blocks_count; i++) {
		uint64_t ticks =
			__atomic_load_n(&all->earliest[i], __ATOMIC_SEQ_CST);

		if (ticks != NEVER && ticks <= now && !look_at_block(i, now))
			return false;
	}
	return true;
}

/*
 * No longer than a tick's length has been measured for: a guess of the first
 * moment may be wrong by some parts in a hundred.
 */
static uint64_t nap_until(uint64_t ticks, const struct belay_clock_pair *now)
{
	uint64_t age = now->ns - made.ns;
	uint64_t known = age > LEAST_AGE_NS ? age : LEAST_AGE_NS;
	uint64_t nap;

	if (ticks == NEVER)
		return IDLE_NS;
	if (ticks <= now->ticks)
		return 0;
	nap = ns_of(ticks - now->ticks, now);
	nap = nap < known ? nap : known;
	return nap < IDLE_NS ? nap : IDLE_NS;
}

/* Returns false where nobody woke it. */
static bool sleep_until(uint64_t ns, uint32_t wakes)
{
	struct timespec at = {
		.tv_sec = (time_t)(ns / SECOND_NS),
		.tv_nsec = (long)(ns % SECOND_NS),
	};

	return futex(&all->wakes, FUTEX_WAIT_BITSET, wakes, &at) == 0 ||
	       errno != ETIMEDOUT;
}

/*
 * Its end: an arming after the store starts another thread, one before it is
 * seen by the load. Returns false where this thread is to go on.
 */
static bool leave(void)
{
	uint32_t none = NONE;

	__atomic_store_n(&all->thread, NONE, __ATOMIC_SEQ_CST);
	return earliest_of_all() == NEVER ||
	       !__atomic_compare_exchange_n(&all->thread, &none, RUNS, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Looks, and says when to look next. Returns false at the process's end. */
static bool look_round(uint64_t *ret_ticks)
{
	uint64_t ticks;

	do {
		__atomic_store_n(&all->next_look, AWAKE, __ATOMIC_SEQ_CST);
		if (!look())
			return false;
		ticks = earliest_of_all();
		__atomic_store_n(&all->next_look, ticks, __ATOMIC_SEQ_CST);
	} while (is_earlier(earliest_of_all(), ticks));
	*ret_ticks = ticks;
	return true;
}

static void run(void)
{
	struct belay_clock_pair now;
	uint64_t ticks;
	uint32_t wakes;
	uint64_t nap;

	for (;;) {
		wakes = __atomic_load_n(&all->wakes, __ATOMIC_SEQ_CST);
		if (!look_round(&ticks))
			return;
		now = belay_clock_pair();
		nap = nap_until(ticks, &now);
		if (sleep_until(now.ns + nap, wakes) || nap != IDLE_NS)
			continue;
		if (ticks == NEVER ? leave() : belayi_workers_alone())
			return;
	}
}

__attribute__((noinline, cold)) static void start(void)
{
	static bool has_said;
	uint32_t none = NONE;
	int error;

	if (!__atomic_compare_exchange_n(&all->thread, &none, RUNS, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	error = belayi_worker_start(run);
	if (error == 0)
		return;
	__atomic_store_n(&all->thread, FAILED, __ATOMIC_SEQ_CST);
	/* Nobody comes here again. */
	__atomic_store_n(&all->next_look, AWAKE, __ATOMIC_SEQ_CST);
	if (!__atomic_exchange_n(&has_said, true, __ATOMIC_RELAXED))
		belayi_log("Cannot start a thread for deadlines: error=\"%s\"",
			   belayi_session_confined()
				   ? "The program has confined itself (seccomp)"
				   : strerror(error));
}

__attribute__((noinline, cold)) static void rouse(void)
{
	int saved = errno;

	if (__atomic_load_n(&all->thread, __ATOMIC_SEQ_CST) == NONE)
		start();
	(void)__atomic_fetch_add(&all->wakes, 1, __ATOMIC_SEQ_CST);
	(void)futex(&all->wakes, FUTEX_WAKE, 1, NULL);
	errno = saved;
}

/* --- What the host says -------------------------------------------------- */

/* In a child the memory is there, empty. */
bool belayi_deadlines_make(uint32_t slots, void (*due)(uint32_t slot))
{
	uint32_t count = (slots + BLOCK - 1) / BLOCK;
	size_t head = sizeof(struct deadlines) + count * sizeof(uint64_t);
	size_t size = count * sizeof(struct block) + head;
	void *memory;

	if (all)
		return true;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	if (madvise(memory, size, MADV_WIPEONFORK) < 0) {
		(void)munmap(memory, size);
		return false;
	}
	blocks = memory;
	blocks_count = count;
	call_due = due;
	made = belay_clock_pair();
	all = (struct deadlines *)(blocks + count);
	return true;
}

void belayi_deadline_arm(uint32_t slot, uint64_t ticks)
{
	ticks += ticks == NEVER;
	/* Sequential, all three: see above. */
	(void)__atomic_exchange_n(time_of(slot), ticks, __ATOMIC_SEQ_CST);
	(void)lower(&all->earliest[slot / BLOCK], ticks);
	if (__builtin_expect(lower(&all->next_look, ticks), 0))
		rouse();
}

void belayi_deadline_disarm(uint32_t slot)
{
	(void)__atomic_exchange_n(time_of(slot), NEVER, __ATOMIC_SEQ_CST);
}

void belayi_deadline_end(uint32_t slot)
{
	__atomic_store_n(time_of(slot), NEVER, __ATOMIC_RELEASE);
}
