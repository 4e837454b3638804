/* SPDX-License-Identifier: MIT */
/*
 * ndr_counts.h - what size_is, length_is, switch_is and iid_is say
 */
#ifndef BELAYI_COM_NDR_COUNTS_H
#define BELAYI_COM_NDR_COUNTS_H

#include "ndr_types.h"

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

/* belayi_count_iid() - what iid_is says, or NULL */
const IID *belayi_count_iid(const struct belayi_count *count,
			    const unsigned char *image);

/* belayi_field_count() - a length or tag that its struct says, or NULL */
const struct belayi_count *belayi_field_count(const struct belayi_type *type);

/* belayi_tag_as_counted() - a union's tag as its count would say it */
int64_t belayi_tag_as_counted(const struct belayi_type *type, int64_t tag);

/*
 * belayi_capacity_of() - how much memory an argument has
 *
 * type:   what is conformant
 * memory: the argument
 *
 * Return: in elements, as it is counted now; of a string without a size, what
 *         it has now. 0 where the count is not there, or none.
 */
uint32_t belayi_capacity_of(const struct belayi_type *type, const void *image,
			    const unsigned char *memory);

#endif
