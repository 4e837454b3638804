/* SPDX-License-Identifier: MIT */
/*
 * lttng_pairs.c - what two LTTng events cost a program that emits them itself
 *
 *     lttng_pairs three|fields CHUNKS PAIRS
 *     lttng_pairs true
 *
 * `three`: two events of three integers; `fields`: two with the fields of
 * belay:begin and belay:finish. Prints the smallest and the median chunk, in
 * ns a pair. `true` only starts and ends.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_events.h"

#include <stdlib.h>
#include <string.h>

#include "chunks.h"
#include "null.h"

static struct chunks chunks;

static void three(unsigned int count)
{
	struct null_op op = {.pending = 1};

	for (unsigned int i = 0; i < count; i++) {
		lttng_ust_tracepoint(belay_bench, three, i, (uintptr_t)&op, 0);
		if (null_begin(&op, (long)i) < 0)
			abort();
		lttng_ust_tracepoint(belay_bench, three, i, (uintptr_t)&op, 1);
		if (null_finish(&op) < 0)
			abort();
	}
}

static void fields(unsigned int count)
{
	struct null_op op = {.pending = 1};
	uint64_t args[4] = {0};
	struct bench_begin begin = {
		.operation = "null.call",
		.key = (uintptr_t)&op,
		.site = (uintptr_t)&fields,
		.thread = 1,
		.args_count = 1,
		.args = args,
		.text = "",
	};
	struct bench_finish finish = {.duration_ns = 100};

	for (unsigned int i = 0; i < count; i++) {
		begin.id = finish.id = args[0] = i;
		lttng_ust_tracepoint(belay_bench, begin, &begin);
		if (null_begin(&op, (long)i) < 0)
			abort();
		lttng_ust_tracepoint(belay_bench, finish, &finish);
		if (null_finish(&op) < 0)
			abort();
	}
}

int main(int argc, char **argv)
{
	void (*pairs)(unsigned int) = three;
	unsigned int count, units;

	if (argc == 2 && strcmp(argv[1], "true") == 0)
		return 0;
	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "fields") == 0)
		pairs = fields;
	count = (unsigned int)atoi(argv[2]);
	units = (unsigned int)atoi(argv[3]);
	if (count == 0 || units == 0)
		return 2;
	pairs(units);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		pairs(units);
		chunks_add(&chunks, started, units);
	}
	chunks_print(&chunks);
	return 0;
}
