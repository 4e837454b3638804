/* SPDX-License-Identifier: MIT */
/*
 * report_command.c - `belay report`: its module reads traces
 */
#include "command.h"
#include "home.h"
#include "say.h"

int command_report(int argc, char **argv)
{
	int (*report_main)(int argc, char **argv);
	const char *why = "";

	report_main = (int (*)(int, char **))home_load("report.so",
						       "report_main", &why);
	if (report_main)
		return report_main(argc, argv);
	say("Cannot read traces: %s", why);
	return SAY_FAILED;
}
