/* SPDX-License-Identifier: MIT */
/*
 * decisions.c - asks the rules when a call begins, and does what they say
 *
 * Which rules fire is the host's decision: conditions, counters, triggers.
 * What then happens is their policies', one verdict each; they are put
 * together in the order of the rules.
 */
#include "decisions.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "recorder.h"
#include "slots.h"

#define NS_PER_S UINT64_C(1000000000)

struct belayi_decision *belayi_decisions;

/* How many calls each rule's conditions fitted in this process, by number. */
struct line {
	uint64_t n;
} __attribute__((aligned(BELAYI_LINE)));

static struct line *matched;

bool belayi_decisions_make(uint32_t slots)
{
	size_t size = sizeof(struct belayi_decision) * slots +
		      sizeof(struct line) * (BELAY_RULES_MAX + 1);
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return false;
	/* The parent's calls are not the child's, nor are its counts. */
	if (madvise(map, size, MADV_WIPEONFORK) < 0) {
		(void)munmap(map, size);
		return false;
	}
	belayi_decisions = map;
	matched = (struct line *)(belayi_decisions + slots);
	return true;
}

void belayi_decisions_fold(void)
{
	for (uint32_t i = 0; i < belayi_policies.count; i++) {
		struct belayi_rule *rule = &belayi_policies.rules[i];
		uint64_t n = __atomic_exchange_n(
			&matched[belayi_rule_number(rule)].n, 0,
			__ATOMIC_RELAXED);

		(void)__atomic_fetch_add(&rule->state->matched, n,
					 __ATOMIC_RELAXED);
	}
}

void belayi_decision_told(const struct belayi_decision *decision, uint8_t by,
			  const char *action, uint64_t value)
{
	const struct belayi_rule *rule;

	if (!belayi_provider || by >= decision->fired_count)
		return;
	rule = decision->fired[by].rule->rule;
	belayi_record_policy(decision->id, rule->policy->name,
			     belayi_rule_number(rule), action, value);
}

/* --- The policies ------------------------------------------------------- */

static struct belay_policy_call call_of(const struct belayi_decision *decision,
					uint8_t by, const uint64_t *args)
{
	const struct belayi_site *site = decision->site;
	const struct belayi_fired *fired = &decision->fired[by];
	struct belay_policy_call call = {
		.size = sizeof(call),
		.thread = decision->call->thread,
		.id = decision->id,
		.operation = site->operation,
		.site = (uint64_t)(uintptr_t)site->address,
		.module = site->module,
		.offset = site->offset,
		.n = fired->n,
		.random = belayi_random(site, fired->rule, fired->n),
	};

	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		call.args[i] = args[i];
	return call;
}

static uint64_t ask_policy(struct belayi_decision *decision, uint8_t by,
			   const struct belay_begin *begin)
{
	const struct belayi_rule *rule = decision->fired[by].rule->rule;
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};
	struct belay_policy_call call = call_of(decision, by, begin->args);

	call.key = (uint64_t)(uintptr_t)begin->key;
	call.owner = (uint64_t)(uintptr_t)begin->owner;
	call.text = begin->text;
	if (rule->policy->begin)
		rule->policy->begin(rule->instance, &call, &verdict);
	return belayi_verdict_add(decision, &verdict, by);
}

/* --- Begin --------------------------------------------------------------- */

static void open_decision(struct belayi_decision *decision,
			  struct belay_call *call, uint64_t turn,
			  struct belayi_site *site)
{
	decision->call = call;
	decision->turn = turn;
	decision->begun = call->begun;
	decision->site = site;
	decision->set = 0;
	decision->hold_ns = 0;
	decision->fired_count = 0;
	decision->fail_by = decision->short_by = decision->hold_by =
		decision->deadline_by = decision->refuse_by = BELAYI_NO_RULE;
	__atomic_store_n(&decision->cancel_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&decision->release_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&decision->held, BELAYI_NOT_HELD, __ATOMIC_RELAXED);
	/* Release: whoever sees the id sees a decision that is open. */
	__atomic_store_n(&decision->id, call->id, __ATOMIC_RELEASE);
}

static bool add_fired(struct belayi_decision *decision,
		      struct belayi_site_rule *rule, uint64_t n)
{
	if (decision->fired_count == BELAYI_FIRED_MAX) {
		belayi_count_up(&rule->rule->state->shadowed);
		return false;
	}
	decision->fired[decision->fired_count++] =
		(struct belayi_fired){rule, n};
	return true;
}

/* The sleep is what the rule asks for: no signal and no cancel shortens it. */
static void stall(uint64_t ns)
{
	uint64_t until = belay_clock_pair().ns;
	struct timespec time;
	int cancel_state;

	belayi_add_up(&until, ns);
	time.tv_sec = (time_t)(until / NS_PER_S);
	time.tv_nsec = (long)(until % NS_PER_S);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
	       EINTR)
		;
	(void)pthread_setcancelstate(cancel_state, NULL);
}

/* Return: how long Begin is to sleep. */
static uint64_t ask_rules(struct belayi_decision *decision,
			  struct belay_call *call, uint64_t turn,
			  struct belayi_site *site,
			  const struct belay_begin *begin)
{
	uint64_t stall_ns = 0;
	bool open = false;

	for (uint32_t i = 0; i < site->count; i++) {
		struct belayi_site_rule *rule = &site->rules[i];
		uint64_t n;

		if (!belayi_rule_fits(rule, begin))
			continue;
		n = __atomic_add_fetch(&rule->n, 1, __ATOMIC_RELAXED);
		belayi_count_up(&matched[belayi_rule_number(rule->rule)].n);
		if (!belayi_rule_fires(site, rule, n,
				       belayi_random(site, rule, n)))
			continue;
		if (!open)
			open_decision(decision, call, turn, site);
		open = true;
		if (!add_fired(decision, rule, n))
			continue;
		if (belayi_policies.state->recording && rule->rule->has_trigger)
			belayi_rule_note(rule->rule, BELAY_ENTRY_FIRED,
					 site->address, n);
		belayi_add_up(
			&stall_ns,
			ask_policy(decision, decision->fired_count - 1, begin));
	}
	return stall_ns;
}

bool belayi_decide(struct belay_call *call, uint32_t slot, uint64_t turn,
		   const struct belay_begin *begin,
		   struct belay_outcome *ret_fault)
{
	struct belayi_site *site = belayi_site(begin, call->number);
	struct belayi_decision *decision = &belayi_decisions[slot];
	int saved = errno;
	uint64_t stall_ns;

	if (__builtin_expect(!site, 1))
		return true;
	stall_ns = ask_rules(decision, call, turn, site, begin);
	if (stall_ns)
		stall(stall_ns);
	errno = saved;
	if (!belayi_decision_of(call, slot))
		return true;
	if (decision->set & BELAY_VERDICT_FAIL_BEGIN) {
		*ret_fault = (struct belay_outcome){BELAY_FAILED,
						    decision->error, 0};
		belayi_decision_told(decision, decision->fail_by, "fail-begin",
				     (uint64_t)(int64_t)decision->error);
		return false;
	}
	if (decision->set & BELAY_VERDICT_DEADLINE)
		belayi_timing_arm(decision);
	return true;
}

/* --- Later --------------------------------------------------------------- */

static const uint64_t *args_of(const struct belayi_decision *decision)
{
	return belayi_process.slots[decision - belayi_decisions].args;
}

bool belayi_decided_cancel(struct belayi_decision *decision,
			   enum belay_party by)
{
	uint8_t refused_by = decision->set & BELAY_VERDICT_REFUSE_CANCEL
				     ? decision->refuse_by
				     : BELAYI_NO_RULE;

	for (uint8_t i = 0;
	     i < decision->fired_count && refused_by == BELAYI_NO_RULE; i++) {
		const struct belayi_rule *rule = decision->fired[i].rule->rule;
		struct belay_policy_call call =
			call_of(decision, i, args_of(decision));

		if (rule->policy->cancel &&
		    !rule->policy->cancel(rule->instance, &call, by))
			refused_by = i;
	}
	if (refused_by == BELAYI_NO_RULE)
		return true;
	belayi_decision_told(decision, refused_by, "refuse-cancel",
			     (uint64_t)by);
	return false;
}

static void change_outcome(struct belayi_decision *decision,
			   struct belay_outcome *outcome)
{
	if (decision->set & BELAY_VERDICT_FAIL_FINISH) {
		*outcome = (struct belay_outcome){BELAY_FAILED, decision->error,
						  -1};
		belayi_decision_told(decision, decision->fail_by, "fail-finish",
				     (uint64_t)(int64_t)decision->error);
	} else if ((decision->set & BELAY_VERDICT_SHORT) &&
		   outcome->ending == BELAY_SUCCEEDED &&
		   outcome->result > decision->short_to) {
		outcome->result = decision->short_to;
		belayi_decision_told(decision, decision->short_by, "short",
				     (uint64_t)decision->short_to);
	}
	for (uint8_t i = 0; i < decision->fired_count; i++) {
		const struct belayi_rule *rule = decision->fired[i].rule->rule;
		struct belay_policy_call call =
			call_of(decision, i, args_of(decision));

		if (rule->policy->completing)
			rule->policy->completing(rule->instance, &call,
						 outcome);
	}
}

enum belay_verdict belayi_decided_outcome(struct belayi_decision *decision,
					  struct belay_outcome *outcome,
					  enum belay_moment moment)
{
	if (outcome->ending == BELAY_SUCCEEDED ||
	    outcome->ending == BELAY_FAILED)
		change_outcome(decision, outcome);
	/* An adapter has asked before, see belay_adapter_look(). */
	if (moment == BELAY_AT_FINISH || belayi_slot_of(decision->call))
		return BELAY_DELIVER;
	return belayi_timing_hold(decision);
}

void belayi_decided_end(struct belayi_decision *decision,
			const struct belay_outcome *outcome)
{
	for (uint8_t i = 0; outcome && i < decision->fired_count; i++) {
		const struct belayi_rule *rule = decision->fired[i].rule->rule;
		struct belay_policy_call call =
			call_of(decision, i, args_of(decision));

		if (rule->policy->finish)
			rule->policy->finish(rule->instance, &call, outcome);
	}
	belayi_timing_end(decision);
}
