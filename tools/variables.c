/* SPDX-License-Identifier: MIT */
/*
 * variables.c - the environment that the program gets
 */
#include "variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* BELAY=off is the user's own word, and stays. */
static const char *const ours[] = {
	"BELAY_CALLS", "BELAY_NOT",     "BELAY_ONLY",   "BELAY_RULES",
	"BELAY_SEED",  "BELAY_SESSION", "BELAY_STRICT", "BELAY_TRACE",
};

static char **find(const struct variables *variables, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < variables->count; i++)
		if (strncmp(variables->list[i], name, length) == 0 &&
		    variables->list[i][length] == '=')
			return &variables->list[i];
	return NULL;
}

static void append(struct variables *variables, char *text)
{
	variables->list = realloc(variables->list,
				  (variables->count + 2) * sizeof(char *));
	if (!text || !variables->list)
		abort();
	variables->list[variables->count++] = text;
	variables->list[variables->count] = NULL;
}

void variables_init(struct variables *variables)
{
	*variables = (struct variables){0};
	for (char **v = environ; v && *v; v++)
		append(variables, strdup(*v));
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		variables_set(variables, ours[i], NULL);
}

void variables_deinit(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		free(variables->list[i]);
	free(variables->list);
	*variables = (struct variables){0};
}

static void take_away(struct variables *variables, char **at)
{
	size_t i = (size_t)(at - variables->list);

	free(*at);
	memmove(at, at + 1, (variables->count - i) * sizeof(*at));
	variables->count--;
}

void variables_set(struct variables *variables, const char *name,
		   const char *value)
{
	char **at = find(variables, name), *text = NULL;

	if (!value) {
		while (at) {
			take_away(variables, at);
			at = find(variables, name);
		}
		return;
	}
	if (asprintf(&text, "%s=%s", name, value) < 0)
		abort();
	if (at) {
		free(*at);
		*at = text;
	} else {
		append(variables, text);
	}
}

const char *variables_get(const struct variables *variables, const char *name)
{
	char **at = find(variables, name);

	return at ? *at + strlen(name) + 1 : NULL;
}
