/* SPDX-License-Identifier: MIT */
/*
 * options.h - the options of a subcommand, as data
 *
 * One table serves the parser, --help, and the tests that compare it with the
 * man page and the completion.
 */
#ifndef BELAY_TOOLS_OPTIONS_H
#define BELAY_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * struct option_spec - one option
 *
 * id:       its letter, or a number above 255 where it has none
 * name:     "apis" for --apis
 * argument: what --help calls its argument, or NULL where it takes none
 * help:     a sentence without its full stop; lines are indented
 */
struct option_spec {
	int id;
	const char *name;
	const char *argument;
	const char *help;
};

/*
 * struct option_set - what a subcommand understands
 *
 * operands:        after "belay NAME [OPTION]...", as the usage line shows it
 * about:           what the subcommand does
 * specs:           its options, ends with a NULL name; --help comes by itself
 * notes:           the rest of --help, or NULL
 * command_follows: options end at the first operand: a program's are its own
 * take:            stores an option; says what is wrong and returns false
 */
struct option_set {
	const char *name;
	const char *operands;
	const char *about;
	const struct option_spec *specs;
	const char *notes;
	bool command_follows;
	bool (*take)(void *settings, int id, const char *value);
};

enum {
	OPTIONS_HELPED = -1, /* --help was printed: nothing to do */
	OPTIONS_WRONG = -2,  /* what is wrong has been said */
};

/*
 * options_parse() - reads argv, where argv[0] is the subcommand's name
 *
 * Return: the index in argv of the first operand, or OPTIONS_...
 */
int options_parse(const struct option_set *set, int argc, char **argv,
		  void *settings);

/*
 * options_number() - reads a whole number for an option
 *
 * Return: false, with the reason said, if it is none or out of range.
 */
bool options_number(const char *option, const char *value, unsigned long low,
		    unsigned long high, unsigned long *ret_number);

#endif
