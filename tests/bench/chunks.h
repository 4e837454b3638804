/* SPDX-License-Identifier: MIT */
/*
 * chunks.h - times many short chunks of work in one process
 *
 * A virtual machine loses its processors for milliseconds at a time. A chunk
 * of 0.1 to 1 ms mostly runs undisturbed, so the smallest of many is what the
 * work costs; the median beside it says how disturbed the machine was.
 */
#ifndef CHUNKS_H
#define CHUNKS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHUNKS_MAX 10000

struct chunks {
	unsigned int count;
	double ns[CHUNKS_MAX]; /* of one unit of work */
};

static inline uint64_t chunks_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* chunks_add() - a chunk of so many units of work ends now */
static inline void chunks_add(struct chunks *chunks, uint64_t started,
			      unsigned int units)
{
	uint64_t ns = chunks_now() - started;

	if (chunks->count < CHUNKS_MAX)
		chunks->ns[chunks->count++] = (double)ns / units;
}

static inline int chunks_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* chunks_print() - "MIN MEDIAN", in ns of one unit of work */
static inline void chunks_print(struct chunks *chunks)
{
	qsort(chunks->ns, chunks->count, sizeof(double), chunks_compare);
	printf("%.3f %.3f\n", chunks->ns[0], chunks->ns[chunks->count / 2]);
}

#endif
