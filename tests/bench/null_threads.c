/* SPDX-License-Identifier: MIT */
/*
 * null_threads.c - how many pairs a second several threads make together
 *
 *     null_threads THREADS CHUNKS PAIRS
 *
 * Each thread has a processor of its own and notes when each of its chunks
 * ended. Prints the best and the median window of eight chunks of the first
 * thread, in ns a pair of all threads together: in the best one none of them
 * was held up by the machine.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "chunks.h"
#include "null.h"

#define THREADS_MAX 16
#define WINDOW 8

struct worker {
	pthread_t thread;
	int cpu;
	uint64_t *ended; /* when each chunk ended */
} __attribute__((aligned(128)));

static struct worker workers[THREADS_MAX];
static unsigned int threads_count, chunks_count, units;
static pthread_barrier_t ready;
static struct chunks windows;

static void pin(unsigned int nth)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return;
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &all) && nth-- == 0) {
			CPU_SET(cpu, &one);
			(void)sched_setaffinity(0, sizeof(one), &one);
			return;
		}
	}
}

static void *work(void *data)
{
	struct worker *worker = data;
	struct null_op op = {.pending = 1};

	pin((unsigned int)worker->cpu);
	(void)pthread_barrier_wait(&ready);
	for (unsigned int i = 0; i < chunks_count; i++) {
		for (unsigned int j = 0; j < units; j++)
			if (null_begin(&op, 1) < 0 || null_finish(&op) < 0)
				abort();
		worker->ended[i] = chunks_now();
	}
	return NULL;
}

/* chunks_until() - how many chunks a worker had made by then */
static double chunks_until(const struct worker *worker, uint64_t then)
{
	unsigned int i = 0, j = chunks_count - 1;

	if (then < worker->ended[0] || then > worker->ended[j])
		return -1;
	while (j - i > 1) {
		unsigned int middle = (i + j) / 2;

		if (worker->ended[middle] <= then)
			i = middle;
		else
			j = middle;
	}
	return i + (double)(then - worker->ended[i]) /
			   (double)(worker->ended[j] - worker->ended[i]);
}

static void add_window(unsigned int first)
{
	uint64_t from = workers[0].ended[first];
	uint64_t until = workers[0].ended[first + WINDOW];
	double sum = 0;

	for (unsigned int i = 0; i < threads_count; i++) {
		double a = chunks_until(&workers[i], from);
		double b = chunks_until(&workers[i], until);

		if (a < 0 || b < 0)
			return; /* not all of them were at work */
		sum += b - a;
	}
	windows.ns[windows.count++] = (double)(until - from) / (sum * units);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	threads_count = (unsigned int)atoi(argv[1]);
	chunks_count = (unsigned int)atoi(argv[2]);
	units = (unsigned int)atoi(argv[3]);
	if (threads_count - 1 >= THREADS_MAX || chunks_count <= WINDOW ||
	    chunks_count >= CHUNKS_MAX || units == 0)
		return 2;
	(void)pthread_barrier_init(&ready, NULL, threads_count);
	for (unsigned int i = 0; i < threads_count; i++) {
		workers[i].cpu = (int)i;
		workers[i].ended = calloc(chunks_count, sizeof(uint64_t));
		if (workers[i].ended == NULL ||
		    pthread_create(&workers[i].thread, NULL, work,
				   &workers[i]) != 0)
			abort();
	}
	for (unsigned int i = 0; i < threads_count; i++)
		(void)pthread_join(workers[i].thread, NULL);
	for (unsigned int i = 0; i + WINDOW < chunks_count; i++)
		add_window(i);
	if (windows.count == 0)
		return 1;
	chunks_print(&windows);
	return 0;
}
