/* SPDX-License-Identifier: MIT */
/*
 * read_whole.h - reads a part of a file, all of it or nothing
 */
#ifndef BELAY_TOOLS_READ_WHOLE_H
#define BELAY_TOOLS_READ_WHOLE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

static inline bool read_whole(int fd, void *to, size_t size, uint64_t offset)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = pread(fd, (char *)to + got, size - got,
				  (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

#endif
