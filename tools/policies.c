/* SPDX-License-Identifier: MIT */
/*
 * policies.c - `belay policies`: what can be done to calls, as the policies
 * themselves say
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "options.h"
#include "policy_files.h"
#include "policy_load.h"
#include "say.h"
#include "trial.h"

enum { POLICY_PATH = 256 };

struct policies {
	bool verbose;
	bool failed;
	const char *path;   /* --policy-path, or NULL */
	const char *wanted; /* NULL: all */
	uint32_t types;     /* of values that were shown */
	unsigned int shown;
};

static const struct option_spec specs[] = {
	{'v', "verbose", NULL,
	 "Show each policy's arguments and how their values are\nwritten"},
	{POLICY_PATH, "policy-path", "LIST",
	 "Look for policies in these folders first, with colons\n"
	 "between (default: $BELAY_POLICY_PATH)"},
	{0},
};

static bool take(void *settings, int id, const char *value)
{
	struct policies *policies = settings;

	if (id == 'v')
		policies->verbose = true;
	else
		policies->path = value;
	return true;
}

static const struct option_set set = {
	.name = "policies",
	.operands = "[POLICY]",
	.about = "Shows the policies that rules can name, or one of them with "
		 "its arguments: a name,\nor the path of a policy of your own. "
		 "\"belay run -p RULE\" uses them.",
	.specs = specs,
	.notes = "The exit status is 0; 1 if there is no such policy or one "
		 "cannot be used;\n2 for wrong usage.",
	.take = take,
};

struct value_type {
	const char *word;
	const char *sentence;
};

static const struct value_type types[] = {
#define TYPE(name, word, sentence) [BELAY_VALUE_##name] = {(word), (sentence)},
	BELAY_VALUES(TYPE)
#undef TYPE
};

/* "duration range" becomes "DURATION-RANGE", "finish begin" "finish|begin". */
static void put_value(const struct belay_policy_argument *argument, char *text,
		      size_t size)
{
	bool choice = argument->type == BELAY_VALUE_CHOICE;

	(void)snprintf(text, size, "%s",
		       choice ? argument->choices : types[argument->type].word);
	for (char *c = text; *c; c++)
		if (*c == ' ')
			*c = choice ? '|' : '-';
		else if (!choice)
			*c = (char)toupper((unsigned char)*c);
}

static void put_argument(const struct belay_policy_argument *argument,
			 char *text, size_t size)
{
	char value[80];

	put_value(argument, value, sizeof(value));
	if (argument->type == BELAY_VALUE_FLAG)
		(void)snprintf(text, size, "%s", argument->name);
	else
		(void)snprintf(text, size, argument->bare ? "%s[=%s]" : "%s=%s",
			       argument->name, value);
}

static void print_arguments(struct policies *policies,
			    const struct belay_policy *policy)
{
	const struct belay_policy_argument *a;
	char text[160];
	int width = 0;

	for (a = policy->arguments; a && a->name; a++) {
		put_argument(a, text, sizeof(text));
		if ((int)strlen(text) > width)
			width = (int)strlen(text);
		policies->types |= 1U << a->type;
	}
	for (a = policy->arguments; a && a->name; a++) {
		put_argument(a, text, sizeof(text));
		printf("  %-*s  %s", width, text, a->help ? a->help : "");
		if (a->required)
			printf(" (must be given)");
		if (a->fallback)
			printf(" (%s)", a->fallback);
		putchar('\n');
	}
}

static void print_types(uint32_t which)
{
	which &= ~(1U << BELAY_VALUE_FLAG | 1U << BELAY_VALUE_CHOICE);
	if (which)
		printf("\nHow values are written:\n");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (which & 1U << i)
			printf("  %-14s  %s\n", types[i].word,
			       types[i].sentence);
}

static bool show(const char *name, const char *path, void *data)
{
	struct policies *policies = data;
	struct trial trial = {.path = path, .name = name};
	struct belay_policy *policy = NULL;

	trial_run(&trial);
	if (trial.good)
		policy = policy_load(path, trial.why);
	if (policy) {
		printf("%s - %s\n", name, policy->title ? policy->title : "");
		if (policies->verbose)
			print_arguments(policies, policy);
		policies->shown++;
	} else {
		say("Policy \"%s\" %s: path=\"%s\"", name, trial.why, path);
		policies->failed = true;
	}
	free(policy);
	return true;
}

static void show_one(struct policies *policies, const char *folders)
{
	char path[PATH_MAX], why[POLICY_WHY];

	policies->verbose = true;
	if (policy_find(folders, policies->wanted, path)) {
		(void)show(policies->wanted, path, policies);
		return;
	}
	policy_missing(folders, policies->wanted, why, sizeof(why));
	*why = (char)toupper((unsigned char)*why);
	say("%s", why);
}

static int show_all(struct policies *policies)
{
	char *folders = policy_folders(policies->path);

	if (!folders)
		return SAY_FAILED;
	if (policies->wanted)
		show_one(policies, folders);
	else
		policy_each(folders, show, policies);
	free(folders);
	if (!policies->shown && !policies->failed && !policies->wanted)
		say("No policy is installed");
	if (policies->verbose)
		print_types(policies->types);
	if (fflush(stdout) != 0)
		return SAY_FAILED;
	return policies->shown && !policies->failed ? SAY_OK : SAY_FAILED;
}

int command_policies(int argc, char **argv)
{
	struct policies policies = {0};
	int first = options_parse(&set, argc, argv, &policies);

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_WRONG;
	if (argc - first > 1) {
		say("Too many operands: belay policies [-v] [POLICY]");
		return SAY_WRONG;
	}
	policies.wanted = argv[first];
	return show_all(&policies);
}
