/* SPDX-License-Identifier: MIT */
/*
 * firing.c - whether a rule acts on a call: conditions, counters, trigger
 */
#include "decisions.h"

#include "guard.h"

static uint64_t scramble(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Nothing but these decides: threads and processes get the same numbers. */
uint64_t belayi_random_start(const struct belayi_site *site,
			     const struct belayi_rule *rule)
{
	uint64_t x = scramble(belayi_policies.seed + 0x9e3779b97f4a7c15);

	x = scramble(x + belayi_rule_number(rule));
	return scramble(x ^ site->hash);
}

uint64_t belayi_random(const struct belayi_site_rule *rule, uint64_t n)
{
	return scramble(rule->random + n * UINT64_C(0x9e3779b97f4a7c15));
}

/* In a thread's counter of a rule: `once` has been. */
#define SPENT (UINT64_C(1) << 63)

/* The first entry of a thread's line is whose it is. */
static uint64_t *counter_of(const struct belayi_thread *thread,
			    const struct belayi_rule *rule)
{
	uint64_t *line = belayi_policies.by_thread +
			 (uint64_t)(thread - belayi_process.own->threads) *
				 (BELAY_RULES_MAX + 1);

	if (line[0] != thread->tid) {
		for (uint32_t i = 1; i <= BELAY_RULES_MAX; i++)
			line[i] = 0;
		line[0] = thread->tid;
	}
	return &line[belayi_rule_number(rule)];
}

static uint64_t count_by_thread(struct belayi_rule *rule)
{
	struct belayi_thread *thread = belayi_thread_enter();
	uint64_t n;

	if (!thread)
		return __atomic_add_fetch(&rule->n, 1, __ATOMIC_RELAXED);
	n = ++*counter_of(thread, rule) & ~SPENT;
	belayi_thread_leave(thread);
	return n;
}

static bool spend_word(uint64_t *spent)
{
	return __atomic_load_n(spent, __ATOMIC_RELAXED) == 0 &&
	       __atomic_exchange_n(spent, 1, __ATOMIC_RELAXED) == 0;
}

static bool spend_by_thread(struct belayi_rule *rule)
{
	struct belayi_thread *thread = belayi_thread_enter();
	uint64_t *counter;
	bool fires;

	if (!thread)
		return spend_word(&rule->spent);
	counter = counter_of(thread, rule);
	fires = !(*counter & SPENT);
	*counter |= SPENT;
	belayi_thread_leave(thread);
	return fires;
}

/* n: at the site */
static uint64_t count(struct belayi_site_rule *rule, uint64_t n)
{
	switch (rule->rule->text->trigger.per) {
	case BELAY_PER_PROCESS:
		return __atomic_add_fetch(&rule->rule->n, 1, __ATOMIC_RELAXED);
	case BELAY_PER_THREAD:
		return count_by_thread(rule->rule);
	case BELAY_PER_SESSION:
		return __atomic_add_fetch(&rule->rule->state->counted, 1,
					  __ATOMIC_RELAXED);
	default:
		return n;
	}
}

/* Whether `once` is still to be; it has been, then. */
static bool spend(struct belayi_site_rule *rule)
{
	switch (rule->rule->text->trigger.per) {
	case BELAY_PER_PROCESS:
		return spend_word(&rule->rule->spent);
	case BELAY_PER_THREAD:
		return spend_by_thread(rule->rule);
	case BELAY_PER_SESSION:
		return spend_word(&rule->rule->state->spent);
	default:
		return spend_word(&rule->spent);
	}
}

bool belayi_rule_fires(const struct belayi_site *site,
		       struct belayi_site_rule *rule, uint64_t n)
{
	const struct belay_trigger *trigger = &rule->rule->text->trigger;
	uint64_t elapsed = 0;
	uint64_t counted = count(rule, n);

	if (rule->rule->is_replayed)
		return belayi_rule_replays(rule->rule, site->hash, n);
	if (!rule->rule->has_trigger)
		return true;
	if (trigger->from_ns || trigger->for_ns != UINT64_MAX)
		elapsed = belayi_policies_elapsed();
	return belay_trigger_fires(trigger, counted, belayi_random(rule, n),
				   elapsed) &&
	       (!trigger->once || spend(rule));
}
