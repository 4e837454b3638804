/* SPDX-License-Identifier: MIT */
/*
 * report_arguments.c - a call's arguments by their names
 */
#include "report_arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static enum belay_argument_type type_of(const char *word, size_t length)
{
	static const char *const words[] = {
#define WORD(name, word, sentence) word,
		BELAY_ARGUMENT_TYPES(WORD)
#undef WORD
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length &&
		    memcmp(words[i], word, length) == 0)
			return (enum belay_argument_type)i;
	return BELAY_ARGUMENT_UINT;
}

bool argument_next(const char **at, struct argument *argument)
{
	const char *word = *at + strspn(*at, " ");
	size_t length = strcspn(word, " ");
	const char *colon = memchr(word, ':', length);
	size_t name = colon ? (size_t)(colon - word) : length;

	if (length == 0)
		return false;
	argument->index += argument->name[0] != '\0';
	(void)text_safe(word, name, argument->name, sizeof(argument->name));
	argument->type = colon ? type_of(colon + 1, length - name - 1)
			       : BELAY_ARGUMENT_UINT;
	*at = word + length;
	return true;
}

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, size - used, "%s%s", used ? " " : "", more);
}

static void append_argument(const struct report_call *call,
			    const struct argument *argument, char *text,
			    size_t size)
{
	uint64_t value = argument->index < call->args_count
				 ? call->args[argument->index]
				 : 0;
	char more[ARGUMENT_NAME + 2 * BELAY_TEXT_MAX];
	char safe[2 * BELAY_TEXT_MAX];
	const char *words = call->text ? call->text : "";

	switch (argument->type) {
	case BELAY_ARGUMENT_TEXT:
		(void)snprintf(
			more, sizeof(more), "%s=\"%s\"", argument->name,
			text_safe(words, strlen(words), safe, sizeof(safe)));
		break;
	case BELAY_ARGUMENT_POINTER:
		(void)snprintf(more, sizeof(more), "%s=0x%" PRIx64,
			       argument->name, value);
		break;
	case BELAY_ARGUMENT_UINT:
	case BELAY_ARGUMENT_SIZE:
		(void)snprintf(more, sizeof(more), "%s=%" PRIu64,
			       argument->name, value);
		break;
	default:
		(void)snprintf(more, sizeof(more), "%s=%" PRId64,
			       argument->name, (int64_t)value);
		break;
	}
	append(text, size, more);
}

static void append_nameless(const struct report_call *call, char *text,
			    size_t size)
{
	char more[2 * BELAY_TEXT_MAX], safe[2 * BELAY_TEXT_MAX];

	for (size_t i = 0; i < call->args_count; i++) {
		(void)snprintf(more, sizeof(more), "%" PRIu64, call->args[i]);
		append(text, size, more);
	}
	if (!call->text)
		return;
	(void)snprintf(
		more, sizeof(more), "\"%s\"",
		text_safe(call->text, strlen(call->text), safe, sizeof(safe)));
	append(text, size, more);
}

char *arguments_text(const struct report_call *call, const char *note,
		     char *text, size_t size)
{
	struct argument argument = {0};

	text[0] = '\0';
	if (!note)
		append_nameless(call, text, size);
	while (note && argument_next(&note, &argument))
		append_argument(call, &argument, text, size);
	return text;
}
