/* SPDX-License-Identifier: MIT */
/*
 * policies.h - the rules of this process, each with its policy's instance
 *
 * Made once, before the program's main(), and never changed: a forked child
 * goes on with its parent's, counters included.
 */
#ifndef BELAYI_POLICIES_H
#define BELAYI_POLICIES_H

#include <belay/rules.h>

#include "process.h"

/*
 * struct belayi_rule - a rule that can act in this process
 *
 * state: shared with the session
 * n:     calls that its conditions fit, of a rule that counts by process
 * spent: 1 where `once` has been in this process
 * told:  what its policy answers wrong and was said, see answers.c
 */
struct belayi_rule {
	const struct belay_rule *text;
	const struct belay_policy *policy;
	void *instance;
	struct belay_rule_state *state;
	uint64_t n;
	uint64_t spent;
	uint32_t told;
	bool has_trigger;
	bool is_replayed;
};

struct belayi_policies {
	struct belayi_rule *rules;
	uint32_t count;
	uint64_t seed;
	struct belay_rules_state *state;
	const struct belay_replay_entry *replay;
	size_t replay_count;
	uint64_t *by_thread; /* a line of counters for each thread's record */
};

/* Nothing in it before the start, and in a process without rules. */
extern struct belayi_policies belayi_policies;

/* What a process is told of its rules, by its environment. */
struct belayi_rules_source {
	const char *path;    /* of the text */
	const char *folders; /* where policies are, "a:b", or NULL */
	uint64_t seed;
	int folder; /* of the session, or -1: what rules do stays here */
	bool strict;
};

/*
 * belayi_policies_load() - reads the rules and loads their policies
 *
 * Return: false, and a line on stderr, where that fails: then no rule acts.
 */
bool belayi_policies_load(const struct belayi_rules_source *source);

/*
 * belayi_policies_seed() - the seed that is written there; 1, and a line on
 * stderr unless text is NULL, where it is none
 */
uint64_t belayi_policies_seed(const char *text);

/* belayi_policies_texts() - all rules, one a line; "" without any */
const char *belayi_policies_texts(void);

/* belayi_policies_elapsed() - nanoseconds since the session began */
uint64_t belayi_policies_elapsed(void);

/* belayi_rule_replays() - whether the record has this call of the rule */
bool belayi_rule_replays(const struct belayi_rule *rule, uint64_t site,
			 uint64_t n);

/* belayi_rule_note() - lists a call of a rule in the session's state */
void belayi_rule_note(const struct belayi_rule *rule,
		      enum belay_rule_entry_kind kind, const void *site,
		      uint64_t n);

static inline uint32_t belayi_rule_number(const struct belayi_rule *rule)
{
	return rule->text->number;
}

#endif
