/* SPDX-License-Identifier: MIT */
/*
 * aio_table.h - the shadows of a process: where they are, and their states
 *
 * A shadow stands in a place near the hash of its block's address. All its
 * moves are on one word, which also has the shadow's number, so that who is
 * late does not move the next shadow in this place.
 *
 *     NEW ─▶ STARTING ─▶ RUNNING ─▶ DONE ─▶ ENDING ─▶ ENDED
 *                         │   ▲               ▲
 *                         ▼   │               │
 *                         ASKING ─────────────┘
 *
 * ASKING is who cancels: what comes of it is its to find out. It may cancel the
 * request only to queue it again, with another shadow. Who wins ENDING ends the
 * call.
 *
 * A child has none of this: its blocks say for ever that they are in progress,
 * as do those of calls that have no shadow.
 */
#ifndef BELAYI_AIO_TABLE_H
#define BELAYI_AIO_TABLE_H

#include "aio.h"

enum belayi_shadow_state {
	BELAYI_SHADOW_FREE,
	BELAYI_SHADOW_NEW, /* being filled in */
	BELAYI_SHADOW_STARTING,
	BELAYI_SHADOW_RUNNING,
	BELAYI_SHADOW_ASKING,
	BELAYI_SHADOW_DONE, /* over, and the program may not know */
	BELAYI_SHADOW_ENDING,
	BELAYI_SHADOW_ENDED,
};

/*
 * struct belayi_shadow - of one call
 *
 * cb:      first: a pointer to it is one to the shadow
 * holders: who ends it, its list if it leads one, and who waits for it or looks
 *          at it just now: a place is free again as soon as its call is over,
 *          or a program that goes on fast would find no other
 * is_lost: its completion gets lost, and no cancel reaches it
 * is_quiet: who sees first that it is over may end it: nothing keeps it back, and
 *          nobody is notified
 * missing: bytes that the program asked for and the shadow does not
 * event:   how the program wants to be told of this call
 * next:    in the watcher's list of those that are over
 * is_sure: no call without a shadow stands behind it, see aio_line.h
 * place:   when it joined the line; settled: when that was over, or 0
 * behind:  in a list of those that are to be queued again
 * leader:  of the list that it is in, itself too; NULL: none
 * left:    of the leader: elements that are not over, and whoever begins them
 */
struct belayi_shadow {
	struct aiocb cb;
	uint64_t word;
	struct aiocb *user;
	struct belay_ref ref;
	uint32_t holders;
	bool is_sync;
	bool is_lost;
	bool is_quiet;
	int old_code;
	ssize_t old_result;
	size_t missing;
	struct sigevent event;
	struct belayi_shadow *next;
	bool is_sure;
	uint64_t place;
	uint64_t settled;
	struct belayi_shadow *behind;
	struct belayi_shadow *leader;
	uint32_t left;
	bool any_failed;
	struct sigevent list_event;
};

/* belayi_shadow_is_quiet() - nor is anybody told of its list */
static inline bool belayi_shadow_is_quiet(const struct belayi_shadow *s)
{
	return s->is_quiet && !__atomic_load_n(&s->leader, __ATOMIC_RELAXED);
}

/* A shadow as it was found; the number tells whether it still is that one. */
struct belayi_found {
	struct belayi_shadow *shadow;
	uint64_t number;
};

/* belayi_shadows_make() - makes room for them; true if there is */
bool belayi_shadows_make(void);

/* belayi_shadow_take() - a free place near a block, NEW; NULL: there is none */
struct belayi_shadow *belayi_shadow_take(const struct aiocb *cb);

/* belayi_shadow_hold() - one more holder; false: it is no more that one */
bool belayi_shadow_hold(const struct belayi_found *found);

/* belayi_shadow_let_go() - a holder leaves; the last one frees the place */
void belayi_shadow_let_go(struct belayi_shadow *s);

/* belayi_shadow_ended() - the last move, and who made it leaves */
void belayi_shadow_ended(struct belayi_shadow *s);

uint64_t belayi_shadow_number(const struct belayi_shadow *s);
enum belayi_shadow_state belayi_shadow_state(const struct belayi_shadow *s);

/* belayi_shadow_is() - whether it still is that one, and not over */
bool belayi_shadow_is(const struct belayi_found *found);

/* belayi_shadow_move() - from a state to another; true to one caller */
bool belayi_shadow_move(const struct belayi_found *found,
			enum belayi_shadow_state from,
			enum belayi_shadow_state to);

/* belayi_shadow_set() - the same, by who owns the state that it is in */
void belayi_shadow_set(struct belayi_shadow *s, enum belayi_shadow_state to);

/*
 * belayi_shadow_find() - the shadow of a block's call that is not over
 *
 * ref: of the call; NULL: the newest on this block that is still somebody's
 */
struct belayi_found belayi_shadow_find(const struct aiocb *cb,
				       const struct belay_ref *ref);

/*
 * belayi_shadow_each() - visits those that are not over, and holds each as long
 *
 * visit: return false to stop
 */
void belayi_shadow_each(bool (*visit)(const struct belayi_found *found,
				      void *data),
			void *data);

/* belayi_shadow_is_orphan() - whether its call has ended without it */
bool belayi_shadow_is_orphan(const struct belay_ref *ref);

/*
 * belayi_shadow_replace() - another shadow for the call of one that is ASKING,
 * by the caller; ASKING, too (aio_shadow.c)
 *
 * A request that was cancelled is never queued again in the same block: of who
 * waits for a block, glibc takes it for granted that it is the same request.
 * Return: NULL where there is no room.
 */
struct belayi_shadow *belayi_shadow_replace(struct belayi_shadow *s);

/*
 * belayi_shadow_serve() - somebody looks at a call, or is about to wait for it,
 * and holds it: ends it if it is over, and may be ended here (aio_shadow.c)
 *
 * Return: whether glibc has it and will wake who waits for the shadow.
 */
bool belayi_shadow_serve(const struct belayi_found *found);

/*
 * belayi_shadow_over() - the other side is done with one that the caller holds:
 * delivers it, if the program may know (aio_shadow.c)
 */
void belayi_shadow_over(const struct belayi_found *found);

/*
 * belayi_shadow_canceled() - ends one that is ENDING, by the caller, as
 * cancelled (aio_shadow.c)
 *
 * tell: the call is told of it first
 */
void belayi_shadow_canceled(struct belayi_shadow *s, bool tell);

#endif
