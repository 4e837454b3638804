/* SPDX-License-Identifier: MIT */
/*
 * rule_words.c - takes a line apart into words
 */
#include "rule_words.h"

#include <stdint.h>
#include <string.h>

#include "rule_parts.h"

void *reader_take(struct reader *reader, size_t size)
{
	struct belay_arena *arena = reader->arena;
	uintptr_t start = (uintptr_t)arena->memory + arena->used;
	size_t gap = -start & (_Alignof(max_align_t) - 1);
	size_t room = arena->size - arena->used;

	if (gap > room || size > room - gap) {
		belayi_say(reader->error, 1, "there is no room for more rules");
		return NULL;
	}
	arena->used += gap + size;
	return arena->memory + (arena->used - size);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Tabs are blanks, and nothing else below a blank can stand in a rule. */
static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static bool wrong_character(struct reader *reader, uint32_t at)
{
	return belayi_wrong(reader->error, at + 1,
			    "the byte 0x%02x cannot stand in a rule",
			    (unsigned char)reader->line[at]);
}

/* Return: where a quoted part ends that begins at `at`, 0 where it does not. */
static uint32_t quote_end(const struct reader *reader, uint32_t at)
{
	char quote = reader->line[at];

	for (at++; at < reader->length; at++) {
		if (reader->line[at] == quote)
			return at;
		if (quote == '"' && reader->line[at] == '\\')
			at++;
	}
	return 0;
}

bool reader_next(struct reader *reader, struct raw *ret_raw)
{
	const char *line = reader->line;
	uint32_t at = reader->at, end;

	while (at < reader->length && is_blank(line[at]))
		at++;
	ret_raw->from = at;
	if (at < reader->length && line[at] == '#')
		at = ret_raw->from = reader->length;
	for (; at < reader->length && !is_blank(line[at]); at++) {
		if (is_control(line[at]))
			return wrong_character(reader, at);
		if (line[at] != '\'' && line[at] != '"')
			continue;
		end = quote_end(reader, at);
		if (!end)
			return belayi_wrong(reader->error, at + 1,
					    "the quote %c does not end",
					    line[at]);
		for (; at < end; at++)
			if (is_control(line[at]) && line[at] != '\t')
				return wrong_character(reader, at);
	}
	ret_raw->to = reader->at = at;
	if (ret_raw->from < at)
		reader->end = at;
	return true;
}

bool reader_unquote(struct reader *reader, struct raw raw,
		    struct belay_word *ret_word)
{
	char *to = reader_take(reader, raw.to - raw.from + 1);
	const char *line = reader->line;
	char quote = '\0';

	if (!to)
		return false;
	ret_word->text = to;
	ret_word->column = raw.from + 1;
	for (uint32_t at = raw.from; at < raw.to; at++) {
		char c = line[at];

		if (c == quote || (!quote && (c == '\'' || c == '"'))) {
			quote = quote ? '\0' : c;
			continue;
		}
		if (quote == '"' && c == '\\' &&
		    (line[at + 1] == '"' || line[at + 1] == '\\'))
			c = line[++at];
		*to++ = c;
	}
	*to = '\0';
	return true;
}

bool reader_is(const struct reader *reader, struct raw raw, const char *word)
{
	return raw.to - raw.from == strlen(word) &&
	       memcmp(reader->line + raw.from, word, strlen(word)) == 0;
}
