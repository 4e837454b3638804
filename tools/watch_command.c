/* SPDX-License-Identifier: MIT */
/*
 * watch_command.c - the command line that `belay run` and `belay trace` share
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/table.h>

#include "array.h"
#include "options.h"
#include "say.h"
#include "watch.h"

/* Patterns reach the program in one variable, with colons between. */
static bool add_pattern(char **list, const char *pattern, const char *option)
{
	bool relative = strchr(pattern, '/') && !strchr("/*?[", *pattern);
	char *longer = NULL;

	if (!*pattern || strchr(pattern, ':') || relative) {
		say("Option \"--%s\" wants a program's name or absolute path "
		    "without colons, not \"%s\"",
		    option, pattern);
		return false;
	}
	if (asprintf(&longer, "%s%s%s", *list ? *list : "", *list ? ":" : "",
		     pattern) < 0)
		abort();
	free(*list);
	*list = longer;
	return true;
}

static bool add_variable(struct watch *watch, const char *value)
{
	if (!*value || *value == '=') {
		say("Option \"--env\" wants VAR=VAL or VAR, not \"%s\"", value);
		return false;
	}
	watch->variables = array_grow(watch->variables, watch->variables_count,
				      sizeof(*watch->variables));
	watch->variables[watch->variables_count++] = (char *)value;
	return true;
}

static bool add_rules(struct watch *watch, const char *given, bool is_file)
{
	watch->rules = array_grow(watch->rules, watch->rules_count,
				  sizeof(*watch->rules));
	watch->rules[watch->rules_count++] =
		(struct rule_source){.given = given, .is_file = is_file};
	return true;
}

static bool take_of_rules(struct watch *watch, int id, const char *value)
{
	switch (id) {
	case 'p':
	case 'P':
		return add_rules(watch, value, id == 'P');
	case WATCH_POLICY_PATH:
		watch->policy_path = value;
		return true;
	case WATCH_RECORD:
		watch->record = value;
		return true;
	case WATCH_REPLAY:
		watch->replay = value;
		return true;
	case 'n':
		watch->check_only = true;
		return true;
	case WATCH_SEED:
		watch->seed_given = true;
		return options_number("seed", value, 0, ULONG_MAX,
				      &watch->seed);
	}
	return false;
}

static bool take(void *settings, int id, const char *value)
{
	struct watch *watch = settings;

	switch (id) {
	case 'a':
		watch->apis = value;
		return true;
	case WATCH_ONLY:
		return add_pattern(&watch->only, value, "only");
	case WATCH_NOT:
		return add_pattern(&watch->not_these, value, "not");
	case 'E':
		return add_variable(watch, value);
	case WATCH_CALLS:
		return options_number("calls", value, 1, BELAY_SLOTS_MAX - 1,
				      &watch->calls);
	case 'j':
		watch->json = value;
		return true;
	case 'k':
		watch->keep = true;
		return true;
	case 's':
		watch->strict = true;
		return true;
	case 'o':
		watch->output = value;
		return true;
	case WATCH_LOSSLESS:
		watch->lossless = true;
		return true;
	}
	return take_of_rules(watch, id, value);
}

static bool rules_make_sense(const struct watch *watch)
{
	bool rules = watch->rules_count || watch->replay;

	if (watch->check_only && !rules)
		say("Which rules? belay %s -n -p RULE", watch->command);
	else if (watch->record && !rules)
		say("Which rules? belay %s --record=%s -p RULE PROGRAM",
		    watch->command, watch->record);
	else if (watch->replay && watch->rules_count)
		say("Option \"--replay\" brings its own rules: leave "
		    "\"--rule\" and \"--rules\" out");
	else if (watch->replay && watch->seed_given)
		say("Option \"--replay\" brings its own seed: leave "
		    "\"--seed\" out");
	else
		return true;
	return false;
}

int watch_command(struct watch *watch, const char *about,
		  const struct option_spec *specs, int argc, char **argv)
{
	const struct option_set set = {
		.name = watch->command,
		.operands = "[--] PROGRAM [ARGUMENT]...",
		.about = about,
		.specs = specs,
		.notes = "The exit status is PROGRAM's; if a signal ends it, "
			 "belay ends by the same signal.\n125: belay itself "
			 "failed; 126: PROGRAM cannot be executed; 127: it was "
			 "not found.",
		.command_follows = true,
		.take = take,
	};
	int first = options_parse(&set, argc, argv, watch);

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_NOT_STARTED;
	if (!rules_make_sense(watch))
		return SAY_NOT_STARTED;
	if (first == argc && !watch->check_only) {
		say("Which program? belay %s [OPTION]... PROGRAM "
		    "[ARGUMENT]...",
		    watch->command);
		return SAY_NOT_STARTED;
	}
	watch->line = argv;
	return watch_run(watch, argv + first);
}
