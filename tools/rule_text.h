/* SPDX-License-Identifier: MIT */
/*
 * rule_text.h - a text that rules come from, and what is said of wrong ones
 */
#ifndef BELAY_TOOLS_RULE_TEXT_H
#define BELAY_TOOLS_RULE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule_source;

/*
 * struct rule_text - free its text
 *
 * file:  NULL: the command line
 * first: index of the first rule that came from it
 */
struct rule_text {
	const char *file;
	char *text;
	size_t length;
	uint32_t first;
};

/*
 * rule_text_read() - reads what the command line names
 *
 * Return: false, and it has been said why.
 */
bool rule_text_read(const struct rule_source *source, struct rule_text *text);

/*
 * rule_text_wrong() - says what is wrong with a rule, and shows its line with a
 * mark below, as compilers do
 */
void rule_text_wrong(const struct rule_text *text, uint32_t line,
		     uint32_t column, const char *what);

/* rule_text_warn() - says in one line what may be wrong with it */
void rule_text_warn(const struct rule_text *text, uint32_t line,
		    uint32_t column, const char *what);

#endif
