/* SPDX-License-Identifier: MIT */
/*
 * null_in_flight.c - what calls in flight cost in memory
 *
 *     null_in_flight COUNT
 *
 * Begins COUNT calls, then finishes them in another order. Prints by how many
 * KiB the process grew meanwhile (its own pages; files in /dev/shm are
 * somebody else's to measure), then ns a begin and ns a finish, and waits for
 * its standard input to end while all are in flight.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chunks.h"
#include "null.h"

static struct null_op *ops;

/* own_memory() - KiB that belong to this process alone */
static unsigned long own_memory(void)
{
	char line[256];
	unsigned long kib = 0;
	FILE *file = fopen("/proc/self/status", "r");

	if (file == NULL)
		abort();
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtoul(line + 8, NULL, 10);
	(void)fclose(file);
	return kib;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	struct null_op first = {.pending = 1};
	unsigned long before;
	uint64_t started;
	double begin_ns, finish_ns;
	char byte;

	if (count == 0)
		return 2;
	ops = calloc(count, sizeof(*ops));
	if (ops == NULL)
		return 1;
	memset(ops, 1, count * sizeof(*ops));
	/* What is made once, at the first call, is not a cost of each. */
	if (null_begin(&first, 0) < 0 || null_finish(&first) < 0)
		return 1;
	before = own_memory();
	started = chunks_now();
	for (size_t i = 0; i < count; i++)
		if (null_begin(&ops[i], (long)i) < 0)
			return 1;
	begin_ns = (double)(chunks_now() - started) / (double)count;
	printf("%lu ", own_memory() - before);
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) < 0)
		return 1;
	started = chunks_now();
	for (size_t i = 0; i < count; i += 2)
		if (null_finish(&ops[i]) < 0)
			return 1;
	for (size_t i = 1; i < count; i += 2)
		if (null_finish(&ops[i]) < 0)
			return 1;
	finish_ns = (double)(chunks_now() - started) / (double)count;
	printf("%.1f %.1f\n", begin_ns, finish_ns);
	return 0;
}
