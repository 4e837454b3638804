/* SPDX-License-Identifier: MIT */
/*
 * json.c - writes JSON, two spaces a level
 */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void write_line(struct json *json, const char *line, size_t length)
{
	char *clean = malloc(length + 1);

	if (!clean)
		abort();
	(void)text_safe(line, length, clean, length + 1);
	for (const char *c = clean; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', json->to);
		fputc(*c, json->to);
	}
	free(clean);
}

/* Commands and rules can be of several lines; no other control is let by. */
static void write_text(struct json *json, const char *text)
{
	fputc('"', json->to);
	for (;;) {
		size_t length = strcspn(text, "\n");

		write_line(json, text, length);
		if (!text[length])
			break;
		fputs("\\n", json->to);
		text += length + 1;
	}
	fputc('"', json->to);
}

static void write_name(struct json *json, const char *name)
{
	if (json->follows)
		fputc(',', json->to);
	if (json->depth)
		fprintf(json->to, "\n%*s", (int)(2 * json->depth), "");
	json->follows = true;
	if (!name)
		return;
	write_text(json, name);
	fputs(": ", json->to);
}

static void open_level(struct json *json, const char *name, char bracket)
{
	write_name(json, name);
	fputc(bracket, json->to);
	json->depth++;
	json->follows = false;
}

static void close_level(struct json *json, char bracket)
{
	json->depth--;
	if (json->follows)
		fprintf(json->to, "\n%*s", (int)(2 * json->depth), "");
	fputc(bracket, json->to);
	json->follows = true;
	if (json->depth == 0)
		fputc('\n', json->to);
}

void json_object(struct json *json, const char *name)
{
	open_level(json, name, '{');
}

void json_object_end(struct json *json)
{
	close_level(json, '}');
}

void json_array(struct json *json, const char *name)
{
	open_level(json, name, '[');
}

void json_array_end(struct json *json)
{
	close_level(json, ']');
}

void json_number(struct json *json, const char *name, uint64_t number)
{
	write_name(json, name);
	fprintf(json->to, "%" PRIu64, number);
}

void json_signed(struct json *json, const char *name, int64_t number)
{
	write_name(json, name);
	fprintf(json->to, "%" PRId64, number);
}

void json_text(struct json *json, const char *name, const char *text)
{
	write_name(json, name);
	write_text(json, text);
}

void json_bool(struct json *json, const char *name, bool value)
{
	write_name(json, name);
	fputs(value ? "true" : "false", json->to);
}
