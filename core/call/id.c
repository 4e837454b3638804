/* SPDX-License-Identifier: MIT */
/*
 * id.c - ids of calls, in blocks per thread
 *
 * No two threads write one cache line for an id. A signal handler may take one
 * anywhere in the middle of belay_id_new(): a thread's place is one word, moved
 * by one instruction, and says by itself whether its block is used up. Between
 * two blocks is a gap as long as a block, so that counting on past the end, as
 * handlers do until somebody has a new block, is not counting in another one's.
 */
#include <unistd.h>

#include <belay/call.h>

#include "each_call.h"

#define BLOCK 256 /* a power of two: its bit in an id says "in a gap" */
#define PID_SHIFT 40

/* The first id that no block has; 0 before the start. */
BELAYI_EACH_CALL_READS static uint64_t unused = 0;
static __thread uint64_t next = BLOCK;

void belay_id_restart(void)
{
	uint64_t first = (uint64_t)getpid() << PID_SHIFT;

	__atomic_store_n(&unused, first, __ATOMIC_RELAXED);
}

__attribute__((constructor)) static void start(void)
{
	if (!__atomic_load_n(&unused, __ATOMIC_RELAXED))
		belay_id_restart();
}

__attribute__((noinline, cold)) static uint64_t new_block(void)
{
	uint64_t first;

	start();
	first = __atomic_fetch_add(&unused, 2 * BLOCK, __ATOMIC_RELAXED);
	__atomic_store_n(&next, first + 1, __ATOMIC_RELAXED);
	return first;
}

__attribute__((hot)) uint64_t belay_id_new(void)
{
	uint64_t id = 1;
	uint64_t pid;

	__asm__("xaddq %0, %1" : "+r"(id), "+m"(next));
	/* A block from before a fork has the parent's id above it. */
	pid = __atomic_load_n(&unused, __ATOMIC_RELAXED) ^ id;
	if (__builtin_expect((id & BLOCK) || pid >> PID_SHIFT, 0))
		return new_block();
	return id;
}
