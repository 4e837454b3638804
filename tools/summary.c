/* SPDX-License-Identifier: MIT */
/*
 * summary.c - adds up what was seen of a run
 */
#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

struct summary_operation *summary_operation(struct summary *summary,
					    const char *name)
{
	struct summary_operation *operation;

	for (size_t i = 0; i < summary->operations_count; i++)
		if (strcmp(summary->operations[i].name, name) == 0)
			return &summary->operations[i];
	summary->operations =
		array_grow(summary->operations, summary->operations_count,
			   sizeof(*operation));
	operation = &summary->operations[summary->operations_count++];
	*operation = (struct summary_operation){0};
	strncpy(operation->name, name, sizeof(operation->name) - 1);
	return operation;
}

void summary_counters_add(struct belay_counters *sum,
			  const struct belay_counters *more)
{
	sum->calls += more->calls;
	sum->refused += more->refused;
	sum->pending += more->pending;
	sum->cancels += more->cancels;
	sum->finished += more->finished;
	sum->failed += more->failed;
	sum->canceled += more->canceled;
	sum->uncollected += more->uncollected;
	sum->bytes += more->bytes;
	sum->latency_sum += more->latency_sum;
	if (more->latency_max > sum->latency_max)
		sum->latency_max = more->latency_max;
	for (size_t i = 0; i < BELAY_BUCKETS; i++)
		sum->latency[i] += more->latency[i];
}

void summary_unfinished_add(struct summary *summary,
			    const struct summary_unfinished *more)
{
	struct summary_unfinished *known;

	for (size_t i = 0; i < summary->unfinished_count; i++) {
		known = &summary->unfinished[i];
		if (strcmp(known->operation, more->operation) != 0 ||
		    !place_is(&known->place, &more->place))
			continue;
		known->count += more->count;
		if (more->oldest_ns > known->oldest_ns) {
			known->oldest_ns = more->oldest_ns;
			known->state = more->state;
			known->pid = more->pid;
		}
		return;
	}
	summary->unfinished = array_grow(
		summary->unfinished, summary->unfinished_count, sizeof(*known));
	summary->unfinished[summary->unfinished_count++] = *more;
}

/* Between the ends of a bucket the durations are taken as evenly spread. */
static uint64_t within(const struct belay_counters *counters,
		       unsigned int bucket, double part)
{
	uint64_t low = belay_bucket_floor(bucket);
	uint64_t high = bucket + 1 < BELAY_BUCKETS
				? belay_bucket_floor(bucket + 1)
				: counters->latency_max;

	if (high > counters->latency_max)
		high = counters->latency_max;
	if (high <= low)
		return counters->latency_max < low ? counters->latency_max
						   : low;
	return low + (uint64_t)((double)(high - low) * part);
}

uint64_t summary_percentile(const struct belay_counters *counters,
			    double percent)
{
	uint64_t all = 0;
	double rank, below = 0;

	for (size_t i = 0; i < BELAY_BUCKETS; i++)
		all += counters->latency[i];
	if (all == 0)
		return 0;
	rank = (double)all * percent / 100;
	/* The longest of all is known exactly: of a single call, all of it. */
	if (rank > (double)(all - 1))
		return counters->latency_max;
	for (unsigned int i = 0; i < BELAY_BUCKETS; i++) {
		double here = (double)counters->latency[i];

		if (here > 0 && below + here >= rank)
			return within(counters, i, (rank - below) / here);
		below += here;
	}
	return counters->latency_max;
}

void summary_deinit(struct summary *summary)
{
	for (size_t i = 0; i < summary->rules_count; i++)
		summary_rules_deinit(&summary->rules[i]);
	free(summary->rules);
	free(summary->operations);
	free(summary->unfinished);
	*summary = (struct summary){0};
}
