/* SPDX-License-Identifier: MIT */
/*
 * keymap.h - from the object that an API knows a call by, to its slot
 */
#ifndef BELAYI_KEYMAP_H
#define BELAYI_KEYMAP_H

#include "process.h"

/* belayi_keymap_lines() - how many lines a table of so many slots needs */
uint32_t belayi_keymap_lines(uint32_t slots);

/* belayi_keymap_insert() - adds a slot under its key; false: no room */
bool belayi_keymap_insert(uint64_t key, uint32_t slot);

/* belayi_keymap_remove() - for the one that inserted it, once */
void belayi_keymap_remove(uint64_t key, uint32_t slot);

static inline uint64_t belayi_key_hash(uint64_t key)
{
	key ^= key >> 29;
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return key ^ key >> 32;
}

static inline struct belayi_keys *belayi_keys_of(uint64_t hashed, uint32_t step)
{
	uint32_t mask = belayi_process.keys_mask;

	return &belayi_process.own->keys[((uint32_t)hashed + step) & mask];
}

/*
 * belayi_keymap_find() - visits the slots that may have this key
 *
 * The tag is part of a hash: the visitor compares the slot's own key, and the
 * slot may have been given to another call meanwhile.
 *
 * Inline, with the visitor in it: this is how a call is found again whenever
 * a program looks at it.
 */
static inline __attribute__((always_inline)) void
belayi_keymap_find(uint64_t key, void (*visit)(uint32_t slot, void *data),
		   void *data)
{
	uint64_t hashed = belayi_key_hash(key);

	for (uint32_t step = 0; step <= belayi_process.keys_mask; step++) {
		struct belayi_keys *line = belayi_keys_of(hashed, step);

#pragma GCC unroll 7
		for (unsigned int i = 0; i < BELAYI_KEYS_A_LINE; i++) {
			uint64_t word = __atomic_load_n(&line->words[i],
							__ATOMIC_ACQUIRE);

			if (word && word >> 32 == hashed >> 32)
				visit((uint32_t)word, data);
		}
		if (__atomic_load_n(&line->passed, __ATOMIC_ACQUIRE) == 0)
			return;
	}
}

#endif
