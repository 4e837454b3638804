/* SPDX-License-Identifier: MIT */
/*
 * peer_futex.c - the floor: two threads that wake each other
 *
 *     peer_futex CHUNKS CALLS
 *
 * Prints the smallest and the median chunk, in ns of a request and its reply.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chunks.h"

static struct chunks chunks;
static uint32_t request;
static uint32_t reply;

static void put(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await(uint32_t *word, uint32_t value)
{
	uint32_t seen;

	while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != value)
		(void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL,
			      NULL, 0);
}

static void *serve(void *data)
{
	uint32_t calls = *(const uint32_t *)data;

	for (uint32_t i = 1; i <= calls; i++) {
		await(&request, i);
		put(&reply, i);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)atoi(argv[1]) : 100;
	unsigned int units = argc > 2 ? (unsigned int)atoi(argv[2]) : 100;
	uint32_t calls = count * units;
	uint32_t call = 0;
	pthread_t server;

	if (calls == 0 || pthread_create(&server, NULL, serve, &calls) != 0)
		return 2;
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		for (unsigned int j = 0; j < units; j++) {
			put(&request, ++call);
			await(&reply, call);
		}
		chunks_add(&chunks, started, units);
	}
	(void)pthread_join(server, NULL);
	chunks_print(&chunks);
	return 0;
}
