/* SPDX-License-Identifier: MIT */
/*
 * idl_widl.h - runs widl, Wine's IDL compiler
 */
#ifndef BELAY_TOOLS_IDL_WIDL_H
#define BELAY_TOOLS_IDL_WIDL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * struct idl - one run of `belay idl`
 *
 * file:     the IDL file, as the user named it
 * base:     its last part; name: without ".idl"; folder: the part before
 * includes: folders of -I
 * output:   where the results go
 * made:     how much of its path names the first folder that was made; or 0
 * work:     a folder in there, in which they are made; "" until it is
 * widl:     the compiler's path
 * said:     what widl has told the user so far, or NULL
 */
struct idl {
	const char *file;
	const char *base;
	char name[NAME_MAX + 1];
	char folder[PATH_MAX];
	const char **includes;
	size_t include_count;
	const char *output;
	size_t made;
	char work[PATH_MAX];
	char widl[PATH_MAX];
	char *said;
};

/* widl_find() - finds the compiler; says which package has it if it cannot */
bool widl_find(struct idl *idl);

/*
 * widl_run() - runs it
 *
 * arguments: besides the machine and the folders; ends with NULL
 * ret_output: NULL, or where its output is to go, to be freed
 *
 * Its messages are passed on to the user, each only once.
 * Return: whether it ended well; else there is no output.
 */
bool widl_run(struct idl *idl, const char *const *arguments, char **ret_output);

/* widl_folder() - the folder of Belay's own IDL files */
const char *widl_folder(void);

#endif
