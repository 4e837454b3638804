/* SPDX-License-Identifier: MIT */
/*
 * error.c - what is refused at once, and what fails later
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"

/* POSIX lets both say at once what can be said at once; glibc says it later. */
static void fails_later(const char *name, bool write, int fd, void *buffer,
			size_t size, off_t offset, int want)
{
	struct aiocb cb;

	begin_case(name);
	prepare(&cb, fd, buffer, size, offset);
	if (write)
		CALL(aio_write(&cb), 0, 0);
	else
		CALL(aio_read(&cb), 0, 0);
	ends(&cb, want, -1);
}

static void bad_descriptors(void)
{
	char buffer[8] = "";
	int fds[2];
	int directory = open("/", O_RDONLY | O_DIRECTORY);
	int loner = socket(AF_UNIX, SOCK_STREAM, 0);

	new_pipe(fds);
	fails_later("a read of no descriptor", false, -1, buffer, 1, 0, EBADF);
	fails_later("a write of no descriptor", true, -1, buffer, 1, 0, EBADF);
	fails_later("a read of a closed descriptor", false, 9999, buffer, 1, 0,
		    EBADF);
	fails_later("a read of a pipe's end for writing", false, fds[1], buffer,
		    1, 0, EBADF);
	fails_later("a write of a pipe's end for reading", true, fds[0], buffer,
		    1, 0, EBADF);
	fails_later("a read of a directory", false, directory, buffer, 1, 0,
		    EISDIR);
	fails_later("a read of a socket without peer", false, loner, buffer, 1,
		    0, ANY);
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fails_later("a read of an empty pipe that must not block", false,
		    fds[0], buffer, 1, 0, EAGAIN);
	(void)close(fds[0]);
	fails_later("a write of a pipe without reader", true, fds[1], buffer, 1,
		    0, EPIPE);
	(void)close(fds[1]);
	(void)close(directory);
	(void)close(loner);
}

static void bad_buffers(void)
{
	void *hole =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = new_file("0123456789");
	char buffer[8] = "";

	if (hole == MAP_FAILED)
		die("mmap");
	fails_later("a read to nowhere", false, fd, hole, 8, 0, EFAULT);
	fails_later("a write from nowhere", true, fd, hole, 8, 0, EFAULT);
	fails_later("a read to NULL", false, fd, NULL, 8, 0, EFAULT);
	fails_later("a read before the start", false, fd, buffer, 8, -1,
		    EINVAL);
	fails_later("a write before the start", true, fd, buffer, 8, -1,
		    EINVAL);
	fails_later("a read of more than can be said", false, fd, buffer,
		    (size_t)SSIZE_MAX + 1, 0, ANY);
	(void)munmap(hole, 4096);
	(void)close(fd);
}

static void no_room(void)
{
	struct rlimit before;
	struct rlimit limit;
	struct aiocb cb;
	char text[] = "01234567";
	int full = open("/dev/full", O_WRONLY);
	int fd = new_file("");

	fails_later("a write to a full device", true, full, text, 8, 0, ENOSPC);
	if (getrlimit(RLIMIT_FSIZE, &before) < 0)
		die("getrlimit");
	limit = before;
	limit.rlim_cur = 4;
	(void)fflush(NULL);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		die("setrlimit");
	prepare(&cb, fd, text, 8, 0);
	if (aio_write(&cb) < 0)
		die("aio_write");
	(void)settle(&cb);
	(void)setrlimit(RLIMIT_FSIZE, &before);
	begin_case("a write over the limit is short");
	ends(&cb, 0, 4);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	prepare(&cb, fd, text, 8, 4);
	if (aio_write(&cb) < 0)
		die("aio_write");
	(void)settle(&cb);
	(void)setrlimit(RLIMIT_FSIZE, &before);
	begin_case("a write behind the limit fails");
	ends(&cb, EFBIG, -1);
	(void)close(full);
	(void)close(fd);
}

static void refused_at_once(void)
{
	struct aiocb cb;
	char buffer[8] = "";
	int fd = new_file("0123456789");
	int fds[2];

	new_pipe(fds);
	begin_case("a priority below 0 is refused");
	prepare(&cb, fd, buffer, 8, 0);
	cb.aio_reqprio = -1;
	CALL(aio_read(&cb), -1, EINVAL);
	got("aio_error", aio_error(&cb), ANY);
	got("aio_return", aio_return(&cb), ANY);
	CALL(aio_write(&cb), -1, EINVAL);

	begin_case("a priority above the largest is refused");
	prepare(&cb, fd, buffer, 8, 0);
	cb.aio_reqprio = AIO_PRIO_DELTA_MAX + 1;
	CALL(aio_read(&cb), -1, EINVAL);
	cb.aio_reqprio = AIO_PRIO_DELTA_MAX;
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 8);

	begin_case("a sync of a kind that does not exist is refused");
	prepare(&cb, fd, NULL, 0, 0);
	CALL(aio_fsync(0, &cb), -1, EINVAL);
	CALL(aio_fsync(O_APPEND, &cb), -1, EINVAL);

	begin_case("a sync of what cannot be written is refused");
	prepare(&cb, -1, NULL, 0, 0);
	CALL(aio_fsync(O_SYNC, &cb), -1, EBADF);
	prepare(&cb, fds[0], NULL, 0, 0);
	CALL(aio_fsync(O_SYNC, &cb), ANY, ANY);

	begin_case("a sync of a pipe fails later");
	prepare(&cb, fds[1], NULL, 0, 0);
	CALL(aio_fsync(O_SYNC, &cb), 0, 0);
	ends(&cb, EINVAL, -1);

	begin_case("a block that never began");
	prepare(&cb, fd, buffer, 8, 0);
	got("aio_error", aio_error(&cb), ANY);
	got("aio_return", aio_return(&cb), ANY);
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)close(fd);
}

void error_cases(void)
{
	bad_descriptors();
	bad_buffers();
	no_room();
	refused_at_once();
}
