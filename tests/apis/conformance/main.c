/* SPDX-License-Identifier: MIT */
/*
 * main.c - runs the AIO conformance cases
 *
 * Exit status: 0; 1 where a value is not what POSIX requires; 2 where the
 * surroundings do not allow to tell.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

#define PATIENCE_MS 20000

static int wrong;

void got(const char *what, long value, long want)
{
	bool right = want == ANY || value == want;

	printf("  %s = %ld%s\n", what, value, right ? "" : " WRONG");
	if (!right) {
		printf("  expected %ld\n", want);
		wrong++;
	}
}

void called(const char *what, long r, int error, long want, int want_errno)
{
	got(what, r, want);
	if (r < 0)
		got("errno", error, want_errno);
	else
		got("errno untouched", error == UNTOUCHED, 1);
}

void begin_case(const char *name)
{
	printf("%s\n", name);
}

void die(const char *what)
{
	printf("cannot go on: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void a_moment(int *waited_ms)
{
	struct timespec moment = {.tv_nsec = 1000000};

	if (++*waited_ms > PATIENCE_MS) {
		errno = ETIMEDOUT;
		die("waiting");
	}
	(void)nanosleep(&moment, NULL);
}

void prepare(struct aiocb *cb, int fd, void *buffer, size_t size, off_t offset)
{
	memset(cb, 0, sizeof(*cb));
	cb->aio_fildes = fd;
	cb->aio_buf = buffer;
	cb->aio_nbytes = size;
	cb->aio_offset = offset;
	cb->aio_sigevent.sigev_notify = SIGEV_NONE;
}

int settle(const struct aiocb *cb)
{
	int waited = 0;
	int error;

	for (;;) {
		errno = UNTOUCHED;
		error = aio_error(cb);
		if (errno != UNTOUCHED)
			got("errno after aio_error", errno, UNTOUCHED);
		if (error != EINPROGRESS)
			return error;
		a_moment(&waited);
	}
}

void ends(struct aiocb *cb, int want_error, ssize_t want_return)
{
	got("aio_error when settled", settle(cb), want_error);
	errno = UNTOUCHED;
	got("aio_return", aio_return(cb), want_return);
	got("errno untouched", errno == UNTOUCHED, 1);
}

int new_file(const char *text)
{
	int fd = memfd_create("conformance", 0);

	if (fd < 0)
		die("memfd_create");
	put_bytes(fd, text);
	return fd;
}

void new_pipe(int fds[2])
{
	if (pipe(fds) < 0)
		die("pipe");
}

/* Whether the thread sleeps in a system call, with this first argument. */
static bool is_in(const char *tid, long number, const int *argument)
{
	unsigned long long call = 0;
	unsigned long long first = 0;
	char path[300];
	FILE *file;
	int fields;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%s/syscall", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	fields = fscanf(file, "%llu 0x%llx", &call, &first);
	(void)fclose(file);
	return fields == 2 && call == (unsigned long long)number &&
	       (!argument || first == (unsigned int)*argument);
}

static bool somebody_reads(int fd)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	bool found = false;

	if (!tasks)
		die("/proc/self/task");
	while (!found && (task = readdir(tasks)))
		found = task->d_name[0] != '.' &&
			is_in(task->d_name, SYS_read, &fd);
	(void)closedir(tasks);
	return found;
}

void until_reading(int fd)
{
	int waited = 0;

	while (!somebody_reads(fd))
		a_moment(&waited);
}

void until_sleeping(const pid_t *tid)
{
	char name[16];
	int waited = 0;

	do {
		a_moment(&waited);
		(void)snprintf(name, sizeof(name), "%d",
			       __atomic_load_n(tid, __ATOMIC_ACQUIRE));
	} while (!is_in(name, SYS_futex, NULL));
}

void blocked_read(struct aiocb *cb, int fd, char *byte)
{
	prepare(cb, fd, byte, 1, 0);
	CALL(aio_read(cb), 0, 0);
	until_reading(fd);
	got("aio_error of a blocked read", aio_error(cb), EINPROGRESS);
}

void wait_for(const int *counter, int n)
{
	int waited = 0;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < n)
		a_moment(&waited);
}

void put_bytes(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("write");
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	begin_cases();
	error_cases();
	wait_cases();
	cancel_cases();
	notify_cases();
	list_cases();
	version_cases();
	printf("%d wrong\n", wrong);
	return wrong ? 1 : 0;
}
