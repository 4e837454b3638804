/* SPDX-License-Identifier: MIT */
/*
 * variables.h - the environment that the program gets
 */
#ifndef BELAY_TOOLS_VARIABLES_H
#define BELAY_TOOLS_VARIABLES_H

#include <stddef.h>

/* struct variables - a copy of an environment, ends with NULL */
struct variables {
	char **list;
	size_t count;
};

/* variables_init() - copies ours, without what another `belay` has set */
void variables_init(struct variables *variables);
void variables_deinit(struct variables *variables);

/* variables_set() - sets one; value: NULL takes it away */
void variables_set(struct variables *variables, const char *name,
		   const char *value);

/* variables_get() - the value of one, or NULL */
const char *variables_get(const struct variables *variables, const char *name);

#endif
