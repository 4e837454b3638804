/* SPDX-License-Identifier: MIT */
/*
 * null_deadlines.c - how late calls are cancelled at their deadlines
 *
 *     null_deadlines COUNT AFTER_MS BEGIN_MS
 *
 * A rule gives every call a deadline AFTER_MS after its Begin. COUNT calls are
 * begun, evenly over BEGIN_MS, which is less: so all are armed at once, and
 * then come due one after the other. Prints how many were cancelled too early,
 * how many were armed when the first one came due, and how late they were, in
 * microseconds: at the 50th, 99th and 99.9th hundredth and the latest. Then
 * how many were no later than 1, 2, 4, 8... microseconds, and more than any.
 *
 * Late is counted from a moment before the Begin: what Begin takes comes on
 * top, and what is early was too early.
 */
#include <stdlib.h>
#include <time.h>

#include "chunks.h"
#include "null.h"

#define NS_PER_MS UINT64_C(1000000)
#define GRACE_NS (30000 * NS_PER_MS)
#define STEPS 16

struct call {
	struct null_op op;
	uint64_t begun;
	int64_t late;
};

static struct call *calls;

/*
 * Where the kernel keeps this thread for a while, what was missed is not caught
 * up: that many calls would come due at one moment.
 */
static void begin_all(size_t count, uint64_t begin_ns)
{
	uint64_t next = chunks_now();

	for (size_t i = 0; i < count; i++) {
		do
			calls[i].begun = chunks_now();
		while (calls[i].begun < next);
		if (null_begin(&calls[i].op, (long)i) < 0)
			abort();
		next = calls[i].begun + begin_ns / count;
	}
}

static uint64_t asked(size_t i)
{
	return __atomic_load_n(&calls[i].op.asked_ns, __ATOMIC_ACQUIRE);
}

/* Sleeps: the processors belong to who is measured. */
static void wait_for_all(size_t count, uint64_t after_ns)
{
	const struct timespec nap = {.tv_nsec = 20 * (long)NS_PER_MS};
	uint64_t until = calls[count - 1].begun + after_ns + GRACE_NS;

	for (size_t i = 0; i < count; i++)
		while (!asked(i) && chunks_now() < until)
			(void)nanosleep(&nap, NULL);
}

static int by_late(const void *a, const void *b)
{
	int64_t x = ((const struct call *)a)->late;
	int64_t y = ((const struct call *)b)->late;

	return (x > y) - (x < y);
}

/* Return: how many were armed when the first one was asked to stop. */
static size_t count_armed(size_t count)
{
	uint64_t first = UINT64_MAX;
	size_t armed = 0;

	for (size_t i = 0; i < count; i++)
		if (asked(i) < first)
			first = asked(i);
	while (armed < count && calls[armed].begun < first)
		armed++;
	return armed;
}

static double late_us(size_t count, double part)
{
	size_t i = (size_t)((double)(count - 1) * part);

	return (double)calls[i].late / 1000;
}

static void print(size_t count, size_t armed)
{
	size_t early = 0;
	size_t i = 0;

	while (early < count && calls[early].late < 0)
		early++;
	printf("%zu %zu %.1f %.1f %.1f %.1f", early, armed, late_us(count, 0.5),
	       late_us(count, 0.99), late_us(count, 0.999), late_us(count, 1));
	for (int step = 0; step < STEPS; step++) {
		size_t before = i;

		while (i < count && calls[i].late <= INT64_C(1000) << step)
			i++;
		printf(" %zu", i - before);
	}
	printf(" %zu\n", count - i);
}

int main(int argc, char **argv)
{
	size_t count = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t after_ns, begin_ns;
	size_t armed;

	if (count == 0)
		return 2;
	after_ns = strtoul(argv[2], NULL, 10) * NS_PER_MS;
	begin_ns = strtoul(argv[3], NULL, 10) * NS_PER_MS;
	calls = calloc(count, sizeof(*calls));
	if (!calls)
		return 1;
	begin_all(count, begin_ns);
	wait_for_all(count, after_ns);
	for (size_t i = 0; i < count; i++) {
		if (!asked(i)) {
			(void)fprintf(stderr, "call %zu was not cancelled\n",
				      i);
			return 1;
		}
		calls[i].late = (int64_t)(asked(i) - calls[i].begun) -
				(int64_t)after_ns;
	}
	armed = count_armed(count);
	for (size_t i = 0; i < count; i++)
		if (null_finish(&calls[i].op) < 0)
			return 1;
	qsort(calls, count, sizeof(*calls), by_late);
	print(count, armed);
	return 0;
}
