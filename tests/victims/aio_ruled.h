/* SPDX-License-Identifier: MIT */
/*
 * aio_ruled.h - what the programs share that use POSIX AIO under rules
 *
 * They print lines of name=value; times are in milliseconds since the first
 * Begin.
 */
#ifndef AIO_RULED_H
#define AIO_RULED_H

#include "aio_program.h"

#define QUEUED 5
#define PATIENCE_S (PATIENCE_MS / 1000)

/* --- Time ---------------------------------------------------------------- */

static uint64_t begun_ns;

static inline uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline double elapsed_ms(void)
{
	return (double)(now_ns() - begun_ns) / 1e6;
}

/* --- Blocks -------------------------------------------------------------- */

static char bytes[QUEUED + 1];
static struct aiocb blocks[QUEUED];

static inline void fill(struct aiocb *cb, int fd, size_t size)
{
	size_t i = (size_t)(cb - blocks);

	memset(cb, 0, sizeof(*cb));
	cb->aio_fildes = fd;
	cb->aio_buf = &bytes[i];
	cb->aio_nbytes = size;
	cb->aio_lio_opcode = LIO_READ;
	cb->aio_sigevent.sigev_notify = SIGEV_NONE;
}

/* Sleeps until a call is over; false where that is not within some time. */
static inline bool wait_for(const struct aiocb *cb, int seconds)
{
	const struct aiocb *list[] = {cb};
	const struct timespec longest = {seconds, 0};

	while (aio_error(cb) == EINPROGRESS)
		if (aio_suspend(list, 1, &longest) < 0 && errno != EINTR)
			return false;
	return true;
}

/* The name of an errno, as rules and `belay apis` write it; 0: OK. */
static inline const char *name_of(int error)
{
	return error ? strerrorname_np(error) : "OK";
}

/* What the call ended with; it is collected. */
static inline void say_end(struct aiocb *cb)
{
	int error;

	NEED(wait_for(cb, PATIENCE_S));
	error = aio_error(cb);
	(void)printf("error=%s ms=%.3f", name_of(error), elapsed_ms());
	(void)printf(" result=%zd\n", aio_return(cb));
}

static inline const char *cancel(int fd, struct aiocb *cb)
{
	static const char *const answers[] = {
		[AIO_CANCELED] = "CANCELED",
		[AIO_NOTCANCELED] = "NOTCANCELED",
		[AIO_ALLDONE] = "ALLDONE",
	};
	int r = aio_cancel(fd, cb);

	return r < 0 ? name_of(errno) : answers[r];
}

#endif
