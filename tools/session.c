/* SPDX-License-Identifier: MIT */
/*
 * session.c - makes the folder of a session, and removes it
 */
#include "session.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "roots.h"
#include "say.h"
#include "tables.h"
#include "text.h"

/* The program's name in letters that need no quotes in any shell. */
static void plain_name(const char *program, char *name, size_t size)
{
	const char *base = text_base(program);
	size_t n = 0;

	for (; base[n] && n + 1 < size; n++)
		name[n] = isalnum((unsigned char)base[n]) ||
					  strchr("_+.-", base[n])
				  ? base[n]
				  : '_';
	if (n && (*name == '.' || *name == '-'))
		*name = '_';
	name[n] = '\0';
}

/* Makes NAME-PID; a kept session of an earlier process may have that name. */
static int make_folder(struct session *session, const char *program)
{
	char plain[40];

	plain_name(program, plain, sizeof(plain));
	for (int i = 1; i < 100; i++) {
		char number[16] = "";

		if (i > 1)
			(void)snprintf(number, sizeof(number), "-%d", i);
		(void)snprintf(session->name, sizeof(session->name), "%s-%d%s",
			       *plain ? plain : "program", getpid(), number);
		if (mkdirat(session->root, session->name, 0700) == 0)
			return openat(session->root, session->name,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					      O_CLOEXEC);
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/*
 * All of the file gets its memory now: a process that writes to a mapped hole
 * on a full file system dies of SIGBUS. A limit on the size of files would
 * kill us with SIGXFSZ, so it is looked at first.
 */
static int fill_summary(int fd)
{
	struct belay_summary *head;
	struct rlimit limit;
	int error;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    limit.rlim_cur < sizeof(struct belay_summary))
		return EFBIG;
	do {
		error = posix_fallocate(fd, 0, sizeof(struct belay_summary));
	} while (error == EINTR);
	if (error)
		return error;
	/* Too large for a small stack. */
	head = calloc(1, sizeof(*head));
	if (!head)
		return ENOMEM;
	head->magic = BELAY_SUMMARY_MAGIC;
	head->layout = BELAY_LAYOUT;
	head->size = sizeof(*head);
	if (pwrite(fd, head, offsetof(struct belay_summary, processes), 0) < 0)
		error = errno;
	free(head);
	return error;
}

static int make_summary(int folder)
{
	int fd = openat(folder, "summary",
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	int error;

	if (fd < 0)
		return errno;
	/* Whatever the umask is, the programs of the run must open it. */
	(void)fchmod(fd, 0600);
	error = fill_summary(fd);
	(void)close(fd);
	return error;
}

static bool failed(struct session *session, const char *what, int error)
{
	say("Cannot record calls: %s: path=\"%s/%s\", error=\"%s\"", what,
	    session->path, session->name,
	    error == EFBIG ? "The limit on the size of files is too small "
			     "(ulimit -f)"
			   : strerror(error));
	if (session->folder >= 0)
		(void)session_remove(session);
	session_close(session);
	return false;
}

bool session_create(const char *program, struct session *ret_session)
{
	struct session *session = ret_session;
	size_t used;
	int error;

	*session = (struct session){.folder = -1, .owner = geteuid()};
	session->root = root_open_own(session->path);
	if (session->root < 0)
		return false;
	session->folder = make_folder(session, program);
	if (session->folder < 0)
		return failed(session, "cannot make a folder", errno);
	(void)fchmod(session->folder, 0700);
	(void)flock(session->folder, LOCK_EX | LOCK_NB);
	error = make_summary(session->folder);
	if (error)
		return failed(session, "cannot make the summary", error);
	used = strlen(session->path);
	(void)snprintf(session->path + used, sizeof(session->path) - used,
		       "/%s", session->name);
	return true;
}

void session_close(struct session *session)
{
	if (session->folder >= 0)
		(void)close(session->folder);
	if (session->root >= 0)
		(void)close(session->root);
	session->folder = session->root = -1;
}

static void remove_table(const struct session *session, const char *name,
			 void *data)
{
	(void)data;
	(void)unlinkat(session->folder, name, 0);
}

bool session_remove(const struct session *session)
{
	static const char *const of_rules[] = {"rules", "rules.state",
					       "replay"};

	(void)unlinkat(session->folder, "summary", 0);
	/* Most often there is nothing else. */
	if (unlinkat(session->root, session->name, AT_REMOVEDIR) == 0)
		return true;
	session_files(session, remove_table, NULL);
	for (size_t i = 0; i < sizeof(of_rules) / sizeof(*of_rules); i++)
		(void)unlinkat(session->folder, of_rules[i], 0);
	return unlinkat(session->root, session->name, AT_REMOVEDIR) == 0 ||
	       errno == ENOENT;
}

bool session_in_use(const struct session *session)
{
	return flock(session->folder, LOCK_EX | LOCK_NB) < 0 &&
	       errno == EWOULDBLOCK;
}

void session_files(const struct session *session,
		   void (*visit)(const struct session *session,
				 const char *name, void *data),
		   void *data)
{
	int fd = openat(session->folder, ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	uint64_t start;
	uint32_t pid;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (table_name(entry->d_name, &pid, &start))
			visit(session, entry->d_name, data);
	(void)closedir(dir);
}

struct visit_all {
	bool (*visit)(struct session *session, void *data);
	void *data;
	bool stopped;
};

static bool visit_root(int root, uid_t owner, const char *path, void *data)
{
	struct visit_all *all = data;
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir && !all->stopped && (entry = readdir(dir))) {
		struct session session = {.root = root, .owner = owner};

		if (entry->d_name[0] == '.' ||
		    strlen(entry->d_name) >= sizeof(session.name))
			continue;
		strcpy(session.name, entry->d_name);
		(void)snprintf(session.path, sizeof(session.path), "%.2000s/%s",
			       path, session.name);
		session.folder =
			openat(root, session.name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (session.folder < 0)
			continue;
		all->stopped = !all->visit(&session, all->data);
		(void)close(session.folder);
	}
	if (dir)
		(void)closedir(dir);
	return !all->stopped;
}

void session_each(bool (*visit)(struct session *session, void *data),
		  void *data)
{
	struct visit_all all = {.visit = visit, .data = data};

	root_each(visit_root, &all);
}
