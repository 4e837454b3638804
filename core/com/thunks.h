/* SPDX-License-Identifier: MIT */
/*
 * thunks.h - functions that know their slot and nothing else
 *
 * A vtable of methods whose arguments all go in registers needs no code that
 * is made at run time: the function in slot n says "slot n" and hands its
 * registers on, whatever the method's arguments are.
 */
#ifndef BELAYI_COM_THUNKS_H
#define BELAYI_COM_THUNKS_H

#include <stdint.h>

#include "signature.h"

/* belayi_thunk() - the function for a slot; NULL: there is none so high */
const void *belayi_thunk(uint32_t slot);

/*
 * belayi_thunk_enter() - what all of them call; vtables.c's
 *
 * slot:      that was called
 * site:      where in the program
 * registers: the arguments; the first is the object. Those that the method does
 *            not have are whatever was there
 */
uint64_t belayi_thunk_enter(uint32_t slot, const void *site,
			    const uint64_t registers[BELAYI_REGISTERS]);

#endif
