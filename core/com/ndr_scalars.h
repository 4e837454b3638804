/* SPDX-License-Identifier: MIT */
/*
 * ndr_scalars.h - numbers in memory, and what counts say
 */
#ifndef BELAYI_COM_NDR_SCALARS_H
#define BELAYI_COM_NDR_SCALARS_H

#include "ndr_types.h"

/* belayi_load() - a number in memory, extended to 64 bits; a float's bits */
int64_t belayi_load(unsigned int code, const void *from);

/*
 * belayi_count_value() - what a count is now
 *
 * base: the struct that a count of BELAYI_FIELD is about
 *
 * Return: false: it stands behind a pointer that is NULL.
 */
bool belayi_count_value(const struct belayi_count *count,
			const unsigned char *image, const unsigned char *base,
			int64_t *ret_value);

/* belayi_string_size() - characters of a string, and its 0 */
uint32_t belayi_string_size(const struct belayi_type *type, const void *memory);

/* belayi_count_iid() - what iid_is says, or NULL */
const IID *belayi_count_iid(const struct belayi_count *count,
			    const unsigned char *image);

/* belayi_field_count() - a length or tag that its struct says, or NULL */
const struct belayi_count *belayi_field_count(const struct belayi_type *type);

/* belayi_tag_as_counted() - a union's tag as its count would say it */
int64_t belayi_tag_as_counted(const struct belayi_type *type, int64_t tag);

/* belayi_leads_to_interface() - as far as the types within it know */
bool belayi_leads_to_interface(const struct belayi_type *type);

/*
 * belayi_arm_of() - the arm of a union that a tag stands for
 *
 * Return: its type, NULL for an empty one; *ret_found: whether there is one.
 */
const struct belayi_type *belayi_arm_of(const struct belayi_type *type,
					int64_t tag, bool *ret_found);

#endif
