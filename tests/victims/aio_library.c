/* SPDX-License-Identifier: MIT */
/*
 * aio_library.c - a library that uses POSIX AIO, to be loaded by dlopen()
 */
#include <aio.h>
#include <string.h>

int victim_read_one(int fd);

/* The first byte of a file. */
__attribute__((visibility("default"))) int victim_read_one(int fd)
{
	struct aiocb cb;
	const struct aiocb *list[] = {&cb};
	char byte = 0;

	memset(&cb, 0, sizeof(cb));
	cb.aio_fildes = fd;
	cb.aio_buf = &byte;
	cb.aio_nbytes = 1;
	if (aio_read(&cb) < 0 || aio_suspend(list, 1, NULL) < 0 ||
	    aio_return(&cb) != 1)
		return -1;
	return byte;
}
