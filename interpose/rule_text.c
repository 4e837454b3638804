/* SPDX-License-Identifier: MIT */
/*
 * rule_text.c - what is said about a rule that is wrong
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rule_parts.h"

void belayi_say(struct belay_rule_error *error, uint32_t column,
		const char *format, ...)
{
	va_list arguments;

	error->column = column;
	va_start(arguments, format);
	(void)vsnprintf(error->what, sizeof(error->what), format, arguments);
	va_end(arguments);
}

/* The line is kept from its start, so that columns fit it. */
void belayi_rule_error_at(const struct belay_rule *rule,
			  struct belay_rule_error *error)
{
	error->file = rule->file;
	error->line = rule->line;
	error->rule = rule->text - (rule->call.column - 1);
	error->rule_length = strlen(error->rule);
}

static bool has(const struct belayi_list *list, const char *name, size_t length)
{
	const char *at = list->text;

	while ((at = strstr(at, name)) != NULL) {
		bool begins = at == list->text || at[-1] == ' ';

		if (begins && (at[length] == ',' || at[length] == '\0'))
			return true;
		at += length;
	}
	return false;
}

void belayi_list_add(struct belayi_list *list, const char *name)
{
	size_t length = strlen(name);
	size_t room = sizeof(list->text) - list->used;

	if (length == 0 || list->cut || has(list, name, length))
		return;
	list->cut = length + sizeof(", , ...") > room;
	list->used += (size_t)snprintf(list->text + list->used, room, "%s%s",
				       list->used ? ", " : "",
				       list->cut ? "..." : name);
}

struct belayi_hint belayi_did_you_mean(const char *name)
{
	struct belayi_hint hint = {""};

	if (name)
		(void)snprintf(hint.text, sizeof(hint.text),
			       " (did you mean \"%.64s\"?)", name);
	return hint;
}
