/* SPDX-License-Identifier: MIT */
/*
 * slots.h - free slots of the call table
 */
#ifndef BELAYI_SLOTS_H
#define BELAYI_SLOTS_H

#include "process.h"

/* belayi_slot_take() - an idle slot, or NULL where the table is full */
struct belay_slot *belayi_slot_take(struct belayi_thread *thread);

/* belayi_slot_give() - gives an idle slot back */
void belayi_slot_give(struct belayi_thread *thread, struct belay_slot *slot);

/* belayi_slots_flush() - leaves only `keep` slots in the thread's magazine */
void belayi_slots_flush(struct belayi_thread *thread, uint32_t keep);

/* belayi_slots_used() - no slot with this index or above was ever taken */
uint32_t belayi_slots_used(void);

#endif
