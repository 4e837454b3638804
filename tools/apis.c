/* SPDX-License-Identifier: MIT */
/*
 * apis.c - `belay apis`: what can be watched, as the adapters themselves say
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/adapter.h>

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
	 "Show each operation's arguments, how it is cancelled, and\n"
	 "the errors it can end with"},
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

static void print_verbosely(const struct belay_operation *operation)
{
	printf("    arguments:");
	for (size_t i = 0;
	     i < BELAY_ARGUMENTS_MAX && operation->arguments[i].name; i++)
		printf(" %s:%s", operation->arguments[i].name,
		       argument_type(operation->arguments[i].type));
	printf("\n    cancel:    %s\n", cancel_mode(operation->cancel_mode));
	if (!operation->errors)
		return;
	printf("    errors:   ");
	for (const struct belay_error *e = operation->errors; e->name; e++)
		printf(" %s", e->name);
	printf("\n");
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

static void show_all(struct apis *apis)
{
	char path[PATH_MAX];

	if (!apis->wanted || !strchr(apis->wanted, '/')) {
		preload_apis(show, apis);
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
