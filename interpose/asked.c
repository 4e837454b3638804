/* SPDX-License-Identifier: MIT */
/*
 * asked.c - which calls rules asked to cancel, and what came of that
 */
#include "decisions.h"

static struct belay_rule_state *state_of(const struct belayi_decided *decided)
{
	return decided->fired[decided->deadline_by].rule->rule->state;
}

/*
 * Before it is asked, because the program may see it, and end, before we are
 * told what came of it. Asked twice, where the first cancel is owed, is once.
 */
void belayi_asked_count(const struct belayi_decided *decided)
{
	if (__atomic_exchange_n(&belayi_decision_of(decided)->asked,
				decided->id, __ATOMIC_SEQ_CST) != decided->id)
		belayi_count_up(&state_of(decided)->asked);
}

bool belayi_asked_forget(const struct belayi_decided *decided)
{
	uint64_t id = decided->id;

	return __atomic_compare_exchange_n(&belayi_decision_of(decided)->asked,
					   &id, 0, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/*
 * Whether the API says for certain that it cancelled. One that may block asks
 * a server, and the call itself tells what it did.
 */
static bool is_certain(const struct belayi_decided *decided)
{
	return !(decided->site->operation->cancel_needs &
		 BELAY_CANCEL_MAY_BLOCK);
}

void belayi_asked_end(const struct belayi_decided *decided,
		      enum belay_ending ending)
{
	if ((ending == BELAY_CANCELED ||
	     (ending == BELAY_UNCOLLECTED && is_certain(decided))) &&
	    belayi_asked_forget(decided))
		belayi_count_up(&state_of(decided)->canceled);
}

/* Programs that find a call cancelled often leave it at that. */
void belayi_asked_fold(void)
{
	struct belayi_decided decided;

	for (uint32_t slot = 1; slot < belayi_process.slots_count; slot++) {
		const struct belayi_decision *decision =
			&belayi_decisions[slot];
		uint64_t id = __atomic_load_n(&decision->id, __ATOMIC_ACQUIRE);

		if (id &&
		    __atomic_load_n(&decision->asked, __ATOMIC_SEQ_CST) == id &&
		    belay_call_state(&belayi_process.slots[slot].call) ==
			    BELAY_CALL_CANCELED &&
		    belayi_decided_copy(slot, id, &decided))
			belayi_asked_end(&decided, BELAY_UNCOLLECTED);
	}
}
