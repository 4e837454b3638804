/* SPDX-License-Identifier: MIT */
/*
 * watch_rules.h - the rules of a run, from the command line to the session
 */
#ifndef BELAY_TOOLS_WATCH_RULES_H
#define BELAY_TOOLS_WATCH_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record.h"
#include "session.h"
#include "variables.h"
#include "watch.h"

/*
 * struct watch_rules - starts as {0}
 *
 * text:    the rules, one a line; NULL: there are none
 * count:   of them
 * seed:    of what they do at random
 * again:   the command that does the same once more
 * folders: where their policies are
 * record:  what is written at the end, or NULL
 * replay:  what is to fire, if replaying
 */
struct watch_rules {
	char *text;
	uint32_t count;
	uint64_t seed;
	char *again;
	char *folders;
	FILE *record;
	struct record replay;
	bool replaying;
};

/*
 * watch_rules_read() - reads and checks the rules; with -n, shows them
 *
 * Return: false if any is wrong, and it has been said what.
 */
bool watch_rules_read(const struct watch *watch, struct watch_rules *rules);

/*
 * watch_rules_make() - writes them into the session
 *
 * Return: false, and it has been said why: the program would run without.
 */
bool watch_rules_make(const struct watch_rules *rules,
		      const struct session *session);

/* watch_rules_trace() - writes them beside a trace */
void watch_rules_trace(const struct watch_rules *rules, const char *folder);

/* watch_rules_environment() - tells the program of them */
void watch_rules_environment(const struct watch_rules *rules,
			     const struct session *session,
			     struct variables *variables);

/* watch_rules_record() - writes the record, if one was asked for */
void watch_rules_record(struct watch_rules *rules, const struct watch *watch,
			struct belay_rules_state *state, uint64_t lost);

/* watch_rules_replayed() - says which of a record's faults did not happen */
void watch_rules_replayed(const struct watch_rules *rules,
			  const struct watch *watch,
			  const struct belay_rules_state *state);

void watch_rules_deinit(struct watch_rules *rules);

#endif
