/* SPDX-License-Identifier: MIT */
/*
 * preload.h - the libraries that are loaded into the program
 */
#ifndef BELAY_TOOLS_PRELOAD_H
#define BELAY_TOOLS_PRELOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * preload_apis() - visits the APIs that there are adapters for, by name
 *
 * visit: return false to stop
 */
void preload_apis(bool (*visit)(const char *api, const char *path, void *data),
		  void *data);

/*
 * preload_named() - visits those of a list with commas; the path of an adapter
 * stands for an API, too
 *
 * Return: false if there is no such API, and it has been said.
 */
bool preload_named(const char *apis,
		   bool (*visit)(const char *api, const char *path, void *data),
		   void *data);

/* preload_unknown_api() - says that there is no such API, and what there is */
void preload_unknown_api(const char *api);

/*
 * preload_adapter() - looks at an adapter of the user's own
 *
 * Return: whether it is one; else it has been said what it is
 */
bool preload_adapter(const char *given, char ret_path[PATH_MAX]);

/*
 * preload_list() - what LD_PRELOAD has to say
 *
 * apis:  names, or paths of adapters, with commas between; NULL for all
 * other: what the user preloads, or NULL: comes after ours
 * Return: the text, to be freed; or NULL, and it has been said why.
 */
char *preload_list(const char *apis, const char *other);

#endif
