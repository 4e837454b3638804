/* SPDX-License-Identifier: MIT */
/*
 * ndr_expressions.h - counts that are computed: size_is(rows * columns)
 *
 * The interface has a routine for each, and nobody knows what it looks at. It
 * is called with arguments of our own making, in which every pointer leads to
 * memory: see ndr_expressions.c.
 */
#ifndef BELAYI_COM_NDR_EXPRESSIONS_H
#define BELAYI_COM_NDR_EXPRESSIONS_H

#include "ndr_types.h"

/* Zeros, of the size of any struct: what is not there, or not there yet. */
extern unsigned char belayi_absent[65536];

/*
 * belayi_evaluate() - a count of arguments
 * belayi_evaluate_field() - a count in a struct, which is at `base`
 */
int64_t belayi_evaluate(const struct belayi_count *count,
			const unsigned char *image);
int64_t belayi_evaluate_field(const struct belayi_count *count,
			      const unsigned char *base);

/*
 * belayi_seen_type() - what of an argument's pointer an expression can look at
 *
 * Return: NULL: nothing. Of what is conformant not the elements.
 */
const struct belayi_type *belayi_seen_type(const struct belayi_param *param);

/* belayi_is_seen_there() - where the argument itself is, which is [out] */
static inline bool belayi_is_seen_there(const struct belayi_param *param)
{
	return belayi_is_out(param) && !param->type->has_pointers &&
	       !param->type->is_conformant;
}

#endif
