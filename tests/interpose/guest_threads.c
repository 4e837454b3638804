/* SPDX-License-Identifier: MIT */
/*
 * guest_threads.c - what a guest does with threads
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "guest_verbs.h"

static void *thread_of_pairs(void *data)
{
	pairs_of((long)(intptr_t)data);
	return NULL;
}

/* threads COUNT CALLS */
static void do_threads(void)
{
	pthread_t threads[256];
	long n = count();
	long calls = count();

	for (long i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, thread_of_pairs,
				   (void *)(intptr_t)calls) != 0)
			die("pthread_create");
	for (long i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
}

static pthread_barrier_t all_idle;

static void *thread_that_idles(void *data)
{
	pairs_of(1);
	(void)pthread_barrier_wait(&all_idle);
	for (;;)
		(void)pause();
	return data;
}

/* idle-threads COUNT: each makes one call, and then lives on */
static void do_idle_threads(void)
{
	long n = count();
	pthread_t thread;

	(void)pthread_barrier_init(&all_idle, NULL, (unsigned int)n + 1);
	for (long i = 0; i < n; i++)
		if (pthread_create(&thread, NULL, thread_that_idles, NULL) != 0)
			die("pthread_create");
	(void)pthread_barrier_wait(&all_idle);
}

static void *thread_of_turns(void *data)
{
	uint64_t key = (uint64_t)(uintptr_t)&data;

	for (long calls = (long)(intptr_t)data; calls; calls--) {
		const struct belay_ref ref = begin(key += 16);

		finish(&ref);
	}
	return NULL;
}

/* turns CALLS: two threads, each call with another key */
static void do_turns(void)
{
	void *calls = (void *)(intptr_t)count();
	pthread_t other;

	if (pthread_create(&other, NULL, thread_of_turns, calls) != 0)
		die("pthread_create");
	(void)thread_of_turns(calls);
	(void)pthread_join(other, NULL);
}

static void wait_inside(void)
{
	BELAY_GUARD(outermost);

	if (!outermost)
		die("the guard was left held");
	for (;;)
		(void)pause();
}

static void look_at_guard(void *data)
{
	BELAY_GUARD(outermost);

	if (!outermost)
		*(bool *)data = true;
}

static void *thread_that_is_cancelled(void *data)
{
	pthread_cleanup_push(look_at_guard, data);
	wait_inside();
	pthread_cleanup_pop(0);
	return NULL;
}

/* The guard is free again when the handlers outside of the wrapper run. */
static void do_cancel(void)
{
	bool held = false;
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_that_is_cancelled, &held) != 0)
		die("pthread_create");
	(void)pthread_cancel(thread);
	(void)pthread_join(thread, NULL);
	if (held)
		die("the guard was left held");
}

extern void *__libc_calloc(size_t count, size_t size);

static __thread bool frugal;

/* libc's own uses come here, too. */
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
	if (frugal)
		abort();
	return __libc_calloc(count, size);
}

static void *thread_without_memory(void *data)
{
	frugal = true;
	pairs_of(3);
	frugal = false;
	return data;
}

/* frugal: a thread whose calls must not allocate; a handler may make them */
static void do_frugal(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_without_memory, NULL) != 0)
		die("pthread_create");
	(void)pthread_join(thread, NULL);
}

static void *thread_with_pairs(void *data)
{
	pairs_of(4);
	return data;
}

/* Ends while threads of its own still make calls. */
static void do_leave_threads(void)
{
	pthread_t thread;

	leaving = true;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, thread_of_pairs,
				   (void *)(intptr_t)-1) != 0)
			die("pthread_create");
	for (int i = 0; i < 200; i++) {
		if (pthread_create(&thread, NULL, thread_with_pairs, NULL))
			die("pthread_create");
		(void)pthread_detach(thread);
	}
}

const struct verb thread_verbs[] = {
	{"threads", do_threads},
	{"idle-threads", do_idle_threads},
	{"turns", do_turns},
	{"cancel", do_cancel},
	{"frugal", do_frugal},
	{"leave-threads", do_leave_threads},
	{NULL, NULL},
};
