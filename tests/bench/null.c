/* SPDX-License-Identifier: MIT */
/*
 * null.c - the library whose functions do nothing
 */
#include "null.h"

#include <errno.h>

#define NULL_EXPORT __attribute__((visibility("default")))

NULL_EXPORT int null_begin(struct null_op *op, long value)
{
	(void)op;
	if (__builtin_expect(value < 0, 0)) {
		errno = EINVAL;
		return -1;
	}
	return NULL_LIBRARY;
}

NULL_EXPORT int null_poll(const struct null_op *op)
{
	return op->pending;
}

NULL_EXPORT long null_finish(struct null_op *op)
{
	(void)op;
	return NULL_LIBRARY;
}
