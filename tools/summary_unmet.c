/* SPDX-License-Identifier: MIT */
/*
 * summary_unmet.c - rules on calls of which none was seen
 *
 * COM's methods and a program's own calls are known when it has run: what was
 * misspelt can be told no earlier.
 */
#include <stdlib.h>
#include <string.h>

#include <belay/nearest.h>
#include <belay/rules.h>

#include "summary.h"

#define ARENA_SIZE (256U << 10)

typedef char name_text[BELAY_FULL_NAME_MAX + 2];

/* "com.ICalc.Add" as "com.ICalc.*", where that is how a rule names it. */
static void put_like(const char *call, const char *name, name_text to)
{
	size_t length = strlen(call);
	const char *dot = strrchr(name, '.');

	if (!dot || length < 2 || strcmp(call + length - 2, ".*") != 0)
		(void)snprintf(to, sizeof(name_text), "%s", name);
	else
		(void)snprintf(to, sizeof(name_text), "%.*s.*",
			       (int)(dot - name), name);
}

/* Names of one API are compared without it, which would make all alike. */
static void print_nearest(const char *call, const name_text *names,
			  size_t count, FILE *to)
{
	size_t api = strcspn(call, "."), skip = api + (call[api] == '.');
	struct belay_nearest same = {.wanted = call + skip};
	struct belay_nearest other = {.wanted = call};

	for (size_t i = 0; i < count; i++)
		if (strncmp(call, names[i], skip) == 0)
			belay_nearest_look(&same, names[i] + skip);
		else
			belay_nearest_look(&other, names[i]);
	fputs("     no call that was seen has this name", to);
	if (same.name)
		fprintf(to, "; the nearest is \"%.*s%s\"", (int)skip, call,
			same.name);
	else if (other.name)
		fprintf(to, "; the nearest is \"%s\"", other.name);
	fputc('\n', to);
}

static void print_unmet(const struct summary *summary,
			const struct belay_rule *rule, FILE *to)
{
	name_text *names = calloc(summary->operations_count, sizeof(*names));

	if (!names)
		abort();
	for (size_t i = 0; i < summary->operations_count; i++) {
		const char *name = summary->operations[i].name;

		if (belay_rule_names(rule, name)) {
			free(names);
			return;
		}
		put_like(rule->call.text, name, names[i]);
	}
	print_nearest(rule->call.text, names, summary->operations_count, to);
	free(names);
}

void summary_print_unmet(const struct summary *summary, const char *text,
			 FILE *to)
{
	struct belay_rules rules = {0};
	struct belay_rule_error error;
	struct belay_arena arena = {.size = ARENA_SIZE};

	if (summary->operations_count == 0)
		return;
	arena.memory = malloc(arena.size);
	if (!arena.memory)
		abort();
	if (belay_rules_parse(&rules, text, strlen(text), NULL, &arena,
			      &error) &&
	    rules.count == 1)
		print_unmet(summary, &rules.rules[0], to);
	free(arena.memory);
}
