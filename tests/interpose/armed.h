/* SPDX-License-Identifier: MIT */
/*
 * armed.h - slots whose times are noted, for tests of deadlines
 */
#ifndef ARMED_H
#define ARMED_H

#include "deadlines.h"
#include "house.h"

#define CALLS 4096
#define SLOTS (CALLS + 1)
#define MS_NS UINT64_C(1000000)
#define HOUR_NS (3600 * 1000 * MS_NS)

/*
 * wanted:      ticks; what the slot was armed for
 * fired:       how often it came
 * fired_count: of all slots; early_count: of those, too early
 */
extern uint64_t wanted[SLOTS];
extern uint32_t fired[SLOTS];
extern uint32_t fired_count;
extern uint32_t early_count;

/* due() - for belayi_deadlines_make(): counts */
void due(uint32_t slot);

/* arm() - for a time from now on; arm_at() - in ticks */
void arm(uint32_t slot, uint64_t ns);
void arm_at(uint32_t slot, uint64_t ticks);

#endif
