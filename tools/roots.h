/* SPDX-License-Identifier: MIT */
/*
 * roots.h - the folders that hold sessions, one per user
 */
#ifndef BELAY_TOOLS_ROOTS_H
#define BELAY_TOOLS_ROOTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * root_find_own() - the same as root_open_own(), but says nothing
 *
 * Return: -1: *ret_why says why not in ret_path.
 */
int root_find_own(char ret_path[PATH_MAX], const char **ret_why);

/*
 * root_open_own() - opens this user's folder for sessions, made when missing
 *
 * Return: a descriptor, and ret_path is its path; or -1, and it has been said
 *         why.
 */
int root_open_own(char ret_path[PATH_MAX]);

/*
 * root_each() - visits the folders for sessions that can be read: this
 * user's own ones, and everybody's where the system lets us in
 */
void root_each(bool (*visit)(int root, uid_t owner, const char *path,
			     void *data),
	       void *data);

#endif
