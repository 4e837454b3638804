/* SPDX-License-Identifier: MIT */
/*
 * lttng_output.c - the folder that a trace is written to
 *
 * LTTng says little about why it cannot write; so we look before.
 */
#include "lttng_output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* The least that a trace of one short program takes. */
#define ROOM (1 << 20)

static bool refuse(const char *path, const char *why)
{
	say("Cannot write the trace: path=\"%s\", error=\"%s\"; say -o DIR to "
	    "write elsewhere",
	    path, why);
	return false;
}

static bool make_all(const char *given, bool *ret_made)
{
	char path[PATH_MAX];

	*ret_made = false;
	(void)snprintf(path, sizeof(path), "%s", given);
	for (char *slash = path + 1; slash;) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) == 0)
			*ret_made = true;
		else if (errno != EEXIST && errno != EISDIR)
			return refuse(path, strerror(errno));
		if (slash)
			*slash++ = '/';
	}
	return true;
}

static bool is_empty(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool empty = true;

	if (!folder)
		return refuse(path, strerror(errno));
	while (empty && (entry = readdir(folder)))
		empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0;
	(void)closedir(folder);
	return empty || refuse(path, "The folder is not empty");
}

/* Return: 0, or the errno that writing there fails with. */
static int try_writing(const char *path)
{
	int fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char name[PATH_MAX];
	int error;

	/* Not every file system knows files without a name. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		(void)snprintf(name, sizeof(name), "%s/.belay-%d", path,
			       (int)getpid());
		fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			(void)unlink(name);
	}
	if (fd < 0)
		return errno;
	error = posix_fallocate(fd, 0, ROOM);
	(void)close(fd);
	return error == EOPNOTSUPP || error == EINVAL ? 0 : error;
}

bool output_prepare(const char *path, bool *ret_made)
{
	int error;

	if (!make_all(path, ret_made) || !is_empty(path))
		return false;
	error = try_writing(path);
	if (!error)
		return true;
	if (*ret_made)
		(void)rmdir(path);
	return refuse(path, error == EFBIG ? "The limit on the size of files "
					     "is too small (ulimit -f)"
					   : strerror(error));
}

bool output_has_room(const char *path)
{
	int error = try_writing(path);

	return error != ENOSPC && error != EDQUOT;
}
