/* SPDX-License-Identifier: MIT */
/*
 * read_whole.c - reads files, all of them or nothing
 */
#include "read_whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool read_whole(int fd, void *to, size_t size, uint64_t offset)
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

/* Return: 0, or the errno that says why it is none. */
static int check(int fd, size_t most, size_t *ret_size)
{
	struct stat file;

	if (fstat(fd, &file) < 0)
		return errno;
	if (!S_ISREG(file.st_mode))
		return S_ISDIR(file.st_mode) ? EISDIR : EINVAL;
	*ret_size = (size_t)file.st_size;
	return *ret_size > most ? EFBIG : 0;
}

/* A pipe of this name is not waited for, nor a link of somebody's followed. */
char *read_text(int folder, const char *path, size_t most, size_t *ret_size)
{
	int fd = openat(folder, path,
			O_RDONLY | O_NONBLOCK | O_CLOEXEC |
				(folder == AT_FDCWD ? 0 : O_NOFOLLOW));
	char *text = NULL;
	size_t size = 0;
	int error;

	if (fd < 0)
		return NULL;
	error = check(fd, most, &size);
	if (!error) {
		text = calloc(1, size + 1);
		error = text ? 0 : ENOMEM;
	}
	if (text && !read_whole(fd, text, size, 0)) {
		free(text);
		text = NULL;
		error = EIO;
	}
	(void)close(fd);
	if (text && ret_size)
		*ret_size = size;
	errno = error;
	return text;
}
