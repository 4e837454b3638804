/* SPDX-License-Identifier: MIT */
/*
 * trace_command.c - `belay trace`: watches a program and records each call
 */
#include "command.h"
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

static const char about[] =
	"Runs PROGRAM like \"belay run\", and records each call's begin, cancel, "
	"completion\nand finish with LTTng. Uses the session daemon that is "
	"running, or one of its own.";

int command_trace(int argc, char **argv)
{
	struct watch watch = {.command = "trace", .trace = true};

	return watch_command(&watch, about, specs, argc, argv);
}
