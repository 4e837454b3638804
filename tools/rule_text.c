/* SPDX-License-Identifier: MIT */
/*
 * rule_text.c - a text that rules come from, and what is said of wrong ones
 */
#include "rule_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ruleset.h"
#include "say.h"
#include "text.h"

/* What the program's process has room for, too. */
#define TEXT_BYTES (1U << 20)

#define LINE_SHOWN 1000 /* of a line, so many bytes */

/* Editors of other systems put this before a text. */
static void skip_mark(struct rule_text *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t length = sizeof(mark) - 1;

	if (text->length < length || memcmp(text->text, mark, length) != 0)
		return;
	text->length -= length;
	memmove(text->text, text->text + length, text->length);
}

static bool read_file(struct rule_text *text)
{
	int fd = open(text->file, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	text->text = malloc(TEXT_BYTES);
	while (fd >= 0 && text->text && text->length < TEXT_BYTES) {
		n = read(fd, text->text + text->length,
			 TEXT_BYTES - text->length);
		if (n <= 0)
			break;
		text->length += (size_t)n;
	}
	if (n == 0) {
		skip_mark(text);
		(void)close(fd);
		return true;
	}
	say("Cannot read rules: path=\"%s\", error=\"%s\"", text->file,
	    n > 0 ? "More than 1 MiB of rules" : strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return false;
}

bool rule_text_read(const struct rule_source *source, struct rule_text *text)
{
	if (source->is_file)
		text->file = source->given;
	if (source->is_file && !source->text)
		return read_file(text);
	text->text = strdup(source->is_file ? source->text : source->given);
	if (!text->text)
		abort();
	text->length = strlen(text->text);
	return true;
}

static const char *line_of(const struct rule_text *text, uint32_t number,
			   size_t *ret_length)
{
	const char *at = text->text, *end = at + text->length, *next;

	while (--number && (next = memchr(at, '\n', (size_t)(end - at))))
		at = next + 1;
	next = memchr(at, '\n', (size_t)(end - at));
	*ret_length = (size_t)((next ? next : end) - at);
	return at;
}

/* The line as a terminal takes it: a tab is as wide as any other letter. */
static int show_line(const char *line, size_t length, uint32_t column,
		     char shown[LINE_SHOWN])
{
	char plain[LINE_SHOWN] = "";
	int width = 0;

	if (length >= sizeof(plain))
		length = sizeof(plain) - 1;
	for (size_t i = 0; i < length; i++)
		plain[i] = line[i] == '\t' ? ' ' : line[i];
	(void)text_safe(plain, length, shown, LINE_SHOWN);
	for (uint32_t i = 0; i + 1 < column && i < length; i++)
		width += ((unsigned char)line[i] & 0xc0) != 0x80;
	return width;
}

void rule_text_wrong(const struct rule_text *text, uint32_t line,
		     uint32_t column, const char *what)
{
	char shown[LINE_SHOWN];
	size_t length;
	const char *at = line_of(text, line, &length);
	int width = show_line(at, length, column, shown);

	say("%s:%u:%u: %s\n    %s\n    %*s^", text->file ? text->file : "-p",
	    line, column, what, shown, width, "");
}

void rule_text_warn(const struct rule_text *text, uint32_t line,
		    uint32_t column, const char *what)
{
	say("%s:%u:%u: warning: %s", text->file ? text->file : "-p", line,
	    column, what);
}
