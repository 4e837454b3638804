/* SPDX-License-Identifier: MIT */
/*
 * policy_files.h - where policies are: NAME.so in one of some folders
 *
 * The folders that the user names come first, then Belay's own. What rules
 * call by a name with a slash is a path, and is not searched for.
 */
#ifndef BELAY_TOOLS_POLICY_FILES_H
#define BELAY_TOOLS_POLICY_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * policy_folders() - a list of folders with colons between, all absolute
 *
 * given: as the user wrote it, or NULL: $BELAY_POLICY_PATH counts then
 * Return: the list, "" for none; free() it. NULL: one of them cannot be, and
 *         it has been said.
 */
char *policy_folders(const char *given);

/*
 * policy_find() - the file of a policy that a rule names
 *
 * Return: whether there is one.
 */
bool policy_find(const char *folders, const char *name,
		 char ret_path[PATH_MAX]);

/* policy_missing() - why there is none, and what there is instead */
void policy_missing(const char *folders, const char *name, char *text,
		    size_t size);

/*
 * policy_each() - visits what policy_find() would find, by their names
 *
 * visit: return false to stop
 */
void policy_each(const char *folders,
		 bool (*visit)(const char *name, const char *path, void *data),
		 void *data);

#endif
