/* SPDX-License-Identifier: MIT */
/*
 * ndr_arena.c - memory that a frame keeps, and what it owes
 *
 * A list of chunks, the newest first. Memory is taken from the newest one;
 * when the call ends, the largest stays, so that the next call of its kind
 * allocates nothing.
 */
#include "ndr_arena.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST ((size_t)1024)
#define LARGEST_KEPT ((size_t)1 << 20)
#define ALIGNMENT ((size_t)16)

struct belayi_chunk {
	struct belayi_chunk *next;
	size_t size;  /* of the memory behind this header */
	size_t total; /* of this chunk and those behind it */
	size_t dirty; /* what is behind this much was never used, and is 0 */
	unsigned char memory[];
};

static bool add_chunk(struct belayi_frame *frame, size_t size)
{
	size_t total = frame->chunk ? frame->chunk->total : 0;
	struct belayi_chunk *chunk;

	if (frame->chunk && size < 2 * frame->chunk->size)
		size = 2 * frame->chunk->size;
	if (size < SMALLEST)
		size = SMALLEST;
	if (size > 2 * BELAYI_MESSAGE_MAX ||
	    total + size > 4 * BELAYI_MESSAGE_MAX)
		return false;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		return false;
	*chunk = (struct belayi_chunk){frame->chunk, size, total + size, 0};
	frame->chunk = chunk;
	frame->used = 0;
	return true;
}

void *belayi_arena_take(struct belayi_frame *frame, size_t size)
{
	struct belayi_chunk *chunk;
	size_t at, dirty;

	if (size > BELAYI_MESSAGE_MAX)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if ((!frame->chunk || size > frame->chunk->size - frame->used) &&
	    !add_chunk(frame, size))
		return NULL;
	chunk = frame->chunk;
	at = frame->used;
	dirty = chunk->dirty;
	frame->used = at + size;
	if (dirty > at)
		memset(chunk->memory + at, 0,
		       dirty < frame->used ? dirty - at : size);
	if (dirty < frame->used)
		chunk->dirty = frame->used;
	return chunk->memory + at;
}

void belayi_arena_reset(struct belayi_frame *frame)
{
	struct belayi_chunk *chunk = frame->chunk, *kept = NULL;

	frame->used = 0;
	if (!chunk || (!chunk->next && chunk->size <= LARGEST_KEPT))
		return;
	while (chunk) {
		struct belayi_chunk *next = chunk->next;

		if (chunk->size <= LARGEST_KEPT &&
		    (!kept || chunk->size > kept->size)) {
			free(kept);
			kept = chunk;
		} else {
			free(chunk);
		}
		chunk = next;
	}
	if (kept) {
		kept->next = NULL;
		kept->total = kept->size;
	}
	frame->chunk = kept;
}

void belayi_frame_deinit(struct belayi_frame *frame)
{
	for (struct belayi_chunk *chunk = frame->chunk, *next; chunk;
	     chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*frame = (struct belayi_frame){.image = NULL};
}

void *belayi_task_memory(size_t size)
{
	if (size > BELAYI_MESSAGE_MAX)
		return NULL;
	return calloc(1, size ? size : 1);
}

static void give_back(void *what, bool is_interface)
{
	IUnknown *object = what;

	if (is_interface)
		object->lpVtbl->Release(object);
	else
		free(what);
}

bool belayi_gift_add(struct belayi_frame *frame, struct belayi_gift **list,
		     void *what, bool is_interface)
{
	struct belayi_gift *gift = belayi_arena_take(frame, sizeof(*gift));

	if (!gift) {
		give_back(what, is_interface);
		return false;
	}
	*gift = (struct belayi_gift){*list, what, is_interface};
	*list = gift;
	return true;
}

void belayi_gifts_return(struct belayi_gift *list)
{
	for (; list; list = list->next)
		give_back(list->what, list->is_interface);
}
