/* SPDX-License-Identifier: MIT */
/*
 * roots.c - the folders that hold sessions, one per user
 *
 * Anybody can make /dev/shm/belay-UID before its user does. So a folder is
 * opened without following links, and what was opened is looked at: only one
 * that its user owns and nobody else may enter is used.
 */
#include "roots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

#define SHARED_MEMORY "/dev/shm"

static int open_checked(const char *path, uid_t owner, const char **ret_why)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		*ret_why = strerror(errno);
		return -1;
	}
	if (fstat(fd, &st) == 0 && st.st_uid == owner &&
	    (st.st_mode & 077) == 0)
		return fd;
	*ret_why = st.st_uid == owner ? "Others may enter it (chmod 700)"
				      : "It belongs to another user";
	(void)close(fd);
	return -1;
}

static int make(const char *path, const char **ret_why)
{
	if (mkdir(path, 0700) == 0) {
		/* Whatever the umask is. */
		(void)chmod(path, 0700);
	} else if (errno != EEXIST) {
		*ret_why = strerror(errno);
		return -1;
	}
	return open_checked(path, geteuid(), ret_why);
}

/* $XDG_RUNTIME_DIR, unless it is another user's (su keeps it). */
static bool runtime_root(char path[PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (!folder || *folder != '/' || strlen(folder) > 512 ||
	    stat(folder, &st) < 0 || st.st_uid != geteuid())
		return false;
	(void)snprintf(path, PATH_MAX, "%s/belay-%u", folder, geteuid());
	return true;
}

int root_find_own(char ret_path[PATH_MAX], const char **ret_why)
{
	char first[PATH_MAX];
	const char *why_not;
	int fd;

	(void)snprintf(first, sizeof(first), SHARED_MEMORY "/belay-%u",
		       geteuid());
	strcpy(ret_path, first);
	fd = make(first, ret_why);
	if (fd >= 0)
		return fd;
	if (runtime_root(ret_path)) {
		fd = make(ret_path, &why_not);
		if (fd >= 0)
			return fd;
	}
	strcpy(ret_path, first);
	return -1;
}

int root_open_own(char ret_path[PATH_MAX])
{
	const char *why;
	int fd = root_find_own(ret_path, &why);

	if (fd < 0)
		say("Cannot record calls: path=\"%s\", error=\"%s\"", ret_path,
		    why);
	return fd;
}

/* Return: false if the visitor had enough. */
static bool visit_one(const char *path, uid_t owner,
		      bool (*visit)(int root, uid_t owner, const char *path,
				    void *data),
		      void *data)
{
	const char *why;
	int fd = open_checked(path, owner, &why);
	bool go_on = true;

	if (fd < 0)
		return true;
	go_on = visit(fd, owner, path, data);
	(void)close(fd);
	return go_on;
}

void root_each(bool (*visit)(int root, uid_t owner, const char *path,
			     void *data),
	       void *data)
{
	DIR *dir = opendir(SHARED_MEMORY);
	char path[PATH_MAX];
	struct dirent *entry;
	bool go_on = true;

	while (go_on && dir && (entry = readdir(dir))) {
		unsigned int uid;
		char again[32];

		if (sscanf(entry->d_name, "belay-%u", &uid) != 1)
			continue;
		(void)snprintf(again, sizeof(again), "belay-%u", uid);
		if (strcmp(again, entry->d_name) != 0)
			continue;
		(void)snprintf(path, sizeof(path), SHARED_MEMORY "/%s", again);
		go_on = visit_one(path, uid, visit, data);
	}
	if (dir)
		(void)closedir(dir);
	if (go_on && runtime_root(path))
		(void)visit_one(path, geteuid(), visit, data);
}
