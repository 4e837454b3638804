/* SPDX-License-Identifier: MIT */
/*
 * trace_command.c - `belay trace`: watches a program and records each call
 */
#include "command.h"
#include "options.h"
#include "say.h"
#include "watch.h"

static const struct option_spec specs[] = {
	{'o', "output", "DIR",
	 "Write the trace to DIR, which is made if missing and\n"
	 "must be empty (a new folder in ~/.local/state/belay)"},
	{WATCH_LOSSLESS, "lossless", NULL,
	 "Let the program wait when the buffers are full; without\n"
	 "this, events are discarded, and counted"},
	WATCH_OPTIONS,
	{0},
};

static const struct option_set set = {
	.name = "trace",
	.operands = "[--] PROGRAM [ARGUMENT]...",
	.about = "Runs PROGRAM like \"belay run\", and records each call's "
		 "begin, cancel, completion\nand finish with LTTng. Uses the "
		 "session daemon that is running, or one of its own.",
	.specs = specs,
	.notes =
		"The exit status is PROGRAM's; if a signal ends it, belay ends "
		"by the same signal.\n125: belay itself failed; 126: PROGRAM "
		"cannot be executed; 127: it was not found.",
	.command_follows = true,
	.take = watch_take,
};

int command_trace(int argc, char **argv)
{
	struct watch watch = {.command = "trace", .trace = true};
	int first = options_parse(&set, argc, argv, &watch);

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_NOT_STARTED;
	if (first == argc) {
		say("Which program? belay trace [OPTION]... PROGRAM "
		    "[ARGUMENT]...");
		return SAY_NOT_STARTED;
	}
	return watch_run(&watch, argv + first);
}
