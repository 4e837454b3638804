/* SPDX-License-Identifier: MIT */
/*
 * program.h - finds the program to run, and whether it can be watched
 */
#ifndef BELAY_TOOLS_PROGRAM_H
#define BELAY_TOOLS_PROGRAM_H

#include <limits.h>

/* What a preload can do with a program. */
enum program_kind {
	PROGRAM_WATCHED,
	PROGRAM_STATIC,     /* not itself, but what it starts */
	PROGRAM_PRIVILEGED, /* gets rights; preloads are ignored */
	PROGRAM_FOREIGN,    /* for another machine, or 32-bit */
};

/*
 * struct program - a program
 *
 * path:    of the file to execute
 * loaded:  the ELF file that the kernel loads: path, or its interpreter's
 * started: the program that a script has env(1) start, or ""
 */
struct program {
	enum program_kind kind;
	char path[PATH_MAX];
	char loaded[PATH_MAX];
	char started[256];
};

/*
 * program_find() - finds what execvp() would execute, and looks at it
 *
 * Return: 0, or the exit status to end with, and it has been said why.
 */
int program_find(const char *name, struct program *ret_program);

/* program_kind_sentence() - why it is not watched, as in "NAME ..." */
const char *program_kind_sentence(enum program_kind kind);

#endif
