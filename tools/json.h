/* SPDX-License-Identifier: MIT */
/*
 * json.h - writes JSON, two spaces a level
 *
 * The writer knows where commas and quotes belong; the caller names things.
 * Texts are escaped; what is no UTF-8 in them becomes '?'.
 */
#ifndef BELAY_TOOLS_JSON_H
#define BELAY_TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *to;
	unsigned int depth;
	bool follows; /* something stands before, in this level */
};

/* name: NULL inside an array, and for the outermost */
void json_object(struct json *json, const char *name);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *name);
void json_array_end(struct json *json);
void json_number(struct json *json, const char *name, uint64_t number);
void json_signed(struct json *json, const char *name, int64_t number);
void json_text(struct json *json, const char *name, const char *text);
void json_bool(struct json *json, const char *name, bool value);

#endif
