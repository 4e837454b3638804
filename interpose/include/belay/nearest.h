/* SPDX-License-Identifier: MIT */
/*
 * belay/nearest.h - which name was probably meant
 */
#ifndef BELAY_NEAREST_H
#define BELAY_NEAREST_H

#include <stddef.h>

/*
 * struct belay_nearest - the best of the names looked at so far
 *
 * Start with {.wanted = "..."}.
 */
struct belay_nearest {
	const char *wanted;
	const char *name; /* NULL: none is near enough */
	size_t distance;
};

/* belay_nearest_look() - looks at one more name, which must live as long */
void belay_nearest_look(struct belay_nearest *nearest, const char *name);

#endif
