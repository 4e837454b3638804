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
#include <sys/stat.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "process.h"
#include "quiet.h"
#include "session.h"

#define NAME "belay"

/* Enough for an API's own cancel. Thread-local storage comes out of it. */
#define STACK_BYTES (UINT64_C(256) << 10)

static void count(uint32_t difference)
{
	(void)__atomic_fetch_add(&belayi_process.own->workers, difference,
				 __ATOMIC_RELAXED);
}

static void *work(void *data)
{
	void (*run)(void);

	memcpy(&run, &data, sizeof(run));
	(void)pthread_setname_np(pthread_self(), NAME);
	/* Never left: for this thread nothing is outermost. */
	(void)belay_adapter_outermost();
	run();
	count(-1U);
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
static int create_quietly(void *data)
{
	struct belayi_quiet quiet;
	int error;

	belayi_quiet_begin(&quiet);
	error = create(data, STACK_BYTES);
	/* A program with much thread-local storage needs a larger one. */
	if (error == EINVAL)
		error = create(data, 0);
	belayi_quiet_end(&quiet);
	return error;
}

int belayi_worker_start(void (*run)(void))
{
	int saved = errno;
	int error = EPERM;
	void *data;

	if (!belayi_session_confined()) {
		memcpy(&data, &run, sizeof(data));
		count(1);
		error = create_quietly(data);
		if (error)
			count(-1U);
	}
	errno = saved;
	return error;
}

int belay_adapter_thread(void (*run)(void))
{
	return belayi_worker_start(run);
}

/*
 * Without a descriptor, which the program might see: the folder of threads has
 * two links of its own and one for each thread, among them the first, which
 * stays until the end; and a thread that has left has no executable.
 */
bool belayi_workers_alone(void)
{
	uint32_t ours =
		__atomic_load_n(&belayi_process.own->workers, __ATOMIC_RELAXED);
	struct stat tasks;
	char path[1];

	return !belayi_session_confined() &&
	       stat("/proc/self/task", &tasks) == 0 &&
	       tasks.st_nlink == 2 + 1 + (nlink_t)ours &&
	       readlink("/proc/self/exe", path, sizeof(path)) < 0 &&
	       errno == ENOENT;
}
