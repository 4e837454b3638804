/* SPDX-License-Identifier: MIT */
/*
 * ndr_get.h - a message to values
 */
#ifndef BELAYI_COM_NDR_GET_H
#define BELAYI_COM_NDR_GET_H

#include "ndr_arena.h"
#include "ndr_types.h"

/*
 * struct belayi_reader - one message that is being read
 *
 * at, end:   what is left of it; alignment counts from start
 * arena:     where memory is taken from, where the message's own will not do
 * is_reply:  a reply; else a request
 * in_heap:   what pointers lead to is CoTaskMemAlloc()'s, and not the arena's
 * discards:  interface pointers are given back; nothing is for the program
 * depth:     how many pointers lead here
 * made:      bytes of memory that values of this message have so far
 * max:       the conformance that was read last
 * told:      the length or tag that was read last
 * is_late:   the field that is read next is
 * undo:      what a failure has to give back
 * taken:     interface pointers that were met; the first `skip` are only
 *            skipped
 * counted:   which of the procedure's counts the message has told, and what
 * status:    why a function returned false
 */
struct belayi_reader {
	const unsigned char *start;
	const unsigned char *at;
	const unsigned char *end;
	struct belayi_frame *arena;
	unsigned char *image;
	bool is_reply;
	bool in_heap;
	bool discards;
	bool is_late;
	uint32_t depth;
	uint64_t made;
	uint32_t max;
	int64_t told;
	struct belayi_gift *undo;
	uint32_t taken;
	uint32_t skip;
	uint64_t counted;
	int64_t counts[BELAYI_COUNTS_MAX];
	const struct belayi_count *counts_of[BELAYI_COUNTS_MAX];
	HRESULT status;
};

/*
 * belayi_get() - a value into memory that is there, and what it leads to
 *
 * capacity: how many elements the memory has of what is conformant
 */
bool belayi_get(struct belayi_reader *reader, const struct belayi_type *type,
		unsigned char *memory, uint32_t capacity);

/*
 * belayi_get_new() - a value, wherever it is, and what it leads to
 *
 * The value itself is in the message or in the arena.
 */
bool belayi_get_new(struct belayi_reader *reader,
		    const struct belayi_type *type, unsigned char **ret_memory);

/*
 * belayi_get_memory() - memory of its own for a value, zeroed
 *
 * in_heap: of CoTaskMemAlloc(); else of the arena
 *
 * Return: NULL: there is none, or all of the message's values have more than
 *         BELAYI_MESSAGE_MAX; see reader->status.
 */
void *belayi_get_memory(struct belayi_reader *reader, uint64_t size,
			bool in_heap);

/* belayi_get_presence() - whether a pointer argument is not NULL */
bool belayi_get_presence(struct belayi_reader *reader, bool *ret_is_there);

/* belayi_get_agrees() - whether the counts that came late are as told */
bool belayi_get_agrees(struct belayi_reader *reader);

#endif
