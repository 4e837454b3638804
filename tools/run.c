/* SPDX-License-Identifier: MIT */
/*
 * run.c - `belay run`: watches a program and sums up its calls
 */
#include "command.h"
#include "watch.h"

static const struct option_spec specs[] = {
	WATCH_OPTIONS,
	{0},
};

static const char about[] =
	"Runs PROGRAM, makes its asynchronous calls visible, and says at its "
	"end what it\ncalled: how often, how long it took, what failed, was "
	"cancelled or never finished.\nMeanwhile \"belay ps\" shows the calls "
	"that are in flight.";

int command_run(int argc, char **argv)
{
	struct watch watch = {.command = "run"};

	return watch_command(&watch, about, specs, argc, argv);
}
