/* SPDX-License-Identifier: MIT */
/*
 * read_whole.h - reads files, all of them or nothing
 */
#ifndef BELAY_TOOLS_READ_WHOLE_H
#define BELAY_TOOLS_READ_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* read_whole() - reads a part of an open file */
bool read_whole(int fd, void *to, size_t size, uint64_t offset);

/*
 * read_text() - reads a regular file of no more than `most` bytes
 *
 * folder:   what a relative path is relative to, as openat() takes it
 * ret_size: may be NULL
 * Return: the text, with a null byte at its end; free() it. NULL, and errno
 *         says why not.
 */
char *read_text(int folder, const char *path, size_t most, size_t *ret_size);

#endif
