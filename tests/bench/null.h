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

struct null_op {
	long value;
	int pending; /* the caller's: what null_poll() says */
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
