/* SPDX-License-Identifier: MIT */
/*
 * guard.h - the thread that we are a guest on
 */
#ifndef BELAYI_GUARD_H
#define BELAYI_GUARD_H

#include "process.h"

/* This thread's; it may be another one's since a fork, see its owner. */
extern __thread struct belayi_thread *belayi_self;

/* belayi_thread_first_enter() - the slow half of belayi_thread_enter() */
struct belayi_thread *belayi_thread_first_enter(void);

/*
 * belayi_thread_enter() - this thread's own things, until belayi_thread_leave()
 *
 * Return: NULL where there are none to be had: a signal handler interrupted
 *         this thread in the middle of a change, or too many threads. Then
 *         what all threads share is to be used.
 */
static inline struct belayi_thread *belayi_thread_enter(void)
{
	struct belayi_thread *thread = belayi_self;

	if (__builtin_expect(!thread || thread->owner != &belayi_self, 0))
		return belayi_thread_first_enter();
	if (__builtin_expect(thread->busy, 0))
		return NULL;
	__atomic_store_n(&thread->busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return thread;
}

static inline void belayi_thread_leave(struct belayi_thread *thread)
{
	if (thread) {
		/* Pairs with who settles: what was changed is to be seen. */
		__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
	}
}

/*
 * belayi_threads_settle() - waits until no other thread is in the middle of a
 * change, or too long: for the end of the process, when it has passed on to
 * pass calls through
 */
void belayi_threads_settle(void);

/*
 * belayi_threads_used() - how many records were ever taken: in turn, until all
 * were. Beyond that the pages were never touched, and need not be to find
 * nobody there.
 */
uint32_t belayi_threads_used(void);

/* belayi_thread_is_inside() - whether this thread is inside an adapter's guard */
bool belayi_thread_is_inside(void);

/*
 * What is known of an operation's calls at a site. Each thread keeps that of
 * its last few sites: what is known of all of them stands in memory that
 * nothing else of a call needs.
 */
enum belayi_site_known {
	BELAYI_SITE_STRANGE,
	BELAYI_SITE_RULED, /* its module is known; rules or hooks are asked */
	BELAYI_SITE_PLAIN, /* its module is known, and there is nobody to ask */
};

#define BELAYI_RULED_BIT (UINT64_C(1) << 63)

static inline uint64_t *belayi_familiar(struct belayi_thread *thread,
					uint64_t key)
{
	return &thread->familiar[(key ^ key >> 4) % BELAYI_FAMILIAR];
}

static inline enum belayi_site_known
belayi_site_known(struct belayi_thread *thread, uint64_t key)
{
	uint64_t word = thread ? *belayi_familiar(thread, key) : 0;

	if (__builtin_expect(word == key, 1))
		return BELAYI_SITE_PLAIN;
	return word == (key | BELAYI_RULED_BIT) ? BELAYI_SITE_RULED
						: BELAYI_SITE_STRANGE;
}

/* Atomic: the thread may have been left, its signal handlers write it, too. */
static inline void belayi_site_make_known(struct belayi_thread *thread,
					  uint64_t key, bool ruled)
{
	if (thread)
		__atomic_store_n(belayi_familiar(thread, key),
				 ruled ? key | BELAYI_RULED_BIT : key,
				 __ATOMIC_RELAXED);
}

/* belayi_threads_start() - once in a process's life */
void belayi_threads_start(void);

/* belayi_thread_own_id() - the same, where there is no thread to be had */
uint32_t belayi_thread_own_id(void);

/* belayi_thread_id() - as gettid() says, without asking again */
static inline uint32_t belayi_thread_id(const struct belayi_thread *thread)
{
	return __builtin_expect(thread != NULL, 1) ? thread->tid
						   : belayi_thread_own_id();
}

#endif
