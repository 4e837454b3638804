/* SPDX-License-Identifier: MIT */
/*
 * libraries.h - the libraries that a program would be loaded with, without
 * running it
 */
#ifndef BELAY_TOOLS_LIBRARIES_H
#define BELAY_TOOLS_LIBRARIES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* struct library - one of them; path is "" where it was not found */
struct library {
	char name[128]; /* as who needs it calls it: "libpq.so.5" */
	char path[PATH_MAX];
};

/* struct libraries - starts as {0} */
struct libraries {
	struct library *list;
	size_t count;
};

/*
 * libraries_find() - what a program needs, and what that needs, and so on
 *
 * Looks where the loader does: at the search paths in the files, at
 * LD_LIBRARY_PATH, in the loader's cache, in the system's folders.
 */
void libraries_find(struct libraries *libraries, const char *program);

/* libraries_have() - whether a library of this name is among them */
bool libraries_have(const struct libraries *libraries, const char *name);

void libraries_deinit(struct libraries *libraries);

#endif
