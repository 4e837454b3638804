/* SPDX-License-Identifier: MIT */
/*
 * run.c - `belay run`: watches a program and sums up its calls
 */
#include "command.h"
#include "options.h"
#include "say.h"
#include "watch.h"

static const struct option_spec specs[] = {
	WATCH_OPTIONS,
	{0},
};

static const struct option_set set = {
	.name = "run",
	.operands = "[--] PROGRAM [ARGUMENT]...",
	.about =
		"Runs PROGRAM, makes its asynchronous calls visible, and says "
		"at its end what it\ncalled: how often, how long it took, what "
		"failed, was cancelled or never finished.\nMeanwhile \"belay ps\" "
		"shows the calls that are in flight.",
	.specs = specs,
	.notes =
		"The exit status is PROGRAM's; if a signal ends it, belay ends "
		"by the same signal.\n125: belay itself failed; 126: PROGRAM "
		"cannot be executed; 127: it was not found.",
	.command_follows = true,
	.take = watch_take,
};

int command_run(int argc, char **argv)
{
	struct watch watch = {.command = "run"};
	int first = options_parse(&set, argc, argv, &watch);

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_NOT_STARTED;
	if (first == argc) {
		say("Which program? belay run [OPTION]... PROGRAM "
		    "[ARGUMENT]...");
		return SAY_NOT_STARTED;
	}
	return watch_run(&watch, argv + first);
}
