/* SPDX-License-Identifier: MIT */
/*
 * nearest.h - which name was probably meant
 */
#ifndef BELAY_TOOLS_NEAREST_H
#define BELAY_TOOLS_NEAREST_H

#include <stddef.h>

/*
 * struct nearest - the best of the names looked at so far
 *
 * Start with {.wanted = "..."}.
 */
struct nearest {
	const char *wanted;
	const char *name; /* NULL: none is near enough */
	size_t distance;
};

/* nearest_look() - looks at one more name, which must live as long */
void nearest_look(struct nearest *nearest, const char *name);

#endif
