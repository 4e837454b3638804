/* SPDX-License-Identifier: MIT */
/*
 * apis.c - `belay apis`: what can be watched, as the adapters themselves say
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/adapter.h>
#include <belay/rules.h>

#include "adapters.h"
#include "command.h"
#include "options.h"
#include "preload.h"
#include "say.h"

struct apis {
	bool verbose;
	const char *wanted;
	unsigned int shown;
};

static const struct option_spec specs[] = {
	{'v', "verbose", NULL,
	 "Show each operation's arguments, how it is cancelled, the\n"
	 "errors it can end with, and what rules can do to it"},
	{0},
};

static bool take(void *settings, int id, const char *value)
{
	(void)id;
	(void)value;
	((struct apis *)settings)->verbose = true;
	return true;
}

static const struct option_set set = {
	.name = "apis",
	.operands = "[API]",
	.about = "Shows the APIs whose asynchronous calls Belay can watch, and "
		 "their operations, or\nthose of one API: a name, or the path "
		 "of an adapter of your own.",
	.specs = specs,
	.notes =
		"The exit status is 0; 1 if there is no such API or an adapter "
		"cannot be loaded;\n2 for wrong usage.",
	.take = take,
};

static const char *argument_type(enum belay_argument_type type)
{
	static const char *const words[] = {
#define WORD(name, word, sentence) [BELAY_ARGUMENT_##name] = (word),
		BELAY_ARGUMENT_TYPES(WORD)
#undef WORD
	};

	return type <= BELAY_ARGUMENT_TEXT ? words[type] : "?";
}

static const char *cancel_mode(enum belay_cancel_mode mode)
{
	static const char *const sentences[] = {
#define SENTENCE(name, word, sentence)                                         \
	[BELAY_CANCEL_##name] = (word ": " sentence),
		BELAY_CANCEL_MODES(SENTENCE)
#undef SENTENCE
	};

	return mode <= BELAY_CANCEL_CALLBACK_INSIDE ? sentences[mode] : "?";
}

static bool has_descriptor(const struct belay_operation *operation)
{
	for (size_t i = 0;
	     i < BELAY_ARGUMENTS_MAX && operation->arguments[i].name; i++)
		if (operation->arguments[i].type == BELAY_ARGUMENT_FD)
			return true;
	return false;
}

static void print_arguments(const struct belay_operation *operation)
{
	printf("    arguments:");
	for (size_t i = 0;
	     i < BELAY_ARGUMENTS_MAX && operation->arguments[i].name; i++)
		printf(" %s:%s", operation->arguments[i].name,
		       argument_type(operation->arguments[i].type));
	putchar('\n');
	if (!operation->derived && !has_descriptor(operation))
		return;
	/* Whatever has a descriptor has the path of its file. */
	printf("    for rules: %s", has_descriptor(operation) ? "path " : "");
	for (const char *const *name = operation->derived; name && *name;
	     name++)
		printf("%s ", *name);
	printf("(texts that are asked for where a rule names them)\n");
}

static void print_errors(const struct belay_operation *operation, uint32_t at,
			 const char *title)
{
	bool any = false;

	for (const struct belay_error *e = operation->errors; e && e->name;
	     e++) {
		if (!((e->at ? e->at : BELAY_ERROR_AT_FINISH) & at))
			continue;
		printf("%s %s", any ? "" : title, e->name);
		any = true;
	}
	if (any)
		putchar('\n');
}

/* In one line what can be done to a call, in the next what cannot, and why. */
static void print_faults(const struct belay_operation *operation, bool can,
			 const char *title)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} faults[] = {
#define FAULT(name, bit, word, sentence) {(bit), (word)},
		BELAY_FAULTS(FAULT)
#undef FAULT
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		if (((operation->faults & faults[i].bit) != 0) != can)
			continue;
		printf("%s %s", any ? "" : title, faults[i].word);
		any = true;
	}
	if (any && !can && operation->no_faults)
		printf(" (%s)", operation->no_faults);
	if (any)
		putchar('\n');
}

static void print_verbosely(const struct belay_operation *operation)
{
	print_arguments(operation);
	printf("    cancel:    %s\n", cancel_mode(operation->cancel_mode));
	print_errors(operation, BELAY_ERROR_AT_FINISH, "    errors:   ");
	print_errors(operation, BELAY_ERROR_AT_BEGIN, "    at begin: ");
	print_faults(operation, true, "    faults:   ");
	print_faults(operation, false, "    no faults:");
}

/* No adapter: the runtime tells of its calls by itself. */
static void print_com(bool verbose)
{
	const struct belay_operation *o = &belay_com_operation;

	printf("%s - methods of COM interfaces, as the program has them "
	       "(libbelay-com)\n  %s.%s\n",
	       o->api, o->api, o->name);
	if (!verbose)
		return;
	print_verbosely(o);
	printf("    for rules: error= takes any HRESULT that is a failure, by "
	       "its name or as 0x80004005\n");
}

static void print_adapter(const struct belay_adapter *adapter, bool verbose)
{
	struct belay_operation *operations;

	printf("%s - %s (%s)\n", adapter->name, adapter->title,
	       adapter->library ? adapter->library : "libc");
	operations = adapter_operations(adapter);
	for (uint32_t i = 0; i < adapter->operations_count; i++) {
		const struct belay_operation *o = &operations[i];

		printf("  %s.%s\n", o->api, o->name);
		if (verbose)
			print_verbosely(o);
	}
	free(operations);
}

static bool show(const char *api, const char *path, void *data)
{
	struct apis *apis = data;
	const struct belay_adapter *adapter;

	if (apis->wanted && strcmp(apis->wanted, api) != 0)
		return true;
	adapter = adapter_load(api, path);
	if (adapter) {
		print_adapter(adapter, apis->verbose);
		apis->shown++;
	}
	return true;
}

/* Without any adapter, Belay is not complete: that is to be said. */
static void show_com(struct apis *apis)
{
	bool wanted = apis->wanted ? strcmp(apis->wanted,
					    belay_com_operation.api) == 0
				   : apis->shown > 0;

	if (!wanted)
		return;
	print_com(apis->verbose);
	apis->shown++;
}

static void show_all(struct apis *apis)
{
	char path[PATH_MAX];

	if (!apis->wanted || !strchr(apis->wanted, '/')) {
		preload_apis(show, apis);
		show_com(apis);
		if (!apis->shown && apis->wanted)
			preload_unknown_api(apis->wanted);
		else if (!apis->shown)
			say("No adapter is installed");
	} else if (preload_adapter(apis->wanted, path)) {
		(void)show(apis->wanted, path, apis);
	}
}

int command_apis(int argc, char **argv)
{
	struct apis apis = {0};
	int first = options_parse(&set, argc, argv, &apis);

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_WRONG;
	if (argc - first > 1) {
		say("Too many operands: belay apis [-v] [API]");
		return SAY_WRONG;
	}
	apis.wanted = argv[first];
	show_all(&apis);
	return apis.shown ? SAY_OK : SAY_FAILED;
}
