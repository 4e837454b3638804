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
#include <unistd.h>

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
		(void)!write(STDERR_FILENO, line,
			     sizeof(prefix) + (size_t)length);
	}
	errno = saved;
}
