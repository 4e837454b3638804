/* SPDX-License-Identifier: MIT */
/*
 * null.h - an asynchronous API whose functions do nothing
 *
 * What is left when a call costs nothing is what Belay costs. The library is
 * built twice, with different numbers, so that tests can tell which of two
 * libraries with the same symbols a call reached.
 */
#ifndef NULL_H
#define NULL_H

#include <stdint.h>

struct null_op {
	long value;
	int pending; /* the caller's: what null_poll() says */
	/* When it was asked to stop, by CLOCK_MONOTONIC; the adapter's, atomic */
	uint64_t asked_ns;
};

/*
 * null_begin() - begins an operation
 *
 * Return: the library's number, more than 0; -1 and EINVAL if value is
 *         negative.
 */
int null_begin(struct null_op *op, long value);

/* null_poll() - Return: op->pending */
int null_poll(const struct null_op *op);

/* null_finish() - Return: the library's number */
long null_finish(struct null_op *op);

#endif
