/* SPDX-License-Identifier: MIT */
/*
 * log.c - lines on stderr, one write() each
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "quiet.h"

#define LINE_MAX_BYTES 512

static bool started;
static dev_t device;
static ino_t inode;

void belayi_log_start(void)
{
	struct stat now;

	if (started || fstat(STDERR_FILENO, &now) < 0)
		return;
	device = now.st_dev;
	inode = now.st_ino;
	started = true;
}

static bool is_stderr(void)
{
	struct stat now;

	return started && fstat(STDERR_FILENO, &now) == 0 &&
	       now.st_dev == device && now.st_ino == inode;
}

/*
 * Writing may send a signal that ends the program: stderr is a pipe that
 * nobody reads, or a file at its limit. None that comes of it is left.
 */
static void write_quietly(const char *line, size_t size)
{
	static const int ours[] = {SIGPIPE, SIGXFSZ};
	const struct timespec now = {0, 0};
	struct belayi_quiet quiet;
	sigset_t before;
	sigset_t one;

	belayi_quiet_begin(&quiet);
	(void)sigpending(&before);
	if (write(STDERR_FILENO, line, size) < 0) {
		for (int i = 0; i < 2; i++) {
			(void)sigemptyset(&one);
			(void)sigaddset(&one, ours[i]);
			if (!sigismember(&before, ours[i]))
				(void)sigtimedwait(&one, NULL, &now);
		}
	}
	belayi_quiet_end(&quiet);
}

void belayi_log(const char *format, ...)
{
	static const char prefix[] = "belay: ";
	int saved = errno;
	char line[LINE_MAX_BYTES] = "belay: ";
	const int room = (int)(sizeof(line) - sizeof(prefix));
	va_list arguments;
	int length;

	if (is_stderr()) {
		va_start(arguments, format);
		length = vsnprintf(line + sizeof(prefix) - 1, (size_t)room,
				   format, arguments);
		va_end(arguments);
		length = length < room ? length : room - 1;
		line[(int)sizeof(prefix) - 1 + length] = '\n';
		write_quietly(line, sizeof(prefix) + (size_t)length);
	}
	errno = saved;
}
