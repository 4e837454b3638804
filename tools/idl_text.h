/* SPDX-License-Identifier: MIT */
/*
 * idl_text.h - an IDL file as the preprocessor left it
 */
#ifndef BELAY_TOOLS_IDL_TEXT_H
#define BELAY_TOOLS_IDL_TEXT_H

#include <limits.h>
#include <stdbool.h>

/* struct idl_origin - where a line came from */
struct idl_origin {
	char file[PATH_MAX];
	unsigned long line;
};

/*
 * idl_read_mark() - whether this line says where the next one came from
 *
 * As the preprocessor does: # 12 "file.idl" 1
 */
bool idl_read_mark(const char *line, struct idl_origin *origin);

/* idl_is_part() - of a word */
bool idl_is_part(char c);

/* idl_skip_string(), idl_skip_word() - the end of what begins here */
const char *idl_skip_string(const char *text);
const char *idl_skip_word(const char *text);

#endif
