/* SPDX-License-Identifier: MIT */
/*
 * own_aio.c - a program that has a function of an API in itself, and exports it
 */
#include <stddef.h>

struct aiocb;

__attribute__((visibility("default"))) int aio_read(struct aiocb *cb);

int aio_read(struct aiocb *cb)
{
	(void)cb;
	return 0;
}

int main(void)
{
	return aio_read(NULL);
}
