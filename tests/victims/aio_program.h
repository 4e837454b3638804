/* SPDX-License-Identifier: MIT */
/*
 * aio_program.h - what the programs share that use POSIX AIO
 *
 *     PROGRAM SCENE [ARGUMENT]
 *
 * They know nothing of Belay.
 */
#ifndef AIO_PROGRAM_H
#define AIO_PROGRAM_H

#include <aio.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static inline void need(bool truth, const char *what)
{
	if (truth)
		return;
	(void)fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name,
		      what, strerror(errno));
	exit(1);
}

#define NEED(expression) need(expression, #expression)

static inline void a_moment(int *waited_ms)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	need(++*waited_ms < PATIENCE_MS, "waiting in vain");
	(void)nanosleep(&moment, NULL);
}

/* Looks at the block itself, so that nobody is told that it was looked at. */
static inline void until_over(const struct aiocb *cb)
{
	int waited = 0;

	while (__atomic_load_n(&cb->__error_code, __ATOMIC_ACQUIRE) ==
	       EINPROGRESS)
		a_moment(&waited);
}

static inline int new_file(void)
{
	int fd = memfd_create("aio", 0);

	NEED(fd >= 0 && write(fd, "0123456789", 10) == 10);
	return fd;
}

/* --- Scenes -------------------------------------------------------------- */

static const char *argument;

struct scene {
	const char *name;
	void (*play)(void);
};

/* scenes: the last one has no name */
static inline int play(const struct scene *scenes, int argc, char **argv)
{
	argument = argc > 2 ? argv[2] : "";
	for (; argc > 1 && scenes->name; scenes++) {
		if (strcmp(scenes->name, argv[1]) != 0)
			continue;
		scenes->play();
		return 0;
	}
	(void)fprintf(stderr, "Usage: %s SCENE [ARGUMENT]\n", argv[0]);
	return 2;
}

#endif
