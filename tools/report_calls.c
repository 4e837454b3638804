/* SPDX-License-Identifier: MIT */
/*
 * report_calls.c - the calls that are in flight at one moment of a trace
 *
 * Open addressing with linear probing. A removal moves later entries back, so
 * there are no graves: a search is short however many calls have passed.
 */
#include "report_calls.h"

#include <stdlib.h>

#define SIZE_AT_START 1024

static size_t place_of(const struct calls *calls, uint32_t scope, uint64_t id)
{
	uint64_t key = id ^ (uint64_t)scope << 33;

	return key * 0x9e3779b97f4a7c15U >> (64 - __builtin_ctzl(calls->size));
}

static void allocate(struct calls *calls, size_t size)
{
	calls->slots = calloc(size, sizeof(*calls->slots));
	if (!calls->slots)
		abort();
	calls->size = size;
}

void calls_init(struct calls *calls)
{
	calls->used = 0;
	allocate(calls, SIZE_AT_START);
}

void calls_deinit(struct calls *calls)
{
	for (size_t i = 0; i < calls->size; i++)
		free(calls->slots[i].text);
	free(calls->slots);
}

struct report_call *calls_find(const struct calls *calls, uint32_t scope,
			       uint64_t id)
{
	size_t i = place_of(calls, scope, id);

	while (calls->slots[i].scope) {
		if (calls->slots[i].id == id && calls->slots[i].scope == scope)
			return &calls->slots[i];
		i = (i + 1) & (calls->size - 1);
	}
	return NULL;
}

static void insert(struct calls *calls, const struct report_call *call)
{
	size_t i = place_of(calls, call->scope, call->id);

	while (calls->slots[i].scope)
		i = (i + 1) & (calls->size - 1);
	calls->slots[i] = *call;
}

static void grow(struct calls *calls)
{
	struct report_call *old = calls->slots;
	size_t size = calls->size;

	allocate(calls, 2 * size);
	for (size_t i = 0; i < size; i++)
		if (old[i].scope)
			insert(calls, &old[i]);
	free(old);
}

void calls_add(struct calls *calls, const struct report_call *call)
{
	if (8 * ++calls->used > 5 * calls->size)
		grow(calls);
	insert(calls, call);
}

/* Whether an entry at `at` that wants to be at `home` may move to `hole`. */
static int may_move(size_t hole, size_t home, size_t at, size_t mask)
{
	return ((at - home) & mask) >= ((at - hole) & mask);
}

void calls_remove(struct calls *calls, struct report_call *call)
{
	size_t mask = calls->size - 1;
	size_t hole = (size_t)(call - calls->slots);
	size_t at = hole;

	free(call->text);
	for (;;) {
		at = (at + 1) & mask;
		if (!calls->slots[at].scope)
			break;
		if (may_move(hole,
			     place_of(calls, calls->slots[at].scope,
				      calls->slots[at].id),
			     at, mask)) {
			calls->slots[hole] = calls->slots[at];
			hole = at;
		}
	}
	calls->slots[hole] = (struct report_call){0};
	calls->used--;
}
