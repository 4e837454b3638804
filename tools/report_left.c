/* SPDX-License-Identifier: MIT */
/*
 * report_left.c - calls that never ended, until their places are looked up
 */
#include "report_left.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void left_add(struct left *left, const struct report_call *call, int64_t age_ns)
{
	size_t count = left->count;

	if ((count & (count - 1)) == 0)
		left->calls =
			realloc(left->calls,
				(count ? 2 * count : 1) * sizeof(*left->calls));
	if (!left->calls)
		abort();
	left->calls[left->count++] = (struct left_call){
		.site = call->site,
		.age_ns = age_ns,
		.process = call->process,
		.operation = call->operation,
		.state = call->state,
	};
}

/* Calls of one operation begun at one place stand together, the oldest first. */
static int by_place(const void *a, const void *b)
{
	const struct left_call *one = a, *other = b;

	if (one->operation != other->operation)
		return one->operation < other->operation ? -1 : 1;
	if (one->process != other->process)
		return one->process < other->process ? -1 : 1;
	if (one->site != other->site)
		return one->site < other->site ? -1 : 1;
	return (one->age_ns < other->age_ns) - (one->age_ns > other->age_ns);
}

static bool same_place(const struct left_call *a, const struct left_call *b)
{
	return a->operation == b->operation && a->process == b->process &&
	       a->site == b->site;
}

static void tell(const struct left_call *oldest, size_t count,
		 const struct processes *processes, struct summary *summary)
{
	struct summary_unfinished unfinished = {
		.count = count,
		.oldest_ns = oldest->age_ns > 0 ? (uint64_t)oldest->age_ns : 0,
		.state = (enum belay_state)oldest->state,
		.pid = processes->list[oldest->process].pid,
	};

	strcpy(unfinished.operation,
	       summary->operations[oldest->operation].name);
	processes_place(processes, oldest->process, oldest->site,
			&unfinished.place);
	summary_unfinished_add(summary, &unfinished);
}

void left_tell(struct left *left, const struct processes *processes,
	       struct summary *summary)
{
	size_t next;

	if (left->count)
		qsort(left->calls, left->count, sizeof(*left->calls), by_place);
	for (size_t i = 0; i < left->count; i = next) {
		next = i + 1;
		while (next < left->count &&
		       same_place(&left->calls[i], &left->calls[next]))
			next++;
		tell(&left->calls[i], next - i, processes, summary);
	}
}

void left_deinit(struct left *left)
{
	free(left->calls);
}
