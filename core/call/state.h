/* SPDX-License-Identifier: MIT */
/*
 * state.h - the state word of a call and the one function that moves it
 *
 * The word: state (bits 0-7), flags (8-15), turn (16-63). The turn counts the
 * calls that the object was used for; a party of an old turn loses by it.
 */
#ifndef BELAYI_STATE_H
#define BELAYI_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/call.h>

#define BELAYI_FLAGS UINT64_C(0xff00)

/* A finisher waits for the outcome: nobody else may finish. */
#define BELAYI_CLAIMED (UINT64_C(1) << 8)
/* SETTLING only: the outcome is written, and a policy holds it back. */
#define BELAYI_HELD (UINT64_C(1) << 9)
/* Somebody sleeps on the word: the next move wakes. */
#define BELAYI_WAITED (UINT64_C(1) << 10)
/* A Cancel won the turn: from SETTLING it goes to CANCELED. */
#define BELAYI_ABANDONED (UINT64_C(1) << 11)
/* SETTLING only: a Cancel was told that the call completes. So it shall. */
#define BELAYI_OWED (UINT64_C(1) << 12)

static inline enum belay_state belayi_state(uint64_t word)
{
	return (enum belay_state)(word & 0xff);
}

static inline uint64_t belayi_turn(uint64_t word)
{
	return word >> 16;
}

/* belayi_allows() - whether the table allows a move, whatever the flags */
bool belayi_allows(enum belay_state from, enum belay_state to);

/* From each state, the set of those where it may move to (state.c). */
extern const uint8_t belayi_moves[];

static inline bool belayi_may_move(uint64_t word, uint64_t turn,
				   enum belay_state to)
{
	enum belay_state from = belayi_state(word);

	if (belayi_turn(word) != turn || from > BELAY_CALL_FINISHING ||
	    !(belayi_moves[from] >> to & 1U))
		return false;
	if (from != BELAY_CALL_SETTLING)
		return true;
	return !(word & BELAYI_HELD) &&
	       !(word & BELAYI_ABANDONED) == (to == BELAY_CALL_COMPLETED);
}

static inline uint64_t belayi_moved(uint64_t word, enum belay_state to)
{
	if (to == BELAY_CALL_IDLE)
		return (belayi_turn(word) + 1) << 16;
	return belayi_turn(word) << 16 | (word & BELAYI_FLAGS) | (uint64_t)to;
}

/*
 * The only writer of a state word. In FINISHING the finisher is alone (no
 * move or flag of anybody else's is allowed), so a plain store is enough.
 */
static inline bool belayi_swap(uint64_t *word, uint64_t *old, uint64_t next)
{
	if (belayi_state(*old) == BELAY_CALL_FINISHING) {
		__atomic_store_n(word, next, __ATOMIC_RELEASE);
		return true;
	}
	return __atomic_compare_exchange_n(word, old, next, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* belayi_wake() - wakes whoever sleeps on the word */
void belayi_wake(uint64_t *word);

/*
 * belayi_advance() - moves a call to another state
 *
 * ret_old: the word that it moved from, or NULL
 * Return: true to exactly one of all who try to move it from there; false
 *         where the turn is over or the table forbids the move.
 *
 * Inline: a caller knows where it moves to, and half of this folds away. It is
 * on the path of each call four times.
 *
 * From SETTLING a call goes to CANCELED if a Cancel won it, else to COMPLETED;
 * a held one goes nowhere before somebody claims it back.
 *
 * Acquires what the last mover wrote, releases what this one wrote.
 */
static inline bool belayi_advance(uint64_t *word, uint64_t turn,
				  enum belay_state to, uint64_t *ret_old)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	do {
		if (!belayi_may_move(old, turn, to))
			return false;
	} while (!belayi_swap(word, &old, belayi_moved(old, to)));
	if (__builtin_expect(old & BELAYI_WAITED, 0))
		belayi_wake(word);
	if (ret_old)
		*ret_old = old;
	return true;
}

/*
 * belayi_mark() - sets a flag within the state that the word is in
 *
 * Return: true to the one who set it; false where it was set, the turn is
 *         over, or a thread is alone with the call in FINISHING.
 */
bool belayi_mark(uint64_t *word, uint64_t turn, uint64_t flag);

/*
 * belayi_abandon() - claims a call for a Cancel: SETTLING, BELAYI_ABANDONED
 *
 * Return: true to the one who is alone with the call now; false where it has
 *         an outcome already, and nobody holds that back.
 */
bool belayi_abandon(uint64_t *word, uint64_t turn);

/*
 * belayi_hold() - sets BELAYI_HELD, for the thread that is alone in SETTLING
 *
 * Return: false where a Cancel was told meanwhile that the call completes.
 */
bool belayi_hold(uint64_t *word, uint64_t turn);

/*
 * belayi_owe() - makes sure that a call which settles now is not held back
 *
 * Return: true where an outcome is being chosen, and will be published.
 */
bool belayi_owe(uint64_t *word, uint64_t turn);

/* belayi_unhold() - takes BELAYI_HELD back; true to exactly one */
bool belayi_unhold(uint64_t *word, uint64_t turn);

/*
 * belayi_sleep() - waits until the word is no longer `seen`
 *
 * deadline_ns: on CLOCK_MONOTONIC; UINT64_MAX waits for ever
 * Return: false when the time is over.
 */
bool belayi_sleep(uint64_t *word, uint64_t seen, uint64_t deadline_ns);

#endif
