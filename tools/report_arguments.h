/* SPDX-License-Identifier: MIT */
/*
 * report_arguments.h - a call's arguments by their names
 *
 * The names are those of the `operation` event, "fd:fd size:size"; a trace
 * made by hand may lack it.
 */
#ifndef BELAY_TOOLS_REPORT_ARGUMENTS_H
#define BELAY_TOOLS_REPORT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "report_calls.h"

#define ARGUMENT_NAME 32

struct argument {
	char name[ARGUMENT_NAME];
	enum belay_argument_type type;
	size_t index; /* in the call's args */
};

/*
 * argument_next() - the next argument of an operation
 *
 * argument: zeroed before the first
 * at:       where the list goes on, from call to call
 */
bool argument_next(const char **at, struct argument *argument);

/* arguments_text() - "fd=3 size=4096 offset=8192"; note: NULL without names */
char *arguments_text(const struct report_call *call, const char *note,
		     char *text, size_t size);

#endif
