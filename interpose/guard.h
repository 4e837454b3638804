/* SPDX-License-Identifier: MIT */
/*
 * guard.h - the thread that we are a guest on
 */
#ifndef BELAYI_GUARD_H
#define BELAYI_GUARD_H

#include "process.h"

/*
 * belayi_thread_enter() - this thread's own things, until belayi_thread_leave()
 *
 * Return: NULL where there are none to be had: a signal handler interrupted
 *         this thread in the middle of a change, or too many threads. Then
 *         what all threads share is to be used.
 */
struct belayi_thread *belayi_thread_enter(void);

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

/* belayi_threads_start() - once in a process's life */
void belayi_threads_start(void);

/* belayi_thread_id() - as gettid() says, without asking again */
uint32_t belayi_thread_id(const struct belayi_thread *thread);

#endif
