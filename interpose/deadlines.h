/* SPDX-License-Identifier: MIT */
/*
 * deadlines.h - what is to happen to calls at a time: cancel, end of a hold
 *
 * Each slot of the call table has one time, in memory of this process's own.
 * Arming is one store, and a wake-up of the thread only where it would sleep
 * too long; disarming is one store. The thread looks through the times of all
 * slots in use, and is started at the first arming.
 */
#ifndef BELAYI_DEADLINES_H
#define BELAYI_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * belayi_deadlines_make() - makes room for `slots` slots; once, when a process
 * gets rules, and again in a child
 *
 * due: called on the deadline thread, never before the time, for a slot whose
 *      time has come, which is disarmed. The call may have ended and another
 *      be in the slot: what is due stands in the caller's own record of the
 *      turn. It must not wait.
 */
bool belayi_deadlines_make(uint32_t slots, void (*due)(uint32_t slot));

/*
 * belayi_deadline_arm() - sets the time of a slot, in ticks of
 * belay_clock_now(); an earlier time replaces a later one and the other way
 * round. Lock-free, async-signal-safe but for the first.
 */
void belayi_deadline_arm(uint32_t slot, uint64_t ticks);

/* belayi_deadline_disarm() - nothing is to happen to the slot any more */
void belayi_deadline_disarm(uint32_t slot);

/*
 * belayi_helper_run() - calls `work` on a helper thread, which may block
 *
 * For cancels that can take long. Helpers are made when needed, end when they
 * have been idle for some seconds, and are limited in number: what comes on
 * top waits its turn. Called on the deadline thread only.
 * Return: false where there is neither a helper nor room to wait.
 */
bool belayi_helper_run(void (*work)(uint64_t a, uint64_t b), uint64_t a,
		       uint64_t b);

#endif
