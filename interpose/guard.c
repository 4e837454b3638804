/* SPDX-License-Identifier: MIT */
/*
 * guard.c - what each thread has of its own, and how deep it is inside an API
 *
 * A thread's record is taken at its first call and given back when it ends:
 * its free slots return to all, its counters are added to the shared ones.
 */
#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "lanes.h"
#include "slots.h"

/* glibc keeps a thread's values of so many keys in the thread itself. */
#define KEYS_WITHOUT_MEMORY 32

/* How long the end of a process waits for threads that count: 0.1 s at most. */
#define NAP_NS 10000
#define NAPS 10000

__thread struct belayi_thread *belayi_self;
static __thread uint32_t depth;
static __thread bool entering; /* for the first time */

static pthread_key_t at_thread_end;
static bool has_key;

static void give_back(void *record)
{
	struct belayi_thread *thread = record;

	/* Its own address is also what a forked child finds no more. */
	if (__atomic_load_n(&thread->owner, __ATOMIC_RELAXED) != &belayi_self)
		return;
	/* Sequential: the process ends after this, or before we look. */
	__atomic_store_n(&thread->busy, 1, __ATOMIC_SEQ_CST);
	if (belayi_live()) {
		belayi_slots_flush(thread, 0);
		belayi_lanes_fold(thread);
	}
	thread->refill = 0;
	thread->tid = 0;
	belayi_self = NULL;
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&thread->owner, NULL, __ATOMIC_RELEASE);
}

uint32_t belayi_threads_used(void)
{
	uint32_t hint = __atomic_load_n(&belayi_process.own->thread_hint,
					__ATOMIC_SEQ_CST);

	return hint < BELAYI_THREADS ? hint : BELAYI_THREADS;
}

void belayi_threads_settle(void)
{
	const struct timespec nap = {0, NAP_NS};
	int naps = NAPS;

	for (uint32_t i = 0, used = belayi_threads_used(); i < used; i++) {
		const struct belayi_thread *thread =
			&belayi_process.own->threads[i];

		while (thread != belayi_self && naps > 0 &&
		       __atomic_load_n(&thread->busy, __ATOMIC_SEQ_CST)) {
			(void)nanosleep(&nap, NULL);
			naps--;
		}
	}
}

/*
 * A later key's value would be allocated at a thread's first call, and that may
 * be one in a signal handler which interrupted malloc(). Then all threads count
 * together.
 */
void belayi_threads_start(void)
{
	if (pthread_key_create(&at_thread_end, give_back) != 0)
		return;
	has_key = at_thread_end < KEYS_WITHOUT_MEMORY;
	if (!has_key)
		(void)pthread_key_delete(at_thread_end);
}

static struct belayi_thread *take_record(void)
{
	struct belayi_private *own = belayi_process.own;
	uint32_t first =
		__atomic_fetch_add(&own->thread_hint, 1, __ATOMIC_SEQ_CST);

	for (uint32_t i = 0; i < BELAYI_THREADS; i++) {
		struct belayi_thread *thread =
			&own->threads[(first + i) % BELAYI_THREADS];
		void *nobody = NULL;

		if (__atomic_load_n(&thread->owner, __ATOMIC_RELAXED) == NULL &&
		    __atomic_compare_exchange_n(
			    &thread->owner, &nobody, &belayi_self, false,
			    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return thread;
	}
	return NULL;
}

/*
 * At a thread's first call, and at the first one after a fork. Kept out of
 * line, as everything slow here is: inlined, it would make each call save the
 * registers that only this needs.
 */
__attribute__((cold)) struct belayi_thread *belayi_thread_first_enter(void)
{
	struct belayi_thread *thread;
	int saved = errno;

	/* A handler in the middle of this would take another record. */
	if (!has_key || entering)
		return NULL;
	entering = true;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	thread = take_record();
	if (thread) {
		thread->tid = (uint32_t)gettid();
		__atomic_store_n(&thread->busy, 1, __ATOMIC_RELAXED);
		belayi_self = thread;
		(void)pthread_setspecific(at_thread_end, thread);
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	entering = false;
	errno = saved;
	return thread;
}

uint32_t belayi_thread_own_id(void)
{
	return belayi_self && belayi_self->owner == &belayi_self
		       ? belayi_self->tid
		       : (uint32_t)gettid();
}

bool belayi_thread_is_inside(void)
{
	return depth > 0;
}

bool belay_adapter_outermost(void)
{
	return depth++ == 0;
}

void belay_adapter_leave(const bool *outermost)
{
	(void)outermost;
	depth--;
}
