/* SPDX-License-Identifier: MIT */
/*
 * ndr_arena.h - memory that a frame keeps, and what it owes
 */
#ifndef BELAYI_COM_NDR_ARENA_H
#define BELAYI_COM_NDR_ARENA_H

#include <stdbool.h>

#include "ndr.h"

/*
 * struct belayi_gift - something that a call holds and is to give back
 *
 * A node is the arena's memory.
 */
struct belayi_gift {
	struct belayi_gift *next;
	void *what;
	bool is_interface; /* to be released; else memory to be freed */
};

/*
 * belayi_arena_take() - zeroed memory, aligned to 16, until the arena is reset
 *
 * Return: NULL: there is none, or the call has more than BELAYI_MESSAGE_MAX.
 */
void *belayi_arena_take(struct belayi_frame *frame, size_t size);

/* belayi_arena_reset() - takes all of it back; keeps some for the next call */
void belayi_arena_reset(struct belayi_frame *frame);

/* belayi_task_memory() - zeroed memory as of CoTaskMemAlloc(), or NULL */
void *belayi_task_memory(size_t size);

/*
 * belayi_gift_add() - notes something to give back
 *
 * Return: false: no memory; then it has been given back.
 */
bool belayi_gift_add(struct belayi_frame *frame, struct belayi_gift **list,
		     void *what, bool is_interface);

/* belayi_gifts_return() - gives all of them back */
void belayi_gifts_return(struct belayi_gift *list);

#endif
