/* SPDX-License-Identifier: MIT */
/*
 * belay/word.h - the state word of a call, and its plainest moves
 *
 * For what is built together with the call object, and not installed. The word:
 * state (bits 0-7), flags (8-15), turn (16-63). The turn counts the calls that
 * the object was used for; a party of an old turn loses by it.
 *
 * The verbs of belay/call.h know all states, flags and waiting parties. Most
 * calls go from state to state and nobody else is there: these steps are taken
 * in place. Where one fails, the verb is to be asked.
 */
#ifndef BELAY_WORD_H
#define BELAY_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/call.h>

#define BELAY_WORD_TURN_SHIFT 16

/* belay_word_of() - a turn's word in that state, without flags */
static inline uint64_t belay_word_of(uint64_t turn, enum belay_state state)
{
	return turn << BELAY_WORD_TURN_SHIFT | (uint64_t)state;
}

/*
 * belay_word_step() - moves a call to the next state, if it is in this turn, in
 * that state, and has no flags
 *
 * Return: true to the one who moved it. Acquires what the last mover wrote,
 *         releases what this one wrote.
 */
static inline bool belay_word_step(uint64_t *word, uint64_t turn,
				   enum belay_state from, enum belay_state to)
{
	uint64_t old = belay_word_of(turn, from);

	return __atomic_compare_exchange_n(word, &old, belay_word_of(turn, to),
					   false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

/*
 * belay_word_set() - the same for who is alone with the call: in IDLE, where
 * nobody else may begin with the object, before its Begin has made it known,
 * and in FINISHING
 */
static inline void belay_word_set(uint64_t *word, uint64_t turn,
				  enum belay_state to)
{
	__atomic_store_n(word, belay_word_of(turn, to), __ATOMIC_RELEASE);
}

#endif
