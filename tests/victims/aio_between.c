/* SPDX-License-Identifier: MIT */
/*
 * aio_between.c - a preload that stands between a wrapper and libc
 *
 * On the way into aio_read() it lets the program do something: what a signal
 * handler or another thread could do at that moment, but every time.
 */
#include <aio.h>
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

extern void victim_between(void) __attribute__((weak));

__attribute__((visibility("default"))) int aio_read(struct aiocb *cb)
{
	int (*next)(struct aiocb *) = NULL;

	*(void **)&next = dlsym(RTLD_NEXT, "aio_read");
	if (victim_between)
		victim_between();
	if (next)
		return next(cb);
	errno = ENOSYS;
	return -1;
}
