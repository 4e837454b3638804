/* SPDX-License-Identifier: MIT */
/*
 * state.c - the states of a call: one word, one table of moves, one writer
 *
 * Claim, write, publish: who wins SETTLING or FINISHING is alone with the
 * outcome until the next move. A held outcome is written already, so whoever
 * takes the flag back is alone with the call again: a release, or a cancel.
 */
#include "state.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <belay/observer.h>

#define TO(state) (1U << BELAY_CALL_##state)

/*
 * From each state, where to. FINISHING straight from a state without outcome
 * is the Finish that brings the outcome itself (belay_call_collect()), or a
 * Begin that the other side turned down.
 */
const uint8_t belayi_moves[] = {
	[BELAY_CALL_IDLE] = TO(STARTING),
	[BELAY_CALL_STARTING] =
		TO(PENDING) | TO(CANCELWAIT) | TO(SETTLING) | TO(FINISHING),
	[BELAY_CALL_PENDING] = TO(CANCELWAIT) | TO(SETTLING) | TO(FINISHING),
	[BELAY_CALL_CANCELWAIT] = TO(SETTLING) | TO(FINISHING),
	[BELAY_CALL_SETTLING] = TO(COMPLETED) | TO(CANCELED),
	[BELAY_CALL_COMPLETED] = TO(FINISHING),
	[BELAY_CALL_CANCELED] = TO(FINISHING),
	[BELAY_CALL_FINISHING] = TO(IDLE),
};

#define STATES (sizeof(belayi_moves) / sizeof(belayi_moves[0]))

bool belayi_allows(enum belay_state from, enum belay_state to)
{
	return (unsigned int)from < STATES && (belayi_moves[from] >> to & 1U);
}

/* The futex is the word's low half: state, flags and 16 bits of the turn. */
static uint32_t *futex_of(uint64_t *word)
{
	return (uint32_t *)word;
}

void belayi_wake(uint64_t *word)
{
	int saved = errno;

	(void)syscall(SYS_futex, futex_of(word), FUTEX_WAKE_PRIVATE, INT_MAX,
		      NULL, NULL, 0);
	errno = saved;
}

bool belayi_mark(uint64_t *word, uint64_t turn, uint64_t flag)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	do {
		if (belayi_turn(old) != turn || (old & flag) ||
		    belayi_state(old) == BELAY_CALL_FINISHING)
			return false;
	} while (!belayi_swap(word, &old, old | flag));
	return true;
}

static bool is_settling(uint64_t word, uint64_t turn)
{
	return belayi_turn(word) == turn &&
	       belayi_state(word) == BELAY_CALL_SETTLING;
}

bool belayi_abandon(uint64_t *word, uint64_t turn)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	uint64_t next;

	do {
		bool held = is_settling(old, turn) && (old & BELAYI_HELD);

		if (!held && !belayi_may_move(old, turn, BELAY_CALL_SETTLING))
			return false;
		next = belayi_moved(old, BELAY_CALL_SETTLING) |
		       BELAYI_ABANDONED;
	} while (!belayi_swap(word, &old, next & ~BELAYI_HELD));
	return true;
}

bool belayi_hold(uint64_t *word, uint64_t turn)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	do {
		if (!is_settling(old, turn) || (old & BELAYI_OWED))
			return false;
	} while (!belayi_swap(word, &old, old | BELAYI_HELD));
	return true;
}

bool belayi_owe(uint64_t *word, uint64_t turn)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	do {
		if (!is_settling(old, turn) ||
		    (old & (BELAYI_HELD | BELAYI_ABANDONED)))
			return false;
	} while (!belayi_swap(word, &old, old | BELAYI_OWED));
	return true;
}

bool belayi_unhold(uint64_t *word, uint64_t turn)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	do {
		if (!is_settling(old, turn) || !(old & BELAYI_HELD))
			return false;
	} while (!belayi_swap(word, &old, old & ~BELAYI_HELD));
	return true;
}

bool belayi_sleep(uint64_t *word, uint64_t seen, uint64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / 1000000000),
		.tv_nsec = (long)(deadline_ns % 1000000000),
	};
	int saved = errno;
	bool in_time = true;

	if (syscall(SYS_futex, futex_of(word), FUTEX_WAIT_BITSET_PRIVATE,
		    (uint32_t)seen, deadline_ns == UINT64_MAX ? NULL : &until,
		    NULL, FUTEX_BITSET_MATCH_ANY) < 0)
		in_time = errno != ETIMEDOUT;
	errno = saved;
	return in_time;
}

static const char *const names[] = {
#define NAME(name, sentence) #name,
	BELAY_STATES(NAME)
#undef NAME
};

const char *belay_state_name(unsigned int state)
{
	return state < STATES ? names[state] : "?";
}

enum belay_state belay_word_state(uint64_t word)
{
	return belayi_state(word);
}

uint64_t belay_word_turn(uint64_t word)
{
	return belayi_turn(word);
}

void belay_call_mirror(uint64_t *word, uint64_t turn, enum belay_state state)
{
	uint64_t next = turn << 16 | (uint64_t)state;
	uint64_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

	while (old < next &&
	       !__atomic_compare_exchange_n(word, &old, next, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}
