/* SPDX-License-Identifier: MIT */
/*
 * hooks.c - calls the hooks of the policies whose rules fired at a call
 *
 * What a hook answers is looked through before anything is done with it, see
 * answers.c.
 */
#include "decisions.h"

/*
 * Member by member, where it is to be: what is written in small pieces and
 * copied at once in large ones, the processor has to wait for.
 */
static void show_call(const struct belayi_decided *decided, uint8_t by,
		      struct belay_policy_call *ret_call)
{
	const struct belayi_site *site = decided->site;
	const struct belayi_fired *fired = &decided->fired[by];

	ret_call->size = sizeof(*ret_call);
	ret_call->thread = decided->thread;
	ret_call->id = decided->id;
	ret_call->operation = site->operation;
	ret_call->key = decided->key;
	ret_call->owner = decided->owner;
	ret_call->site = (uint64_t)(uintptr_t)site->address;
	ret_call->module = site->module;
	ret_call->offset = site->offset;
	ret_call->n = fired->n;
	ret_call->random = belayi_random(fired->rule, fired->n);
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		ret_call->args[i] = decided->args[i];
	ret_call->text = NULL;
}

uint64_t belayi_hook_begin(struct belayi_decided *draft, uint8_t by,
			   const char *text)
{
	const struct belayi_rule *rule = draft->fired[by].rule->rule;
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};
	struct belay_policy_call call;

	show_call(draft, by, &call);
	call.text = text;
	if (rule->policy->begin)
		rule->policy->begin(rule->instance, &call, &verdict);
	return belayi_verdict_add(draft, &verdict, by);
}

uint8_t belayi_hooks_cancel(const struct belayi_decided *decided,
			    enum belay_party by)
{
	for (uint8_t i = 0; i < decided->fired_count; i++) {
		const struct belayi_rule *rule = decided->fired[i].rule->rule;
		struct belay_policy_call call;

		if (!rule->policy->cancel)
			continue;
		show_call(decided, i, &call);
		if (!rule->policy->cancel(rule->instance, &call, by))
			return i;
	}
	return BELAYI_NO_RULE;
}

void belayi_hooks_completing(const struct belayi_decided *decided,
			     struct belay_outcome *outcome)
{
	for (uint8_t i = 0; i < decided->fired_count; i++) {
		const struct belayi_rule *rule = decided->fired[i].rule->rule;
		struct belay_outcome before = *outcome;
		struct belay_policy_call call;

		if (!rule->policy->completing)
			continue;
		show_call(decided, i, &call);
		rule->policy->completing(rule->instance, &call, outcome);
		belayi_answer_outcome(decided, i, &before, outcome);
	}
}

void belayi_hooks_finish(const struct belayi_decided *decided,
			 const struct belay_outcome *outcome)
{
	for (uint8_t i = 0; i < decided->fired_count; i++) {
		const struct belayi_rule *rule = decided->fired[i].rule->rule;
		struct belay_policy_call call;

		if (!rule->policy->finish)
			continue;
		show_call(decided, i, &call);
		rule->policy->finish(rule->instance, &call, outcome);
	}
}
