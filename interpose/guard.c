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
#include <unistd.h>

#include <belay/adapter.h>

#include "lanes.h"
#include "slots.h"

static __thread struct belayi_thread *self;
static __thread uint32_t depth;

static pthread_key_t at_thread_end;
static bool has_key;

static void give_back(void *record)
{
	struct belayi_thread *thread = record;

	self = NULL;
	if (!belayi_live() || thread->owner != &self)
		return;
	thread->busy = 1;
	belayi_slots_flush(thread, 0);
	belayi_lanes_fold(thread);
	thread->tid = 0;
	thread->busy = 0;
	__atomic_store_n(&thread->owner, NULL, __ATOMIC_RELEASE);
}

void belayi_threads_start(void)
{
	has_key = pthread_key_create(&at_thread_end, give_back) == 0;
}

static struct belayi_thread *take_record(void)
{
	struct belayi_private *own = belayi_process.own;
	uint32_t first =
		__atomic_fetch_add(&own->thread_hint, 1, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < BELAYI_THREADS; i++) {
		struct belayi_thread *thread =
			&own->threads[(first + i) % BELAYI_THREADS];
		void *nobody = NULL;

		if (__atomic_load_n(&thread->owner, __ATOMIC_RELAXED) == NULL &&
		    __atomic_compare_exchange_n(&thread->owner, &nobody, &self,
						false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return thread;
	}
	return NULL;
}

/*
 * At a thread's first call, and at the first one after a fork. Kept out of
 * line, as everything slow here is: inlined, it would make each call save the
 * registers that only this needs.
 */
__attribute__((noinline, cold)) static struct belayi_thread *first_enter(void)
{
	struct belayi_thread *thread = has_key ? take_record() : NULL;
	int saved = errno;

	if (!thread)
		return NULL;
	thread->tid = (uint32_t)gettid();
	thread->busy = 1;
	self = thread;
	(void)pthread_setspecific(at_thread_end, thread);
	errno = saved;
	return thread;
}

struct belayi_thread *belayi_thread_enter(void)
{
	struct belayi_thread *thread = self;

	if (__builtin_expect(!thread || thread->owner != &self, 0))
		return first_enter();
	if (__builtin_expect(thread->busy, 0))
		return NULL;
	thread->busy = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return thread;
}

uint32_t belayi_thread_id(const struct belayi_thread *thread)
{
	if (thread)
		return thread->tid;
	return self && self->owner == &self ? self->tid : (uint32_t)gettid();
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
