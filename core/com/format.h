/* SPDX-License-Identifier: MIT */
/*
 * format.h - format strings to types
 *
 * A string is the program's own constant, and its length is nowhere said. So
 * it is trusted to be one that a compiler wrote; what it means is not: all of
 * it is looked at before a type is made, and what the interpreter could not do
 * soundly is refused.
 */
#ifndef BELAYI_COM_FORMAT_H
#define BELAYI_COM_FORMAT_H

#include <stdbool.h>

#include "ndr_types.h"

/* struct belayi_store - memory that is freed all at once, or never */
struct belayi_store {
	struct belayi_stored *first;
};

/* Zeroed, or NULL. */
void *belayi_store_take(struct belayi_store *store, size_t size);
void belayi_store_deinit(struct belayi_store *store);

/*
 * struct belayi_owner - what counts in a string refer to
 *
 * record: the struct that the type is in, or NULL
 * shift:  what is to be added to their offsets to be the struct's: an array's
 *         are from the struct's end, a union's from the union
 */
struct belayi_owner {
	const struct belayi_type *record;
	int32_t shift;
};

/* A count whose argument or field is looked for when all are known. */
struct belayi_pending {
	struct belayi_pending *next;
	struct belayi_count *count;
	const struct belayi_type *record; /* NULL: an argument */
	uint32_t param;
	bool is_iid;
};

/* A type that was made. */
struct belayi_known {
	struct belayi_known *next;
	int32_t at;
	struct belayi_owner owner;
	struct belayi_type *type;
	bool is_open; /* not finished: only a pointer may lead to it */
};

/*
 * struct belayi_format - one procedure's strings, as they are read
 *
 * description, strings: the file's
 * kept:    for what lives as long as the procedure
 * scratch: for what is needed meanwhile
 * params:  as far as they are known
 * param:   which one is being read
 * numbers: of counts in the image
 * has_expressions: one of them is computed
 * why:     what was refused; a constant
 */
struct belayi_format {
	const MIDL_STUB_DESC *description;
	const unsigned char *strings;
	struct belayi_store *kept;
	struct belayi_store scratch;
	struct belayi_procedure *procedure;
	struct belayi_param *params;
	struct belayi_mirror *mirrors;
	uint32_t param;
	uint32_t numbers;
	bool has_expressions;
	struct belayi_known *known;
	struct belayi_pending *pending;
	const char *why;
};

/* Why memory failed, unlike what cannot be marshaled. */
extern const char belayi_no_memory[];

static inline unsigned int belayi_short_at(const unsigned char *string)
{
	return string[0] | (unsigned int)string[1] << 8;
}

static inline int32_t belayi_offset_at(const unsigned char *string)
{
	return (int16_t)belayi_short_at(string);
}

static inline uint32_t belayi_long_at(const unsigned char *string)
{
	return belayi_short_at(string) | (uint32_t)belayi_short_at(string + 2)
						 << 16;
}

/* belayi_refuse() - remembers the first reason; returns NULL */
void *belayi_refuse(struct belayi_format *format, const char *why);

/*
 * belayi_format_type() - the type at a place of the strings
 *
 * Return: NULL: see format->why.
 */
const struct belayi_type *belayi_format_type(struct belayi_format *format,
					     int32_t at,
					     const struct belayi_owner *owner);

/* belayi_format_embedded() - the same for what is there by value */
const struct belayi_type *
belayi_format_embedded(struct belayi_format *format, int32_t at,
		       const struct belayi_owner *owner);

/* The kinds of types: each fills a type whose first code has been read. */
bool belayi_format_struct(struct belayi_format *format, int32_t at,
			  struct belayi_type *type);
bool belayi_format_array(struct belayi_format *format, int32_t at,
			 struct belayi_type *type,
			 const struct belayi_owner *owner);
bool belayi_format_string(struct belayi_format *format, int32_t at,
			  struct belayi_type *type,
			  const struct belayi_owner *owner);
bool belayi_format_union(struct belayi_format *format, int32_t at,
			 struct belayi_type *type,
			 const struct belayi_owner *owner);

/*
 * belayi_format_count() - the count at a place of the strings
 *
 * is_iid: it is an interface's IID, else a number
 */
bool belayi_format_count(struct belayi_format *format, int32_t at,
			 struct belayi_count *count,
			 const struct belayi_owner *owner, bool is_iid);

/* belayi_format_counts() - finds what all counts refer to */
bool belayi_format_counts(struct belayi_format *format);

/*
 * belayi_format_mirror() - the mirror of what a parameter's pointer leads to
 *
 * Return: NULL: see format->why.
 */
const struct belayi_mirror *
belayi_format_mirror(struct belayi_format *format,
		     const struct belayi_param *param,
		     const struct belayi_type *type);

/* belayi_format_expressions() - mirrors of all that they may look at */
bool belayi_format_expressions(struct belayi_format *format);

/*
 * belayi_format_procedure() - a whole method
 *
 * string:  its own format string
 * letters: belay_proxy_names' about its parameters, or NULL
 * kept:    takes what the procedure consists of
 * ret_why, ret_param: what was refused, and in which parameter (from 1 on; 0:
 *          the method as such)
 */
bool belayi_format_procedure(const MIDL_STUB_DESC *description,
			     const unsigned char *string, const char *letters,
			     struct belayi_store *kept,
			     struct belayi_procedure *procedure,
			     const char **ret_why, uint32_t *ret_param);

#endif
