/* SPDX-License-Identifier: MIT */
/*
 * keymap.c - a fixed table of cache lines in private memory
 *
 * A key belongs to a line; where that is full it goes on to the next, and the
 * lines that it passed count it, so that a search stops at the first line that
 * nothing passed. Insert is a compare-and-swap, remove a store. Nothing is
 * ever reclaimed, so no reader needs protection and all of it may run in a
 * signal handler.
 */
#include "keymap.h"

uint32_t belayi_keymap_lines(uint32_t slots)
{
	uint32_t lines = 16;

	while (lines < slots / 4)
		lines *= 2;
	return lines;
}

static uint64_t word_of(uint64_t hashed, uint32_t slot)
{
	return hashed >> 32 << 32 | slot;
}

static inline bool put(struct belayi_keys *line, uint64_t word)
{
	for (unsigned int i = 0; i < BELAYI_KEYS_A_LINE; i++) {
		uint64_t nothing = 0;

		if (__atomic_load_n(&line->words[i], __ATOMIC_RELAXED) == 0 &&
		    __atomic_compare_exchange_n(&line->words[i], &nothing, word,
						false, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static void unpass(uint64_t hashed, uint32_t steps)
{
	while (steps--)
		(void)__atomic_fetch_sub(&belayi_keys_of(hashed, steps)->passed,
					 1, __ATOMIC_RELEASE);
}

/* Its own line is full, or was when it was put in. */
__attribute__((noinline, cold)) static bool insert_beyond(uint64_t hashed,
							  uint32_t slot)
{
	uint32_t step;

	for (step = 0; step <= belayi_process.keys_mask; step++) {
		struct belayi_keys *line = belayi_keys_of(hashed, step);

		if (put(line, word_of(hashed, slot)))
			return true;
		(void)__atomic_fetch_add(&line->passed, 1, __ATOMIC_RELEASE);
	}
	unpass(hashed, step);
	return false;
}

BELAYI_EACH_CALL bool belayi_keymap_insert(uint64_t key, uint32_t slot)
{
	uint64_t hashed = belayi_key_hash(key);

	return put(belayi_keys_of(hashed, 0), word_of(hashed, slot)) ||
	       insert_beyond(hashed, slot);
}

static inline bool take_out(struct belayi_keys *line, uint64_t word)
{
	for (unsigned int i = 0; i < BELAYI_KEYS_A_LINE; i++) {
		if (__atomic_load_n(&line->words[i], __ATOMIC_RELAXED) != word)
			continue;
		__atomic_store_n(&line->words[i], 0, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

__attribute__((noinline, cold)) static void remove_beyond(uint64_t hashed,
							  uint32_t slot)
{
	for (uint32_t step = 1; step <= belayi_process.keys_mask; step++) {
		if (take_out(belayi_keys_of(hashed, step),
			     word_of(hashed, slot))) {
			unpass(hashed, step);
			return;
		}
	}
}

BELAYI_EACH_CALL void belayi_keymap_remove(uint64_t key, uint32_t slot)
{
	uint64_t hashed = belayi_key_hash(key);

	if (!take_out(belayi_keys_of(hashed, 0), word_of(hashed, slot)))
		remove_beyond(hashed, slot);
}
