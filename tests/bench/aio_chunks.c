/* SPDX-License-Identifier: MIT */
/*
 * aio_chunks.c - what POSIX AIO costs: cached reads, or polling alone
 *
 *     aio_chunks read CHUNKS READS FILE
 *     aio_chunks poll-pending|poll-complete CHUNKS POLLS FILE
 *
 * Prints the smallest and the median chunk, in ns a read or a poll. Reads are
 * of 4 KiB, one in flight, waited for with aio_suspend() as fio does.
 * `poll-pending` asks about a read that cannot complete (an empty pipe),
 * `poll-complete` about one that has and was not collected.
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chunks.h"

#define BLOCK 4096

static struct chunks chunks;
static char buffer[BLOCK];
static struct aiocb cb = {.aio_buf = buffer, .aio_nbytes = BLOCK};

static void wait_for_it(void)
{
	const struct aiocb *const list[] = {&cb};

	while (aio_error(&cb) == EINPROGRESS)
		(void)aio_suspend(list, 1, NULL);
}

static void reads(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		cb.aio_offset = (off_t)(i % 64) * BLOCK;
		if (aio_read(&cb) != 0)
			abort();
		wait_for_it();
		if (aio_return(&cb) != BLOCK)
			abort();
	}
}

static void polls(unsigned int count, int answer)
{
	for (unsigned int i = 0; i < count; i++)
		if (aio_error(&cb) != answer)
			abort();
}

static void begin_for_polls(const char *mode)
{
	int fds[2];

	if (strcmp(mode, "poll-pending") == 0) {
		if (pipe(fds) != 0)
			abort();
		cb.aio_fildes = fds[0];
	}
	if (aio_read(&cb) != 0)
		abort();
	if (strcmp(mode, "poll-complete") == 0)
		wait_for_it();
}

static void measure(const char *mode, unsigned int count, unsigned int units)
{
	int answer = strcmp(mode, "poll-pending") == 0 ? EINPROGRESS : 0;
	int reading = strcmp(mode, "read") == 0;

	if (!reading)
		begin_for_polls(mode);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		if (reading)
			reads(units);
		else
			polls(units, answer);
		chunks_add(&chunks, started, units);
	}
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	cb.aio_fildes = open(argv[4], O_RDONLY);
	if (cb.aio_fildes < 0)
		return 1;
	measure(argv[1], (unsigned int)atoi(argv[2]),
		(unsigned int)atoi(argv[3]));
	chunks_print(&chunks);
	fflush(stdout);
	/* The read of the pipe never ends, and exit() need not wait for it. */
	_exit(0);
}
