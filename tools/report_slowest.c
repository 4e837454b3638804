/* SPDX-License-Identifier: MIT */
/*
 * report_slowest.c - the few calls that took longest
 */
#include "report_slowest.h"

#include <stdlib.h>

static void swap(struct slowest *slowest, size_t a, size_t b)
{
	struct slow_call kept = slowest->calls[a];

	slowest->calls[a] = slowest->calls[b];
	slowest->calls[b] = kept;
}

static uint64_t duration(const struct slowest *slowest, size_t i)
{
	return slowest->calls[i].duration_ns;
}

static void sink(struct slowest *slowest)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < slowest->count) {
		if (child + 1 < slowest->count &&
		    duration(slowest, child + 1) < duration(slowest, child))
			child++;
		if (duration(slowest, i) <= duration(slowest, child))
			return;
		swap(slowest, i, child);
		i = child;
	}
}

static void rise(struct slowest *slowest, size_t i)
{
	while (i && duration(slowest, i) < duration(slowest, (i - 1) / 2)) {
		swap(slowest, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

void slowest_take(struct slowest *slowest, const struct slow_call *call)
{
	if (slowest->count < SLOWEST_MAX) {
		slowest->calls[slowest->count] = *call;
		rise(slowest, slowest->count++);
		return;
	}
	free(slowest->calls[0].call.text);
	slowest->calls[0] = *call;
	sink(slowest);
}

struct slow_call *slowest_find(struct slowest *slowest, uint32_t scope,
			       uint64_t id)
{
	for (size_t i = 0; i < slowest->count; i++)
		if (slowest->calls[i].call.id == id &&
		    slowest->calls[i].call.scope == scope)
			return &slowest->calls[i];
	return NULL;
}

/* Calls that took equally long stand in the order in which they began. */
static int by_duration(const void *a, const void *b)
{
	const struct slow_call *left = a, *right = b;

	if (left->duration_ns != right->duration_ns)
		return left->duration_ns < right->duration_ns ? 1 : -1;
	if (left->call.begun != right->call.begun)
		return left->call.begun > right->call.begun ? 1 : -1;
	return (left->call.id > right->call.id) -
	       (left->call.id < right->call.id);
}

void slowest_sort(struct slowest *slowest)
{
	qsort(slowest->calls, slowest->count, sizeof(slowest->calls[0]),
	      by_duration);
}

void slowest_deinit(struct slowest *slowest)
{
	for (size_t i = 0; i < slowest->count; i++)
		free(slowest->calls[i].call.text);
}
