/* SPDX-License-Identifier: MIT */
/*
 * session.c - whether and where this process records; its start and its end
 *
 * Everything comes in environment variables, so that children join the same
 * session. Whatever fails leaves the program untouched: it runs unrecorded,
 * and one line says so; with BELAY_STRICT it does not start.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "cost.h"
#include "fold.h"
#include "guard.h"
#include "log.h"
#include "modules.h"
#include "operations.h"
#include "pipeline.h"
#include "recorder.h"
#include "table.h"

#define EXIT_STRICT 125
#define BY_HAND "by-hand"

static struct {
	bool off;
	bool by_hand;
	bool trace;
	bool strict;
	uint32_t slots;
	char parent[PATH_MAX / 2]; /* by hand: where its folder is made */
	char folder[PATH_MAX];
} config;

static uint32_t first_start;
static bool gave_up; /* a child does not try again what failed here */

/* "a:b": one of the patterns fits the program's path or its last part. */
static bool names_us(const char *patterns)
{
	const char *path = belayi_executable();
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char pattern[PATH_MAX];

	while (*patterns) {
		size_t length = strcspn(patterns, ":");

		if (length && length < sizeof(pattern)) {
			memcpy(pattern, patterns, length);
			pattern[length] = '\0';
			if (fnmatch(pattern, base, 0) == 0 ||
			    fnmatch(pattern, path, 0) == 0)
				return true;
		}
		patterns += length + (patterns[length] == ':');
	}
	return false;
}

static bool is_set(const char *variable)
{
	const char *value = secure_getenv(variable);

	return value && strcmp(value, "1") == 0;
}

static bool excluded(void)
{
	const char *off = secure_getenv("BELAY");
	const char *only = secure_getenv("BELAY_ONLY");
	const char *not = secure_getenv("BELAY_NOT");

	if (getauxval(AT_SECURE) || (off && strcmp(off, "off") == 0))
		return true;
	return (only && *only && !names_us(only)) ||
	       (not &&*not &&names_us(not ));
}

static void choose_by_hand(void)
{
	const char *base = "/dev/shm";
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");

	if (access(base, W_OK | X_OK) < 0 && runtime && *runtime)
		base = runtime;
	config.by_hand = true;
	(void)snprintf(config.parent, sizeof(config.parent), "%s/belay-%u",
		       base, (unsigned int)geteuid());
	(void)snprintf(config.folder, sizeof(config.folder), "%s/" BY_HAND,
		       config.parent);
}

static void configure(void)
{
	const char *folder = secure_getenv("BELAY_SESSION");
	const char *calls = secure_getenv("BELAY_CALLS");
	unsigned long slots = calls ? strtoul(calls, NULL, 10) : 0;

	config.off = excluded();
	if (config.off)
		return;
	config.trace = is_set("BELAY_TRACE");
	config.strict = is_set("BELAY_STRICT");
	/* One more: slot 0 is nobody's. */
	config.slots =
		(slots && slots <= BELAY_SLOTS_MAX ? (uint32_t)slots
						   : BELAY_SLOTS_DEFAULT) +
		1;
	if (folder && *folder)
		(void)snprintf(config.folder, sizeof(config.folder), "%s",
			       folder);
	else
		choose_by_hand();
}

/* A folder that others may write to, or that is not ours, is not trusted. */
static int open_private(int from, const char *path)
{
	int fd = openat(from, path,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat folder;

	if (fd < 0)
		return -1;
	if (fstat(fd, &folder) == 0 && folder.st_uid == geteuid() &&
	    (folder.st_mode & 077) == 0)
		return fd;
	(void)close(fd);
	errno = EPERM;
	return -1;
}

/* Everybody may make folders beside ours, so each on the way is checked. */
static int open_by_hand(void)
{
	int fd = -1;
	int parent;

	(void)mkdir(config.parent, 0700);
	parent = open_private(AT_FDCWD, config.parent);
	if (parent < 0)
		return -1;
	(void)mkdirat(parent, BY_HAND, 0700);
	fd = open_private(parent, BY_HAND);
	(void)close(parent);
	return fd;
}

static int open_folder(void)
{
	return config.by_hand ? open_by_hand()
			      : open_private(AT_FDCWD, config.folder);
}

static bool make_table(void)
{
	bool made = false;
	int folder;

	folder = open_folder();
	if (folder >= 0)
		made = belayi_table_make(folder, config.folder, config.slots);
	else if (errno != ENOENT || config.strict)
		belayi_log("Cannot use the session: path=\"%s\", error=\"%s\"",
			   config.folder, strerror(errno));
	if (folder >= 0)
		(void)close(folder);
	return made;
}

/* What is said and measured once the table is there. */
static bool go_live(bool child)
{
	static uint32_t cost_ns;
	bool traced = true;

	if (child)
		belay_id_restart();
	__atomic_store_n(&belayi_process.own->life, BELAYI_LIVE,
			 __ATOMIC_RELEASE);
	if (!child) {
		belay_call_observe(&belayi_pipeline);
		cost_ns = belayi_cost_measure();
		if (config.trace)
			traced = belayi_recorder_load();
	}
	belayi_process.table->cost_ns = cost_ns;
	belayi_record_process();
	belayi_operations_publish();
	belayi_modules_publish();
	return traced;
}

static bool start_first(void)
{
	uint32_t nobody = 0;

	if (!__atomic_compare_exchange_n(&first_start, &nobody, 1, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	belayi_log_start();
	configure();
	if (config.off)
		return false;
	belayi_threads_start();
	return belayi_private_make(config.slots);
}

static bool start(void)
{
	struct belayi_private *own = belayi_process.own;
	bool child = own != NULL;
	uint32_t unborn = BELAYI_UNBORN;
	bool live;

	if (!child && !start_first())
		return false;
	own = belayi_process.own;
	if (!__atomic_compare_exchange_n(&own->life, &unborn, BELAYI_STARTING,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return unborn == BELAYI_LIVE;
	live = !gave_up && make_table() && go_live(child);
	if (live)
		return true;
	gave_up = true;
	__atomic_store_n(&own->life, BELAYI_OFF, __ATOMIC_RELEASE);
	return false;
}

bool belayi_start(void)
{
	int saved = errno;
	bool live = start();

	errno = saved;
	return live;
}

__attribute__((constructor)) static void start_early(void)
{
	if (!belayi_live() && config.strict && !config.off)
		_exit(EXIT_STRICT);
}

__attribute__((destructor)) void belayi_session_end(void)
{
	struct belayi_private *own = belayi_process.own;
	uint32_t live = BELAYI_LIVE;
	int saved = errno;
	int folder;

	if (!own ||
	    !__atomic_compare_exchange_n(&own->life, &live, BELAYI_OFF, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	folder = open_folder();
	if (folder >= 0) {
		belayi_fold_own(folder);
		belayi_table_drop(folder);
		(void)close(folder);
	}
	errno = saved;
}
