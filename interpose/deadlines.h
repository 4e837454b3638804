/* SPDX-License-Identifier: MIT */
/*
 * deadlines.h - what is to happen to calls at a time: cancel, end of a hold
 *
 * Each slot of the call table has one time, in memory of this process's own.
 * Arming is one store, and a wake-up of the thread only where it would sleep
 * too long; disarming is one store. The thread looks through the times, is
 * started by an arming, and ends when nothing has been armed for a while.
 *
 * A time is given in ticks, but a rule's is a length in nanoseconds, and how
 * long a tick is, a young process knows only roughly. So what is due asks
 * belayi_deadline_left() first, and is armed again for what is left.
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
 * round. Lock-free, async-signal-safe but where it starts the thread.
 */
void belayi_deadline_arm(uint32_t slot, uint64_t ticks);

/*
 * belayi_deadline_disarm() - nothing is to happen to the slot any more
 *
 * Arming and disarming exchange the time: who comes later sees all that whoever
 * came before had written until then.
 */
void belayi_deadline_disarm(uint32_t slot);

/*
 * belayi_deadline_end() - the same for who has ended a turn, and so looks at
 * nothing more: a plain store
 */
void belayi_deadline_end(uint32_t slot);

/*
 * belayi_deadline_at() - the time that is `ns` after `from`, in ticks; too
 * early by as much as it may be wrong, where so long a time is not known well
 */
uint64_t belayi_deadline_at(uint64_t from, uint64_t ns);

/*
 * belayi_deadline_left() - how many of the `ns` after `from` are still to come,
 * by CLOCK_MONOTONIC; 0: none
 */
uint64_t belayi_deadline_left(uint64_t from, uint64_t ns);

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
