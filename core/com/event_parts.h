/* SPDX-License-Identifier: MIT */
/*
 * event_parts.h - what an event consists of, for event.c and event_handle.c
 *
 * The word: turn << 28 | signals so far (24 bits) | flags. Threads sleep on its
 * low half, and are woken by whoever changes it. Threads of single-threaded
 * apartments pump instead: they list themselves, to be rung. From HANDLED on
 * SIGNALED means nothing, and whoever changes the event does so with its lock
 * held.
 */
#ifndef BELAYI_EVENT_PARTS_H
#define BELAYI_EVENT_PARTS_H

#include <pthread.h>

#include "event.h"

struct belayi_apartment;

#define BELAYI_SIGNALED UINT64_C(1)
#define BELAYI_SLEEPERS UINT64_C(2)   /* somebody sleeps on the word */
#define BELAYI_LISTENERS UINT64_C(4)  /* somebody is listed */
#define BELAYI_HANDLED UINT64_C(8)    /* the eventfd is the event */
#define BELAYI_COUNTED UINT64_C(0x10) /* a signal more */
/* Who waited through it saw one, if it is reset. */
#define BELAYI_COUNT UINT64_C(0xffffff0)
#define BELAYI_EVENT_FLAGS UINT64_C(0xfffffff)
#define BELAYI_EVENT_TURN_SHIFT 28

/* A thread that pumps until a signal, or polls the event's eventfd. */
struct belayi_listener {
	struct belayi_listener *next;
	struct belayi_apartment *apartment; /* that it pumps; or */
	int fd;                             /* that it polls, too */
	struct belayi_event *event;
	uint64_t count; /* of signals when it began to wait */
};

/* belayi_event_lock() - of its listeners, and of its descriptor */
pthread_mutex_t *belayi_event_lock(const struct belayi_event *event);

/* belayi_event_ring() - all its listeners; with the lock */
void belayi_event_ring(const struct belayi_event *event);

/* belayi_event_listen(), belayi_event_unlisten() - without the lock */
void belayi_event_listen(struct belayi_event *event,
			 struct belayi_listener *listener);
void belayi_event_unlisten(struct belayi_event *event,
			   const struct belayi_listener *listener);

static inline uint64_t belayi_event_look(const struct belayi_event *event)
{
	return __atomic_load_n(&event->word, __ATOMIC_ACQUIRE);
}

static inline bool belayi_event_swap(struct belayi_event *event, uint64_t *old,
				     uint64_t next)
{
	return __atomic_compare_exchange_n(&event->word, old, next, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

/* The futex is the word's low half: flags and some of the turn. */
static inline const uint32_t *
belayi_event_futex(const struct belayi_event *event)
{
	return (const uint32_t *)&event->word;
}

static inline uint64_t belayi_event_turn_bits(uint64_t turn)
{
	return turn << BELAYI_EVENT_TURN_SHIFT;
}

/* turn: NULL: whichever it is */
static inline bool belayi_event_is_turn(uint64_t word, const uint64_t *turn)
{
	return !turn ||
	       !((word ^ belayi_event_turn_bits(*turn)) & ~BELAYI_EVENT_FLAGS);
}

/* The word with a signal more. */
static inline uint64_t belayi_event_counted(uint64_t word)
{
	return (word & ~BELAYI_COUNT) |
	       ((word + BELAYI_COUNTED) & BELAYI_COUNT);
}

/*
 * belayi_event_signal_handle() - signals an event that is HANDLED
 *
 * turn:   whose signal it is; NULL: any turn's
 * Return: false where it is another turn's.
 */
bool belayi_event_signal_handle(struct belayi_event *event,
				const uint64_t *turn);

/*
 * belayi_event_wait_handle() - waits for an event that is HANDLED
 *
 * count:  the word's when the wait began
 * Return: S_OK; RPC_S_CALLPENDING when the time is over.
 */
HRESULT belayi_event_wait_handle(struct belayi_event *event, uint64_t count,
				 uint64_t deadline_ns);

#endif
