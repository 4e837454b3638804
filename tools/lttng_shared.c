/* SPDX-License-Identifier: MIT */
/*
 * lttng_shared.c - root's session daemon in its ordinary place: the lock
 */
#include "lttng_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/lttng.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PLACE "/var/run/lttng"
#define LOCK PLACE "/belay.lock"
#define STOP_MS 5000
#define POLL_MS 5

int shared_hold(bool make)
{
	int fd;

	if (make)
		(void)mkdir(PLACE, 0755);
	fd = open(LOCK, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (make ? O_CREAT : 0),
		  0600);
	while (fd >= 0 && flock(fd, LOCK_SH) < 0)
		if (errno != EINTR) {
			(void)close(fd);
			return -1;
		}
	return fd;
}

/* A lock beside the one that is held: who holds that may run for hours. */
static void start_lock(int held, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

	while (fcntl(held, F_OFD_SETLKW, &whole) < 0 && errno == EINTR)
		;
}

void shared_start_lock(int held)
{
	start_lock(held, F_WRLCK);
}

void shared_start_unlock(int held)
{
	start_lock(held, F_UNLCK);
}

/*
 * Field 22 of /proc/PID/stat; 0: there is no such process. One that was not
 * waited for has gone when its last thread has: until then it has its sockets.
 */
static unsigned long long start_time(int pid)
{
	unsigned long long start = 0;
	long threads = 0;
	char path[64], line[1024] = "", *after;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	after = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	(void)fclose(file);
	if (!after ||
	    sscanf(after,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
		   "%*u %*d %*d %*d %*d %ld %*d %llu",
		   &threads, &start) != 2 ||
	    (after[2] == 'Z' && threads <= 1))
		return 0;
	return start;
}

void shared_started(int held, pid_t pid)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%d %llu\n", (int)pid,
			      start_time(pid));

	if (ftruncate(held, 0) == 0)
		(void)!pwrite(held, text, (size_t)length, 0);
}

/*
 * The daemon's helpers are in its process group and outlive it for a moment;
 * as they end they remove sockets, by then those of the next daemon. It may
 * not end at all while a session is left that nobody can see.
 */
static void stop(int held)
{
	const struct timespec poll = {.tv_nsec = POLL_MS * 1000000};
	unsigned long long start = 0;
	char text[64] = "";
	int pid = 0;

	if (pread(held, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%d %llu", &pid, &start) != 2 || pid <= 0 || !start ||
	    start_time(pid) != start || kill(pid, SIGTERM) < 0)
		return;
	for (int ms = 0; ms < STOP_MS && start_time(pid) == start;
	     ms += POLL_MS)
		(void)nanosleep(&poll, NULL);
	(void)kill(-pid, SIGKILL);
	(void)waitpid(pid, NULL, WNOHANG);
	(void)ftruncate(held, 0);
}

static bool has_sessions(void)
{
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);

	free(sessions);
	return count > 0;
}

void shared_release(int held)
{
	if (held < 0)
		return;
	if (flock(held, LOCK_EX | LOCK_NB) == 0 && !has_sessions())
		stop(held);
	(void)close(held);
}
