/* SPDX-License-Identifier: MIT */
/*
 * null_forks.c - forks while its other threads call all the time
 *
 *     null_forks CHILDREN
 *
 * Each child makes one call. Prints how many the threads made. (Not with AIO:
 * the C library's own lock may be held by a thread that the child lacks.)
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "null.h"

#define THREADS 2

static atomic_bool over;
static atomic_uint calls;

static void call_once(void)
{
	struct null_op op = {.pending = 0};

	if (null_begin(&op, 1) != 1 || null_finish(&op) != 1)
		abort();
}

static void *work(void *unused)
{
	while (!over) {
		call_once();
		calls++;
		free(malloc(100));
		(void)usleep(20); /* no more events than LTTng has room for */
	}
	return unused;
}

static int fork_once(void)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0) {
		call_once();
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return status;
}

int main(int argc, char **argv)
{
	unsigned int children = argc > 1 ? (unsigned int)atoi(argv[1]) : 0;
	pthread_t threads[THREADS];
	int failed = 0;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			return 1;
	for (unsigned int i = 0; i < children && !failed; i++)
		failed = fork_once();
	over = true;
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("%u\n", calls);
	return failed ? 1 : 0;
}
