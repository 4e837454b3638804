/* SPDX-License-Identifier: MIT */
/*
 * lttng_home.c - the folder that a session daemon of our own lives in
 *
 * Sockets have short paths, so it is made near the root. Programs of other
 * users that the traced one starts must be able to pass through it. Whoever
 * uses one holds a lock in it: a process id would say nothing across
 * containers.
 */
#include "lttng_home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "belay-lttng-"
#define LOCK "lock"
#define PLACE_MAX 40

/* Younger ones may be about to be locked. */
#define STALE_S 60

static int remove_one(const char *path, const struct stat *status, int kind,
		      struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

static void remove_all(const char *path)
{
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int lock(const char *path, int flags)
{
	char name[PATH_MAX];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/" LOCK, path);
	fd = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static bool is_stale(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
	       status.st_uid == geteuid() &&
	       status.st_mtime + STALE_S < time(NULL);
}

/* What a belay that was killed could not remove. */
static void prune(const char *place)
{
	DIR *folder = opendir(place);
	const struct dirent *entry;
	char path[PATH_MAX];
	int fd;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", place,
			       entry->d_name);
		fd = is_stale(path) ? lock(path, 0) : -1;
		if (fd < 0)
			continue;
		remove_all(path);
		(void)close(fd);
	}
	(void)closedir(folder);
}

static bool furnish(struct lttng_home *home)
{
	char rundir[PATH_MAX];

	(void)snprintf(rundir, sizeof(rundir), "%s/.lttng", home->path);
	home->lock = lock(home->path, O_CREAT);
	return home->lock >= 0 && chmod(home->path, 0711) == 0 &&
	       mkdir(rundir, 0711) == 0;
}

bool lttng_home_make(struct lttng_home *ret_home)
{
	const char *const places[] = {"/tmp", "/dev/shm",
				      getenv("XDG_RUNTIME_DIR")};
	int error = ENOENT;

	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!places[i] || strlen(places[i]) > PLACE_MAX)
			continue;
		prune(places[i]);
		*ret_home = (struct lttng_home){.lock = -1};
		(void)snprintf(ret_home->path, sizeof(ret_home->path),
			       "%s/" PREFIX "XXXXXX", places[i]);
		if (mkdtemp(ret_home->path)) {
			if (furnish(ret_home))
				return true;
			error = errno;
			lttng_home_remove(ret_home);
		} else {
			error = errno;
		}
	}
	*ret_home = (struct lttng_home){.lock = -1};
	errno = error;
	return false;
}

void lttng_home_remove(struct lttng_home *home)
{
	if (home->path[0])
		remove_all(home->path);
	if (home->lock >= 0)
		(void)close(home->lock);
	*home = (struct lttng_home){.lock = -1};
}
