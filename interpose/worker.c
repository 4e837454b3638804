/* SPDX-License-Identifier: MIT */
/*
 * worker.c - starts threads of Belay's own
 *
 * The program must not notice them: they take none of its signals, and what
 * they call is no call of the program's.
 */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <belay/adapter.h>

#include "quiet.h"

#define NAME "belay"

/* Enough for an API's own cancel. Thread-local storage comes out of it. */
#define STACK_BYTES (UINT64_C(256) << 10)

static void *work(void *data)
{
	void (*run)(void);

	memcpy(&run, &data, sizeof(run));
	(void)pthread_setname_np(pthread_self(), NAME);
	/* Never left: for this thread nothing is outermost. */
	(void)belay_adapter_outermost();
	run();
	return NULL;
}

static int create(void *data, size_t stack)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (error)
		return error;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (stack)
		(void)pthread_attr_setstacksize(&attributes, stack);
	error = pthread_create(&thread, &attributes, work, data);
	(void)pthread_attr_destroy(&attributes);
	return error;
}

/* A thread begins with the signals that its creator has blocked. */
int belayi_worker_start(void (*run)(void))
{
	struct belayi_quiet quiet;
	int saved = errno;
	void *data;
	int error;

	memcpy(&data, &run, sizeof(data));
	belayi_quiet_begin(&quiet);
	error = create(data, STACK_BYTES);
	/* A program with much thread-local storage needs a larger one. */
	if (error == EINVAL)
		error = create(data, 0);
	belayi_quiet_end(&quiet);
	errno = saved;
	return error;
}

int belay_adapter_thread(void (*run)(void))
{
	return belayi_worker_start(run);
}
