/* SPDX-License-Identifier: MIT */
/*
 * verdicts.c - puts together what the policies say of one call
 *
 * In the order of the rules: the first error and the first short result win,
 * stalls and holds add up, the earliest deadline wins.
 */
#include "decisions.h"

#define ALL_FAULTS                                                             \
	(BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |                    \
	 BELAY_FAULT_SHORT | BELAY_FAULT_HOLD)

void belayi_add_up(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		*sum = BELAY_FOREVER;
}

/* What the call's operation can bear; a call on the heap all, in the core. */
static uint32_t faults_of(const struct belayi_decided *decided)
{
	const struct belay_operation *operation = decided->site->operation;

	if (!belayi_slot_of(decided->call))
		return ALL_FAULTS;
	return operation->size > offsetof(struct belay_operation, faults)
		       ? operation->faults
		       : 0;
}

static uint32_t without_what_cannot_be(const struct belayi_decided *decided,
				       uint32_t set)
{
	uint32_t faults = faults_of(decided);
	uint32_t able = BELAY_VERDICT_STALL | BELAY_VERDICT_DEADLINE |
			BELAY_VERDICT_REFUSE_CANCEL;

	if (faults & BELAY_FAULT_FAIL_BEGIN)
		able |= BELAY_VERDICT_FAIL_BEGIN;
	if (faults & BELAY_FAULT_FAIL_FINISH)
		able |= BELAY_VERDICT_FAIL_FINISH;
	if (faults & BELAY_FAULT_SHORT)
		able |= BELAY_VERDICT_SHORT;
	if (faults & BELAY_FAULT_HOLD)
		able |= BELAY_VERDICT_HOLD | BELAY_VERDICT_DROP;
	return set & able;
}

#define FAILS (BELAY_VERDICT_FAIL_BEGIN | BELAY_VERDICT_FAIL_FINISH)

/* Something of an earlier rule's gives way to a later one's. */
static void give_way(const struct belayi_decided *to, uint8_t by, uint32_t bit)
{
	belayi_count_up(&to->fired[by].rule->rule->state->shadowed);
	belayi_decided_told(to, by, "shadowed", bit);
}

/*
 * An error wins over a short result, whichever is first.
 * Return: what of the verdict gives way.
 */
static uint32_t add_error(struct belayi_decided *to, int32_t error,
			  uint32_t set, uint8_t by)
{
	if (to->set & FAILS)
		return set & FAILS;
	to->set |= set & FAILS;
	to->error = error;
	to->fail_by = by;
	if (to->set & BELAY_VERDICT_SHORT) {
		to->set &= ~(uint32_t)BELAY_VERDICT_SHORT;
		give_way(to, to->short_by, BELAY_VERDICT_SHORT);
	}
	return 0;
}

static uint32_t add_results(struct belayi_decided *to,
			    const struct belay_policy_verdict *verdict,
			    uint32_t set, uint8_t by)
{
	uint32_t late =
		set & FAILS ? add_error(to, verdict->error, set, by) : 0;

	if (!(set & BELAY_VERDICT_SHORT))
		return late;
	if (to->set & (FAILS | BELAY_VERDICT_SHORT))
		return late | BELAY_VERDICT_SHORT;
	to->set |= BELAY_VERDICT_SHORT;
	to->short_to = verdict->short_to;
	to->short_by = by;
	return late;
}

static uint32_t add_times(struct belayi_decided *to,
			  const struct belay_policy_verdict *verdict,
			  uint32_t set, uint8_t by)
{
	uint32_t late = 0;

	if (set & (BELAY_VERDICT_HOLD | BELAY_VERDICT_DROP)) {
		to->set |= set & (BELAY_VERDICT_HOLD | BELAY_VERDICT_DROP);
		if (set & BELAY_VERDICT_HOLD)
			belayi_add_up(&to->hold_ns, verdict->hold_ns);
		to->hold_by = by;
	}
	if (set & BELAY_VERDICT_DEADLINE) {
		if (!(to->set & BELAY_VERDICT_DEADLINE)) {
			to->deadline_ns = verdict->deadline_ns;
			to->deadline_by = by;
		} else if (verdict->deadline_ns < to->deadline_ns) {
			give_way(to, to->deadline_by, BELAY_VERDICT_DEADLINE);
			to->deadline_ns = verdict->deadline_ns;
			to->deadline_by = by;
		} else {
			late |= BELAY_VERDICT_DEADLINE;
		}
		to->set |= BELAY_VERDICT_DEADLINE;
	}
	if (set & BELAY_VERDICT_REFUSE_CANCEL) {
		if (!(to->set & BELAY_VERDICT_REFUSE_CANCEL))
			to->refuse_by = by;
		to->set |= BELAY_VERDICT_REFUSE_CANCEL;
	}
	return late;
}

static bool acts_later(const struct belay_policy *policy)
{
	return policy->cancel || policy->completing || policy->finish;
}

/* Return: how long Begin is to sleep for this rule. */
uint64_t belayi_verdict_add(struct belayi_decided *to,
			    const struct belay_policy_verdict *verdict,
			    uint8_t by)
{
	struct belayi_rule *rule = to->fired[by].rule->rule;
	uint32_t set = without_what_cannot_be(
		to, belayi_answer_verdict(to, verdict, by));
	uint32_t late = add_results(to, verdict, set, by) |
			add_times(to, verdict, set, by);

	if (set != verdict->set) {
		belayi_count_up(&rule->state->unable);
		belayi_decided_told(to, by, "unable", verdict->set & ~set);
	}
	if (late) {
		belayi_count_up(&rule->state->shadowed);
		belayi_decided_told(to, by, "shadowed", late);
	}
	/* A result is only made shorter where it is longer. */
	if ((set & ~late & ~(uint32_t)BELAY_VERDICT_SHORT) ||
	    (verdict->set == 0 && acts_later(rule->policy))) {
		belayi_count_up(&rule->state->fired);
		to->acted |= (uint8_t)(1U << by);
	}
	if (!(set & BELAY_VERDICT_STALL))
		return 0;
	belayi_decided_told(to, by, "stall", verdict->stall_ns);
	return verdict->stall_ns;
}
