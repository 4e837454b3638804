/* SPDX-License-Identifier: MIT */
/*
 * peer_libuv.c - uv_queue_work(): work on another thread, and word of it
 *
 *     peer_libuv CHUNKS CALLS IN-FLIGHT
 *
 * Prints the smallest and the median chunk, in ns of one piece of work.
 */
#include <uv.h>

#include "chunks.h"

#define IN_FLIGHT_MAX 1024

static struct chunks chunks;
static uv_work_t works[IN_FLIGHT_MAX];
static unsigned int left;    /* to be queued in this chunk */
static unsigned int running; /* queued and not collected */
static int sums[IN_FLIGHT_MAX];

static void work(uv_work_t *request)
{
	sums[request - works] += 1;
}

static void collect(uv_work_t *request, int status);

static void queue(uv_work_t *request)
{
	left--;
	running++;
	if (uv_queue_work(uv_default_loop(), request, work, collect) != 0)
		abort();
}

static void collect(uv_work_t *request, int status)
{
	(void)status;
	running--;
	if (left)
		queue(request);
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)atoi(argv[1]) : 100;
	unsigned int units = argc > 2 ? (unsigned int)atoi(argv[2]) : 100;
	unsigned int in_flight = argc > 3 ? (unsigned int)atoi(argv[3]) : 1;

	if (count == 0 || units < in_flight || in_flight == 0 ||
	    in_flight > IN_FLIGHT_MAX)
		return 2;
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		left = units;
		for (unsigned int j = 0; j < in_flight; j++)
			queue(&works[j]);
		while (left || running)
			(void)uv_run(uv_default_loop(), UV_RUN_ONCE);
		chunks_add(&chunks, started, units);
	}
	chunks_print(&chunks);
	return 0;
}
