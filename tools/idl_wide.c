/* SPDX-License-Identifier: MIT */
/*
 * idl_wide.c - finds wchar_t in an IDL file
 */
#include "idl_wide.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define WORD "wchar_t"
/* How WCHAR is told to widl, where C has its own: as in our wtypes.idl. */
#define WIDE_TYPE "typedef wchar_t WCHAR;"

/* Where a line came from, as the preprocessor says: # 12 "file.idl" 1 */
struct origin {
	char file[PATH_MAX];
	unsigned long line;
};

static bool is_mark(const char *text, struct origin *origin)
{
	char file[PATH_MAX];
	unsigned long line;

	/* PATH_MAX is 4096. */
	if (sscanf(text, "# %lu \"%4095[^\"]\"", &line, file) != 2)
		return false;
	origin->line = line;
	(void)snprintf(origin->file, sizeof(origin->file), "%s", file);
	return true;
}

static bool is_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_string(const char *text)
{
	for (text++; *text && *text != '"' && *text != '\n'; text++)
		if (*text == '\\' && text[1])
			text++;
	return *text == '"' ? text + 1 : text;
}

static const char *skip_word(const char *text)
{
	while (is_part(*text))
		text++;
	return text;
}

static bool has_word(const char *line)
{
	const char *end;

	if (strncmp(line, WIDE_TYPE, strlen(WIDE_TYPE)) == 0)
		return false;
	for (; *line && *line != '\n'; line = end) {
		end = line + 1;
		if (*line == '"')
			end = skip_string(line);
		else if (is_part(*line))
			end = skip_word(line);
		if ((size_t)(end - line) == strlen(WORD) &&
		    strncmp(line, WORD, strlen(WORD)) == 0)
			return true;
	}
	return false;
}

bool wide_check(const struct idl *idl, const char *text)
{
	struct origin origin = {.line = 1};
	bool good = true;

	(void)snprintf(origin.file, sizeof(origin.file), "%s", idl->file);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		if (is_mark(text, &origin))
			continue;
		if (has_word(text)) {
			say("%s:%lu: wchar_t has 32 bits on Linux and 16 on "
			    "the wire; use WCHAR, which has 16 on both",
			    origin.file, origin.line);
			good = false;
		}
		origin.line++;
	}
	return good;
}
