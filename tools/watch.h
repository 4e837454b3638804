/* SPDX-License-Identifier: MIT */
/*
 * watch.h - runs a program and says what it called: `belay run` and
 * `belay trace`
 */
#ifndef BELAY_TOOLS_WATCH_H
#define BELAY_TOOLS_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "ruleset.h"

/* The options that both commands have. */
#define WATCH_OPTIONS                                                          \
	{'a', "apis", "LIST",                                                  \
	 "Watch these APIs only, names with commas between\n"                  \
	 "(\"belay apis\" lists them; a path loads an adapter\n"               \
	 "of your own)"},                                                      \
		{WATCH_ONLY, "only", "EXE",                                    \
		 "Watch only this program of those that are started: a\n"      \
		 "name or an absolute path; *, ? and [] match.\n"              \
		 "Repeatable"},                                                \
		{WATCH_NOT, "not", "EXE",                                      \
		 "Do not watch this program. Repeatable"},                     \
		{'E', "env", "VAR=VAL",                                        \
		 "Set a variable for the program; VAR alone takes it\n"        \
		 "away. Repeatable"},                                          \
		{WATCH_CALLS, "calls", "N",                                    \
		 "Room for N calls in flight in each process (4096)"},         \
		{'j', "json", "FILE",                                          \
		 "Write the summary as JSON to FILE instead of stderr"},       \
		{'p', "rule", "RULE",                                          \
		 "Do what RULE says: \"CALL POLICY ARGUMENT...\".\n"           \
		 "Repeatable"},                                                \
		{'P', "rules", "FILE",                                         \
		 "Do what the rules in FILE say. Repeatable"},                 \
		{WATCH_POLICY_PATH, "policy-path", "LIST",                     \
		 "Look for policies in these folders first, with colons\n"     \
		 "between (default: $BELAY_POLICY_PATH)"},                     \
		{'n', "dry-run", NULL,                                         \
		 "Check the rules, show what each can act on, and do not\n"    \
		 "start the program"},                                         \
		{WATCH_SEED, "seed", "N",                                      \
		 "What rules do at random (default: another each time)"},      \
		{WATCH_RECORD, "record", "FILE",                               \
		 "Write to FILE at which calls rules with a trigger fired"},   \
		{WATCH_REPLAY, "replay", "FILE",                               \
		 "Let the rules in FILE fire at the calls recorded there"},    \
		{'k', "keep", NULL,                                            \
		 "Keep the session for \"belay ps\" after the program\n"       \
		 "has ended"},                                                 \
	{                                                                      \
		's', "strict", NULL,                                           \
			"Do not start the program if it cannot be watched"     \
	}

enum {
	WATCH_ONLY = 256,
	WATCH_NOT,
	WATCH_CALLS,
	WATCH_LOSSLESS,
	WATCH_POLICY_PATH,
	WATCH_RECORD,
	WATCH_REPLAY,
	WATCH_SEED,
};

/* struct watch - what was asked for; the texts are argv's or on the heap */
struct watch {
	const char *command; /* "run" */
	char **line;         /* all of the command line, from there on */
	const char *apis;    /* NULL: all */
	char *only;
	char *not_these;
	char **variables;
	unsigned int variables_count;
	unsigned long calls;       /* 0: the default */
	const char *json;          /* NULL: as text to stderr */
	struct rule_source *rules; /* in their order */
	unsigned int rules_count;
	const char *policy_path; /* NULL: $BELAY_POLICY_PATH */
	unsigned long seed;
	bool seed_given;
	const char *record; /* file to write, or NULL */
	const char *replay; /* file to read, or NULL */
	bool check_only;
	bool keep;
	bool strict;
	bool trace;
	bool lossless;
	const char *output; /* of the trace; NULL: chosen for you */
};

/*
 * watch_command() - the whole of such a command
 *
 * watch: its name, and what is so without an option
 * about: what it does, for --help
 * specs: WATCH_OPTIONS, and its own
 *
 * Return: an exit status, where the program was not started.
 */
int watch_command(struct watch *watch, const char *about,
		  const struct option_spec *specs, int argc, char **argv);

/*
 * watch_run() - runs argv and ends as it does
 *
 * Return: an exit status, where the program was not started.
 */
int watch_run(const struct watch *watch, char **argv);

#endif
