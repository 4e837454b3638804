/* SPDX-License-Identifier: MIT */
/*
 * descriptors.c - keeps the program's file descriptors and LTTng's apart
 *
 * While LTTng starts, all low numbers are taken, so that it gets high ones:
 * above the usual limit of 1024, up to which programs close or choose numbers.
 * Those that go beyond, and descriptors that LTTng opens later, are kept from
 * LTTng's by wrappers of close() and its relatives.
 *
 * Without tracing a wrapper is one load and a jump. LTTng's own calls come
 * through here, too; it sees by itself which are its own. A child after vfork
 * has descriptors of its own but runs in its parent's memory: it is left alone,
 * told apart by its process id.
 */
#include "descriptors.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder.h"

#define EXPORT __attribute__((visibility("default")))
#define FIRST BELAYI_DESCRIPTORS_FIRST

/* LTTng's sockets, and two for each buffer: one buffer a processor. */
#define ROOM 512

static int (*next_close)(int fd);
static int (*next_close_range)(unsigned int first, unsigned int last,
			       int flags);
static int (*next_dup2)(int from, int to);
static int (*next_dup3)(int from, int to, int flags);

/* The process that LTTng was started in; 0: none. */
static int traced_pid;

__attribute__((constructor)) static void find(void)
{
	*(void **)&next_close = dlsym(RTLD_NEXT, "close");
	*(void **)&next_close_range = dlsym(RTLD_NEXT, "close_range");
	*(void **)&next_dup2 = dlsym(RTLD_NEXT, "dup2");
	*(void **)&next_dup3 = dlsym(RTLD_NEXT, "dup3");
}

static bool is_traced(void)
{
	int pid = __atomic_load_n(&traced_pid, __ATOMIC_RELAXED);

	return __builtin_expect(pid != 0, 0) && getpid() == pid;
}

/* Other libraries' constructors may be here before ours. */
static int really_close(int fd)
{
	return next_close ? next_close(fd) : (int)syscall(SYS_close, fd);
}

static int really_close_range(unsigned int first, unsigned int last, int flags)
{
	return next_close_range
		       ? next_close_range(first, last, flags)
		       : (int)syscall(SYS_close_range, first, last, flags);
}

static int keep(int fd)
{
	(void)fd;
	return 0;
}

static bool is_lttngs(int fd)
{
	int saved = errno;
	bool is = belayi_provider->close(fd, keep) < 0;

	errno = saved;
	return is;
}

EXPORT int close(int fd)
{
	if (is_traced())
		return belayi_provider->close(fd, really_close);
	return really_close(fd);
}

struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* The open ones of a range, by the list of them: no memory is allocated. */
static bool close_listed(unsigned int first, unsigned int last)
{
	char list[2048] __attribute__((aligned(8)));
	int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long size;

	if (folder < 0)
		return false;
	while ((size = syscall(SYS_getdents64, folder, list, sizeof(list))) > 0)
		for (long at = 0; at < size;) {
			const struct entry *entry = (void *)(list + at);
			unsigned int fd = (unsigned int)atoi(entry->name);

			at += entry->length;
			if (entry->name[0] != '.' && fd >= first &&
			    fd <= last && (int)fd != folder)
				(void)belayi_provider->close((int)fd,
							     really_close);
		}
	(void)really_close(folder);
	return true;
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	int saved = errno;

	/* Flags only mark them, or are for a table that LTTng is not in. */
	if (first > last || flags || !is_traced() || !close_listed(first, last))
		return really_close_range(first, last, flags);
	errno = saved;
	return 0;
}

EXPORT void closefrom(int low)
{
	(void)close_range(low < 0 ? 0 : (unsigned int)low, ~0U, 0);
}

EXPORT int dup2(int from, int to)
{
	if (from != to && is_traced() && is_lttngs(to)) {
		errno = EBUSY;
		return -1;
	}
	return next_dup2 ? next_dup2(from, to)
			 : (int)syscall(SYS_dup2, from, to);
}

EXPORT int dup3(int from, int to, int flags)
{
	if (from != to && is_traced() && is_lttngs(to)) {
		errno = EBUSY;
		return -1;
	}
	return next_dup3 ? next_dup3(from, to, flags)
			 : (int)syscall(SYS_dup3, from, to, flags);
}

/* Descriptors stay open when the limit falls below them again. */
static bool allow_high(struct rlimit *ret_before)
{
	struct rlimit more;

	if (getrlimit(RLIMIT_NOFILE, ret_before) < 0 ||
	    ret_before->rlim_max < FIRST + ROOM)
		return false;
	more = *ret_before;
	if (more.rlim_cur >= FIRST + ROOM)
		return true;
	more.rlim_cur = FIRST + ROOM;
	return setrlimit(RLIMIT_NOFILE, &more) == 0;
}

void belayi_descriptors_raise(struct belayi_descriptors *ret_descriptors)
{
	int fd;

	*ret_descriptors = (struct belayi_descriptors){0};
	if (!allow_high(&ret_descriptors->limit))
		return;
	ret_descriptors->raised = true;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd < FIRST) {
		ret_descriptors->held[fd / 64] |= UINT64_C(1) << (fd % 64);
		fd = fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);
	}
	if (fd >= 0)
		(void)really_close(fd);
}

static bool is_held(const struct belayi_descriptors *descriptors, int fd)
{
	return fd < FIRST && (descriptors->held[fd / 64] >> (fd % 64)) & 1;
}

void belayi_descriptors_lower(const struct belayi_descriptors *descriptors)
{
	int first = 0;

	if (belayi_provider)
		__atomic_store_n(&traced_pid, getpid(), __ATOMIC_RELAXED);
	if (!descriptors->raised)
		return;
	/* Whole runs at once: a thousand calls of close() take long. */
	for (int fd = 0; fd <= FIRST; fd++) {
		if (is_held(descriptors, fd))
			continue;
		if (first < fd)
			(void)really_close_range((unsigned int)first,
						 (unsigned int)fd - 1, 0);
		first = fd + 1;
	}
	(void)setrlimit(RLIMIT_NOFILE, &descriptors->limit);
}
