/* SPDX-License-Identifier: MIT */
/*
 * idl_wide.c - finds wchar_t in an IDL file
 */
#include "idl_wide.h"

#include <stdio.h>
#include <string.h>

#include "idl_text.h"
#include "say.h"

#define WORD "wchar_t"
/* How WCHAR is told to widl, where C has its own: as in our wtypes.idl. */
#define WIDE_TYPE "typedef wchar_t WCHAR;"

static bool has_word(const char *line)
{
	const char *end;

	if (strncmp(line, WIDE_TYPE, strlen(WIDE_TYPE)) == 0)
		return false;
	for (; *line && *line != '\n'; line = end) {
		end = line + 1;
		if (*line == '"')
			end = idl_skip_string(line);
		else if (idl_is_part(*line))
			end = idl_skip_word(line);
		if ((size_t)(end - line) == strlen(WORD) &&
		    strncmp(line, WORD, strlen(WORD)) == 0)
			return true;
	}
	return false;
}

bool wide_check(const struct idl *idl, const char *text)
{
	struct idl_origin origin = {.line = 1};
	bool good = true;

	(void)snprintf(origin.file, sizeof(origin.file), "%s", idl->file);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		if (idl_read_mark(text, &origin))
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
