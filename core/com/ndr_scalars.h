/* SPDX-License-Identifier: MIT */
/*
 * ndr_scalars.h - numbers in memory, and what types end with
 */
#ifndef BELAYI_COM_NDR_SCALARS_H
#define BELAYI_COM_NDR_SCALARS_H

#include "ndr_types.h"

/* belayi_load() - a number in memory, extended to 64 bits; a float's bits */
int64_t belayi_load(unsigned int code, const void *from);

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
