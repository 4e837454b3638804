/* SPDX-License-Identifier: MIT */
/*
 * armed.c - slots whose times are noted, for tests of deadlines
 */
#include "armed.h"

uint64_t wanted[SLOTS];
uint32_t fired[SLOTS];
uint32_t fired_count;
uint32_t early_count;

void due(uint32_t slot)
{
	uint64_t now = belay_clock_now();

	check(slot < SLOTS);
	if (now < __atomic_load_n(&wanted[slot], __ATOMIC_SEQ_CST))
		(void)tally_add(&early_count);
	(void)tally_add(&fired[slot]);
	(void)tally_add(&fired_count);
}

void arm_at(uint32_t slot, uint64_t ticks)
{
	__atomic_store_n(&wanted[slot], ticks, __ATOMIC_SEQ_CST);
	belayi_deadline_arm(slot, ticks);
}

void arm(uint32_t slot, uint64_t ns)
{
	arm_at(slot, belayi_deadline_at(belay_clock_now(), ns));
}
