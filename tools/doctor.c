/* SPDX-License-Identifier: MIT */
/*
 * doctor.c - `belay doctor`: what a user may have wrong, before a run
 *
 * Nothing is started but what cannot be known otherwise, and the program never.
 */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "command.h"
#include "options.h"
#include "say.h"
#include "text.h"

static const struct option_spec specs[] = {
	{0},
};

static bool take(void *settings, int id, const char *value)
{
	(void)settings;
	(void)id;
	(void)value;
	return false;
}

static const struct option_set set = {
	.name = "doctor",
	.operands = "[PROGRAM]",
	.about = "Looks for what keeps Belay from working on this machine, and "
		 "on PROGRAM, which is\nlooked at but not run. Each line is "
		 "ok, a note or a problem; the latter two say what\nto do.",
	.specs = specs,
	.notes = "The exit status is 0 if there is no problem, 1 if there is "
		 "one; 2 for wrong usage.",
	.take = take,
};

void doctor_say(struct doctor *doctor, enum doctor_level level,
		const char *advice, const char *format, ...)
{
	static const char *const words[] = {"ok", "note", "problem"};
	char line[1024], safe[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	printf("%-7s  %s\n", words[level],
	       text_safe(line, sizeof(line), safe, sizeof(safe)));
	if (advice)
		printf("%-7s  -> %s\n", "", advice);
	doctor->problems += level == DOCTOR_PROBLEM;
}

static int end(const struct doctor *doctor)
{
	if (doctor->problems)
		printf("%u problem%s found.\n", doctor->problems,
		       text_s(doctor->problems));
	else
		printf("No problem was found.\n");
	return fflush(stdout) == 0 && !doctor->problems ? SAY_OK : SAY_FAILED;
}

int command_doctor(int argc, char **argv)
{
	struct doctor doctor = {0};
	int first = options_parse(&set, argc, argv, &doctor);

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_WRONG;
	if (argc - first > 1) {
		say("One program at a time, without its arguments: belay "
		    "doctor [PROGRAM]");
		return SAY_WRONG;
	}
	doctor_look_at_us(&doctor);
	doctor_look_at_memory(&doctor);
	doctor_look_at_lttng(&doctor);
	if (first < argc && !doctor_look_at_program(&doctor, argv[first]))
		return SAY_FAILED;
	return end(&doctor);
}
