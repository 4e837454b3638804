/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what was seen of a run, wherever it was read from
 *
 * `belay run` fills it from the session's summary file and the tables that
 * dead processes left, `belay report` from a trace. One printer serves both.
 */
#ifndef BELAY_TOOLS_SUMMARY_H
#define BELAY_TOOLS_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <belay/table.h>

#include "place.h"

struct summary_operation {
	char name[BELAY_FULL_NAME_MAX]; /* "aio.read" */
	enum belay_status_kind status_kind;
	struct belay_counters counters;
	uint64_t in_flight; /* at the end, never finished */
	uint64_t unknown;   /* may have ended in a discarded window */
};

struct summary_unfinished {
	char operation[BELAY_FULL_NAME_MAX];
	struct place place;
	uint64_t count;
	uint64_t oldest_ns;
	enum belay_state state; /* of the oldest one */
	uint32_t pid;           /* of the oldest one */
};

/* What a rule did to calls, as a trace tells it: "fail-finish" */
struct summary_action {
	char name[32];
	uint64_t count;
};

#define SUMMARY_ACTIONS 16

/*
 * struct summary_rule - one rule, and what became of it
 *
 * state:   counters, where a session has kept them
 * actions: counted in a trace; the first one without a name ends them
 */
struct summary_rule {
	char *text; /* NULL: not known */
	struct belay_rule_state state;
	struct summary_action actions[SUMMARY_ACTIONS];
};

/* Calls begun at one place that a rule could not cancel. */
struct summary_stuck {
	uint32_t rule; /* its number, from 1 */
	uint32_t pid;
	struct place place;
};

/*
 * struct summary_rules - the rules that some processes had
 *
 * text:      one a line; "": not known
 * again:     the command that does the same once more; NULL: not known
 * has_state: the rules' counters are known
 */
struct summary_rules {
	uint64_t seed;
	char *text;
	char *again;
	struct summary_rule *list;
	size_t count;
	struct summary_stuck *stuck;
	size_t stuck_count;
	bool has_state;
};

struct summary {
	struct summary_operation *operations;
	size_t operations_count;
	struct summary_unfinished *unfinished;
	size_t unfinished_count;
	struct summary_rules *rules; /* most often one set of them, or none */
	size_t rules_count;
	uint64_t processes;
	uint64_t cost_ns; /* of recording one call; 0: not known */
	uint64_t lost[BELAY_LOSS_KINDS];
	uint64_t events_discarded; /* by LTTng; 0 without a trace */
};

/* summary_operation() - finds the operation, or adds it with zero counters */
struct summary_operation *summary_operation(struct summary *summary,
					    const char *name);

/* summary_counters_add() - adds one set of counters to another */
void summary_counters_add(struct belay_counters *sum,
			  const struct belay_counters *more);

/* summary_unfinished_add() - adds `count` calls, merged by operation and place */
void summary_unfinished_add(struct summary *summary,
			    const struct summary_unfinished *more);

/*
 * summary_rules() - finds rules by their text and seed, or adds them
 *
 * text: one a line
 * Return: lent until the next call.
 */
struct summary_rules *summary_rules(struct summary *summary, uint64_t seed,
				    const char *text);

void summary_rules_deinit(struct summary_rules *rules);

/* summary_rules_state() - adds what a session knows of its rules */
void summary_rules_state(struct summary_rules *rules,
			 const struct belay_rules_state *state);

/*
 * summary_rules_act() - counts an action of a rule, by its number
 *
 * A rule whose text is not known is added.
 */
void summary_rules_act(struct summary_rules *rules, uint64_t rule,
		       const char *action, size_t length);

/* summary_rules_whole() - gives rules their text, of which a part was known */
void summary_rules_whole(struct summary_rules *rules, const char *text);

/* summary_rules_stuck() - a rule could not cancel a call; once for each place */
void summary_rules_stuck(struct summary_rules *rules,
			 const struct summary_stuck *stuck);

/* summary_percentile() - duration in ns below which `percent` of them lie */
uint64_t summary_percentile(const struct belay_counters *counters,
			    double percent);

/* summary_print() - as people read it; summary_json() - as programs do */
void summary_print(const struct summary *summary, FILE *to);
void summary_json(const struct summary *summary, FILE *to);

/* summary_print_rules() - the part of it that is about rules */
void summary_print_rules(const struct summary *summary, FILE *to);

/*
 * summary_print_unmet() - says so if no call that was seen has a rule's name
 *
 * text: of a rule that did nothing
 */
void summary_print_unmet(const struct summary *summary, const char *text,
			 FILE *to);

struct json;

/* summary_json_members() - the same, inside of a JSON object of the caller's */
void summary_json_members(const struct summary *summary, struct json *json);

void summary_deinit(struct summary *summary);

#endif
