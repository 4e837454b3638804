/* SPDX-License-Identifier: MIT */
/*
 * options.c - the options of a subcommand, as data
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/nearest.h>

#include "say.h"

#define SPECS_MAX 24
#define HELP_COLUMN 24

static const struct option_spec help_spec = {
	'h',
	"help",
	NULL,
	"Show this help and exit",
};

static void print_spec(const struct option_spec *spec)
{
	char left[80];
	int n = 0;

	if (spec->id < 256)
		n = snprintf(left, sizeof(left), "  -%c, ", spec->id);
	else
		n = snprintf(left, sizeof(left), "      ");
	(void)snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s",
		       spec->name, spec->argument ? "=" : "",
		       spec->argument ? spec->argument : "");
	if (strlen(left) >= HELP_COLUMN)
		printf("%s\n%*s", left, HELP_COLUMN, "");
	else
		printf("%-*s", HELP_COLUMN, left);
	for (const char *c = spec->help; *c; c++) {
		putchar(*c);
		if (*c == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	putchar('\n');
}

static void print_help(const struct option_set *set)
{
	printf("Usage: belay %s [OPTION]...%s%s\n\n%s\n\nOptions:\n", set->name,
	       *set->operands ? " " : "", set->operands, set->about);
	for (const struct option_spec *s = set->specs; s->name; s++)
		print_spec(s);
	print_spec(&help_spec);
	if (set->notes)
		printf("\n%s\n", set->notes);
}

static void unknown(const struct option_set *set, const char *typed, int letter)
{
	struct belay_nearest near = {.wanted = typed + 2};
	char name[66];

	if (letter) {
		say("Unknown option \"-%c\". \"belay %s --help\" lists the options",
		    letter, set->name);
		return;
	}
	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed + 2, "="),
		       typed + 2);
	near.wanted = name;
	for (const struct option_spec *s = set->specs; s->name; s++)
		belay_nearest_look(&near, s->name);
	belay_nearest_look(&near, "help");
	if (near.name)
		say("Unknown option \"--%s\". Did you mean \"--%s\"?", name,
		    near.name);
	else
		say("Unknown option \"--%s\". \"belay %s --help\" lists the options",
		    name, set->name);
}

static void no_argument_given(const struct option_set *set, int id)
{
	for (const struct option_spec *s = set->specs; s->name; s++)
		if (s->id == id)
			say("Option \"--%s\" needs an argument: --%s=%s",
			    s->name, s->name, s->argument);
}

/* What getopt_long() wants, made of the specs. */
struct getopt_tables {
	struct option options[SPECS_MAX + 2];
	char letters[2 * SPECS_MAX + 4];
};

static void add_spec(struct getopt_tables *tables, size_t at,
		     const struct option_spec *spec)
{
	size_t end = strlen(tables->letters);

	tables->options[at] = (struct option){
		.name = spec->name,
		.has_arg = spec->argument ? required_argument : no_argument,
		.val = spec->id,
	};
	if (spec->id < 256) {
		tables->letters[end++] = (char)spec->id;
		if (spec->argument)
			tables->letters[end] = ':';
	}
}

static void make_tables(const struct option_set *set,
			struct getopt_tables *tables)
{
	size_t n = 0;

	*tables = (struct getopt_tables){0};
	strcpy(tables->letters, set->command_follows ? "+:" : ":");
	while (n < SPECS_MAX && set->specs[n].name) {
		add_spec(tables, n, &set->specs[n]);
		n++;
	}
	add_spec(tables, n, &help_spec);
}

/* getopt_long() reports a flag that was given a value like an unknown one. */
static bool flag_with_value(const struct option_set *set, int id)
{
	for (const struct option_spec *s = set->specs; s->name; s++) {
		if (s->id == id && !s->argument) {
			say("Option \"--%s\" takes no argument", s->name);
			return true;
		}
	}
	return false;
}

static void wrong(const struct option_set *set, char **argv)
{
	const char *typed = argv[optind - 1];

	if (strncmp(typed, "--", 2) != 0)
		unknown(set, typed, optopt);
	else if (optopt == 0 || !flag_with_value(set, optopt))
		unknown(set, typed, 0);
}

int options_parse(const struct option_set *set, int argc, char **argv,
		  void *settings)
{
	struct getopt_tables tables;
	int id;

	make_tables(set, &tables);
	opterr = 0;
	optind = 0;
	while ((id = getopt_long(argc, argv, tables.letters, tables.options,
				 NULL)) != -1) {
		if (id == 'h') {
			print_help(set);
			return OPTIONS_HELPED;
		}
		if (id == '?')
			wrong(set, argv);
		else if (id == ':')
			no_argument_given(set, optopt);
		if (id == '?' || id == ':' || !set->take(settings, id, optarg))
			return OPTIONS_WRONG;
	}
	return optind;
}

bool options_number(const char *option, const char *value, unsigned long low,
		    unsigned long high, unsigned long *ret_number)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || number < low ||
	    number > high) {
		say("Option \"--%s\" wants a number from %lu to %lu, not \"%s\"",
		    option, low, high, value);
		return false;
	}
	*ret_number = number;
	return true;
}
