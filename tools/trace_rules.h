/* SPDX-License-Identifier: MIT */
/*
 * trace_rules.h - the rules that a trace was recorded with, in a file beside it
 *
 * Events tell of rules, too, but of long ones not all, and nobody could tell
 * from them how the program was started. The file "rules" is one of rules, as
 * option --rules takes it, with the seed and the command in its first lines.
 */
#ifndef BELAY_TOOLS_TRACE_RULES_H
#define BELAY_TOOLS_TRACE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_RULES "rules"

/*
 * struct trace_rules - what is in it
 *
 * text:  the rules, one a line
 * again: the command that does the same once more
 */
struct trace_rules {
	uint64_t seed;
	char *text;
	char *again;
};

/* trace_rules_write() - makes it in a folder; false, and errno says why not */
bool trace_rules_write(const char *folder, const struct trace_rules *rules);

/*
 * trace_rules_read() - reads such a file
 *
 * Return: false if it is none; else trace_rules_deinit() frees what it has.
 */
bool trace_rules_read(const char *path, struct trace_rules *ret_rules);

void trace_rules_deinit(struct trace_rules *rules);

#endif
