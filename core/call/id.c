/* SPDX-License-Identifier: MIT */
/*
 * id.c - ids of calls, in blocks per thread
 *
 * No two threads write one cache line for an id, and a signal handler that
 * takes one in the middle of belay_id_new() gets another: the increment is
 * one instruction, and a block that was half set is given up.
 */
#include <unistd.h>

#include <belay/call.h>

#define BLOCK 256
#define PID_SHIFT 40

static uint64_t unused; /* the first id that no block has; 0 before the start */
static __thread uint64_t next;
static __thread uint64_t end;

void belay_id_restart(void)
{
	uint64_t first = (uint64_t)getpid() << PID_SHIFT | 1;

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
	first = __atomic_fetch_add(&unused, BLOCK, __ATOMIC_RELAXED);
	/* In this order: a handler in between sees a block that is used up. */
	__atomic_store_n(&next, first + 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&end, first + BLOCK, __ATOMIC_RELAXED);
	return first;
}

uint64_t belay_id_new(void)
{
	uint64_t id = 1;

	__asm__("xaddq %0, %1" : "+r"(id), "+m"(next));
	/* A block from before a fork has the parent's id above it. */
	if (__builtin_expect(
		    id >= end ||
			    (id ^ __atomic_load_n(&unused, __ATOMIC_RELAXED)) >>
				    PID_SHIFT,
		    0))
		return new_block();
	return id;
}
