/* SPDX-License-Identifier: MIT */
/*
 * null_pairs.c - what a begin and finish on the null library cost
 *
 *     null_pairs CHUNKS PAIRS [POLLS [faulty]]
 *
 * Prints the smallest and the median chunk, in ns a pair. With POLLS, each
 * pair polls so often while it is pending. With `faulty`
 * a pair may fail, and does not poll.
 */
#include <stdlib.h>

#include "chunks.h"
#include "null.h"

static struct chunks chunks;

static void faulty_pairs(unsigned int count)
{
	struct null_op op = {.pending = 1};

	for (unsigned int i = 0; i < count; i++)
		if (null_begin(&op, (long)i) >= 0)
			(void)null_finish(&op);
}

static void pairs(unsigned int count, unsigned int polls)
{
	struct null_op op = {.pending = 1};

	for (unsigned int i = 0; i < count; i++) {
		if (null_begin(&op, (long)i) < 0)
			abort();
		for (unsigned int j = 0; j < polls; j++)
			if (null_poll(&op) == 0)
				abort();
		if (null_finish(&op) < 0)
			abort();
	}
}

static void some(unsigned int count, unsigned int polls, int faulty)
{
	if (faulty)
		faulty_pairs(count);
	else
		pairs(count, polls);
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)atoi(argv[1]) : 100;
	unsigned int units = argc > 2 ? (unsigned int)atoi(argv[2]) : 1000;
	unsigned int polls = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	int faulty = argc > 4;

	if (count == 0 || units == 0)
		return 2;
	some(units, polls, faulty);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		some(units, polls, faulty);
		chunks_add(&chunks, started, units);
	}
	chunks_print(&chunks);
	return 0;
}
