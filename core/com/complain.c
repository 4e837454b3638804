/* SPDX-License-Identifier: MIT */
/*
 * complain.c - the runtime's lines on stderr
 */
#include "complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void belayi_complain(const char *format, ...)
{
	char line[1024] = "belay: ";
	const size_t begin = sizeof("belay: ") - 1;
	const size_t room = sizeof(line) - begin - 1;
	int error = errno, length;
	va_list arguments;

	va_start(arguments, format);
	length = vsnprintf(line + begin, room, format, arguments);
	va_end(arguments);
	if (length >= 0) {
		size_t size = begin + ((size_t)length < room ? (size_t)length
							     : room - 1);

		line[size++] = '\n';
		(void)!write(STDERR_FILENO, line, size);
	}
	errno = error;
}
