/* SPDX-License-Identifier: MIT */
/*
 * idl_text.c - an IDL file as the preprocessor left it
 */
#include "idl_text.h"

#include <ctype.h>
#include <stdio.h>

bool idl_read_mark(const char *line, struct idl_origin *origin)
{
	char file[PATH_MAX];
	unsigned long number;

	/* PATH_MAX is 4096. */
	if (sscanf(line, "# %lu \"%4095[^\"]\"", &number, file) != 2)
		return false;
	origin->line = number;
	(void)snprintf(origin->file, sizeof(origin->file), "%s", file);
	return true;
}

bool idl_is_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

const char *idl_skip_string(const char *text)
{
	for (text++; *text && *text != '"' && *text != '\n'; text++)
		if (*text == '\\' && text[1])
			text++;
	return *text == '"' ? text + 1 : text;
}

const char *idl_skip_word(const char *text)
{
	while (idl_is_part(*text))
		text++;
	return text;
}
