/* SPDX-License-Identifier: MIT */
/*
 * belay.c - the command line: one table of subcommands
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <belay/nearest.h>

#include "command.h"
#include "say.h"

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *title;
} commands[] = {
	{"run", command_run, "Watch a program and sum up its calls"},
	{"trace", command_trace, "The same, and record each call with LTTng"},
	{"report", command_report, "Sum up a recorded trace"},
	{"ps", command_ps, "Show the calls that are in flight now"},
	{"apis", command_apis, "Show the APIs that can be watched"},
	{"policies", command_policies, "Show what rules can do to calls"},
	{"idl", command_idl, "Make C of an IDL file, for COM interfaces"},
	{"doctor", command_doctor, "Find what keeps Belay from working"},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static int help(void)
{
	printf("Usage: belay COMMAND [OPTION]...\n\n"
	       "Makes the asynchronous calls of programs visible.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].title);
	printf("\nOptions:\n"
	       "  -h, --help     Show this help and exit\n"
	       "  -V, --version  Show the version and exit\n\n"
	       "\"belay COMMAND --help\" says more about a command. "
	       "Begin with: belay run PROGRAM\n");
	return SAY_OK;
}

static bool is_help(const char *name)
{
	return strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	       strcmp(name, "help") == 0;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	struct belay_nearest near = {.wanted = name};
	const char *what = *name == '-' ? "option" : "command";

	for (size_t i = 0; i < COMMANDS; i++)
		belay_nearest_look(&near, commands[i].name);
	belay_nearest_look(&near, "--help");
	belay_nearest_look(&near, "--version");
	if (near.name)
		say("Unknown %s \"%s\". Did you mean \"%s\"?", what, name,
		    near.name);
	else if (*name == '-')
		say("Unknown option \"%s\". \"belay --help\" lists what there "
		    "is",
		    name);
	else
		say("Unknown command \"%s\". \"belay --help\" lists what there "
		    "is; to run a program: belay run %s",
		    name, name);
	return SAY_WRONG;
}

/* "belay help run" is "belay run --help". */
static int help_on(char *name)
{
	const struct command *command = find(name);
	char *argv[] = {name, (char *)"--help", NULL};

	if (is_help(name))
		return help();
	return command ? command->main(2, argv) : unknown(name);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	const struct command *command = find(name);

	if (command)
		return command->main(argc - 1, argv + 1);
	if (strcmp(name, "help") == 0 && argc > 2)
		return help_on(argv[2]);
	if (is_help(name))
		return help();
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		printf("belay %s\n", BELAY_VERSION);
		return SAY_OK;
	}
	return unknown(name);
}
