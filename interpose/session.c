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
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "cost.h"
#include "deadlines.h"
#include "decisions.h"
#include "fold.h"
#include "guard.h"
#include "loader.h"
#include "log.h"
#include "modules.h"
#include "operations.h"
#include "pipeline.h"
#include "policies.h"
#include "quiet.h"
#include "recorder.h"
#include "table.h"

#define EXIT_STRICT 125
#define BY_HAND "by-hand"

/* How long threads wait for another that starts: a second in all. */
#define NAP_NS 100000
#define NAPS 10000

static struct {
	bool off;
	bool by_hand;
	bool trace;
	bool strict;
	int seccomp; /* the mode that the program came with */
	uint32_t slots;
	char parent[PATH_MAX / 2]; /* by hand: where its folder is made */
	char folder[PATH_MAX];
	const char *rules; /* path of their text, or NULL */
	const char *policies;
	uint64_t seed;
} config;

/* The very first start, of the image; a child's starts come after it. */
enum { FIRST_IS_DUE, FIRST_RUNS, FIRST_IS_OVER };
static uint32_t first_start;

static bool observing;         /* what is done once in an image is done */
static bool gave_up;           /* a child does not try again what failed here */
static __thread bool starting; /* this thread is the one that starts */

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

static void configure_rules(void)
{
	const char *path = secure_getenv("BELAY_RULES");
	const char *seed = secure_getenv("BELAY_SEED");

	config.rules = path && *path ? path : NULL;
	config.policies = secure_getenv("BELAY_POLICY_PATH");
	config.seed = config.rules ? belayi_policies_seed(seed) : 0;
}

static void configure(void)
{
	const char *folder = secure_getenv("BELAY_SESSION");
	const char *calls = secure_getenv("BELAY_CALLS");
	unsigned long slots = calls ? strtoul(calls, NULL, 10) : 0;

	config.seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
	config.off = excluded();
	if (config.off)
		return;
	config.trace = is_set("BELAY_TRACE");
	config.strict = is_set("BELAY_STRICT");
	configure_rules();
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

/* A session that is over, at worst while we start, is no fault. */
static void log_no_session(int error)
{
	if (error != ENOENT || config.strict)
		belayi_log("Cannot use the session: path=\"%s\", error=\"%s\"",
			   config.folder, strerror(error));
}

/*
 * Opening a file may be what it dies of; so nothing is opened, a table stays
 * for who reads it.
 */
bool belayi_session_confined(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > config.seccomp;
}

static bool make_table(void)
{
	int folder;
	bool made;

	/* At our end we may be elsewhere, and so may children at their start. */
	if (config.folder[0] != '/') {
		belayi_log("Cannot use the session: path=\"%s\", "
			   "error=\"The path is not absolute\"",
			   config.folder);
		return false;
	}
	folder = open_folder();
	if (folder < 0) {
		log_no_session(errno);
		return false;
	}
	made = belayi_table_make(folder, config.folder, config.slots,
				 config.rules);
	if (!made && errno == ENOENT)
		log_no_session(ENOENT);
	(void)close(folder);
	return made;
}

static void drop_table(void)
{
	int folder = open_folder();

	if (folder < 0)
		return;
	belayi_table_drop(folder);
	(void)close(folder);
}

/* All or none: a rule alone may mean something else than with the others. */
static bool load_rules(void)
{
	struct belayi_rules_source source = {
		.path = config.rules,
		.folders = config.policies,
		.seed = config.seed,
		.folder = config.by_hand ? -1 : open_folder(),
	};
	bool loaded = belayi_policies_load(&source);

	if (source.folder >= 0)
		(void)close(source.folder);
	if (!loaded || !belayi_policies.count)
		return loaded;
	if (!belayi_sites_make() ||
	    !belayi_deadlines_make(config.slots, belayi_timing_due) ||
	    !belayi_decisions_make(config.slots)) {
		belayi_log("Cannot use rules: error=\"%s\"", strerror(errno));
		return false;
	}
	belay_call_observe(&belayi_pipeline_with_rules);
	return true;
}

/*
 * Once in an image. Tracing and rules that fail have said so, and only they
 * are off.
 */
static bool observe(uint32_t *ret_cost_ns)
{
	bool whole = true;

	observing = true;
	belay_call_observe(&belayi_pipeline);
	*ret_cost_ns = belayi_cost_measure();
	if (config.rules)
		whole = load_rules();
	if (config.trace)
		whole = belayi_recorder_load() && whole;
	return whole || !config.strict;
}

/* What is said and measured once the table is there. */
static bool go_live(void)
{
	static uint32_t cost_ns;

	/* After a fork, ids go on with another process's. */
	if (!belayi_is_own_id(belay_id_new()))
		belay_id_restart();
	/* Sequential: see what modules.c notes meanwhile. */
	__atomic_store_n(&belayi_process.own->life, BELAYI_LIVE,
			 __ATOMIC_SEQ_CST);
	if (!observing && !observe(&cost_ns)) {
		drop_table();
		return false;
	}
	__atomic_store_n(&belayi_process.settled, true, __ATOMIC_RELEASE);
	belayi_process.table->cost_ns = cost_ns;
	belayi_record_process();
	belayi_operations_publish();
	belayi_modules_publish();
	return true;
}

static void start_image(void)
{
	belayi_log_start();
	configure();
	if (config.off)
		return;
	belayi_threads_start();
	/* Destructors do not run then, nor does our _exit(). */
	(void)at_quick_exit(belayi_session_end);
	if (!belayi_private_make(config.slots))
		belayi_log("Cannot watch: error=\"%s\"", strerror(errno));
}

static void start_process(struct belayi_private *own)
{
	uint32_t unborn = BELAYI_UNBORN;

	if (!__atomic_compare_exchange_n(&own->life, &unborn, BELAYI_STARTING,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	if (!gave_up && !belayi_session_confined() && make_table() && go_live())
		return;
	gave_up = true;
	__atomic_store_n(&own->life, BELAYI_OFF, __ATOMIC_RELEASE);
}

/*
 * No signal comes in the middle: its handler's calls would go unrecorded, it
 * may fork, and it would make the table's allocation fail with EINTR.
 */
static void start(void)
{
	uint32_t due = FIRST_IS_DUE;
	struct belayi_quiet quiet;

	belayi_quiet_begin(&quiet);
	starting = true;
	if (__atomic_compare_exchange_n(&first_start, &due, FIRST_RUNS, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		start_image();
		if (belayi_process.own)
			start_process(belayi_process.own);
		__atomic_store_n(&first_start, FIRST_IS_OVER, __ATOMIC_RELEASE);
	} else if (belayi_process.own) {
		start_process(belayi_process.own);
	}
	starting = false;
	belayi_quiet_end(&quiet);
}

static uint32_t life(void)
{
	const struct belayi_private *own =
		__atomic_load_n(&belayi_process.own, __ATOMIC_ACQUIRE);
	uint32_t first = __atomic_load_n(&first_start, __ATOMIC_ACQUIRE);

	if (own)
		return __atomic_load_n(&own->life, __ATOMIC_ACQUIRE);
	if (first == FIRST_RUNS)
		return BELAYI_STARTING;
	return first == FIRST_IS_OVER ? BELAYI_OFF : BELAYI_UNBORN;
}

/* A call of another thread's is not lost only because it comes now. */
static void wait_for_start(void)
{
	static uint32_t naps;
	const struct timespec nap = {0, NAP_NS};
	struct belayi_quiet quiet;

	belayi_quiet_begin(&quiet);
	while (life() == BELAYI_STARTING &&
	       __atomic_fetch_add(&naps, 1, __ATOMIC_RELAXED) < NAPS)
		(void)nanosleep(&nap, NULL);
	belayi_quiet_end(&quiet);
}

bool belayi_start(void)
{
	int saved = errno;

	if (life() == BELAYI_UNBORN && !starting)
		start();
	if (life() == BELAYI_STARTING && !starting)
		wait_for_start();
	errno = saved;
	return life() == BELAYI_LIVE;
}

__attribute__((constructor)) static void start_early(void)
{
	if (!belayi_live() && config.strict && !config.off)
		_exit(EXIT_STRICT);
}

static void leave_session(void)
{
	int folder = open_folder();

	if (folder < 0)
		return;
	belayi_fold_own(folder);
	belayi_table_drop(folder);
	(void)close(folder);
}

/* No signal comes in the middle: its handler may end the process. */
__attribute__((destructor)) void belayi_session_end(void)
{
	struct belayi_private *own = belayi_process.own;
	uint32_t live = BELAYI_LIVE;
	int saved = errno;
	struct belayi_quiet quiet;

	if (!own)
		return;
	belayi_quiet_begin(&quiet);
	if (__atomic_compare_exchange_n(&own->life, &live, BELAYI_OFF, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		belayi_threads_settle();
		if (belayi_decisions) {
			belayi_decisions_fold();
			belayi_loader_unload();
		}
		if (!belayi_session_confined())
			leave_session();
	}
	belayi_quiet_end(&quiet);
	errno = saved;
}
