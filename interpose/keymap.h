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

/*
 * belayi_keymap_find() - visits the slots that may have this key
 *
 * The tag is part of a hash: the visitor compares the slot's own key, and the
 * slot may have been given to another call meanwhile.
 */
void belayi_keymap_find(uint64_t key, void (*visit)(uint32_t slot, void *data),
			void *data);

#endif
