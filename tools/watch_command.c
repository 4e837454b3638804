/* SPDX-License-Identifier: MIT */
/*
 * watch_command.c - the command line that `belay run` and `belay trace` share
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/table.h>

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
	watch->variables =
		realloc(watch->variables, (watch->variables_count + 1) *
						  sizeof(*watch->variables));
	if (!watch->variables)
		abort();
	watch->variables[watch->variables_count++] = (char *)value;
	return true;
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
	if (first == argc) {
		say("Which program? belay %s [OPTION]... PROGRAM "
		    "[ARGUMENT]...",
		    watch->command);
		return SAY_NOT_STARTED;
	}
	return watch_run(watch, argv + first);
}
