/* SPDX-License-Identifier: MIT */
/*
 * lttng_daemon.c - the session daemon that records: found, or started
 *
 * LTTng 2.13 has two places for a session daemon's sockets: $LTTNG_HOME/.lttng
 * for a user, and /var/run/lttng for root, which no option changes. Programs
 * look in both, root's too. So a daemon of our own has LTTNG_HOME in a folder
 * of ours, and root's has, in a mount namespace of its own, that same folder
 * as its /var/run/lttng. Where root may not have one (in most containers), its
 * daemon takes the place itself, which is free, or we had found a daemon; then
 * several traces share it.
 */
#include "lttng_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/lttng.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lttng_shared.h"
#include "say.h"

#define PROGRAM "lttng-sessiond"
#define ROOT_PLACE "/var/run/lttng"
#define START_MS 20000
#define POLL_MS 5

static void pause_ms(long ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&time, NULL);
}

/* Makes our folder root's place, for this process and what it starts. */
static bool separate(struct daemon *daemon)
{
	char rundir[PATH_MAX];

	(void)snprintf(rundir, sizeof(rundir), "%s/.lttng", daemon->home.path);
	daemon->made_place = mkdir(ROOT_PLACE, 0755) == 0;
	if (!daemon->made_place && errno != EEXIST)
		return false;
	daemon->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	daemon->here = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (daemon->cwd < 0 || daemon->here < 0 || unshare(CLONE_NEWNS) < 0)
		return false;
	daemon->away = true;
	daemon->there = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return daemon->there >= 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
	       mount(rundir, ROOT_PLACE, NULL, MS_BIND, NULL) == 0;
}

bool daemon_leave(struct daemon *daemon)
{
	if (!daemon->away)
		return true;
	daemon->away = false;
	if (setns(daemon->here, CLONE_NEWNS) == 0 && fchdir(daemon->cwd) == 0)
		return true;
	say("Cannot return from the session daemon's namespace: error=\"%m\"");
	return false;
}

bool daemon_enter(struct daemon *daemon)
{
	if (daemon->there < 0)
		return true;
	daemon->away = setns(daemon->there, CLONE_NEWNS) == 0;
	if (!daemon->away)
		say("Cannot reach the session daemon: error=\"%m\"");
	return daemon->away;
}

/*
 * Tries it in a child, because it cannot be undone: a container may forbid it,
 * and in a chroot the way back leads out of it.
 */
static bool separates(struct daemon *daemon)
{
	struct stat before, after;
	int ends[2];
	char good = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	child = fork();
	if (child == 0) {
		good = stat("/", &before) == 0 && separate(daemon) &&
		       daemon_leave(daemon) && stat("/", &after) == 0 &&
		       before.st_dev == after.st_dev &&
		       before.st_ino == after.st_ino;
		if (daemon->made_place)
			(void)rmdir(ROOT_PLACE);
		_exit(write(ends[1], &good, 1) == 1 ? 0 : 1);
	}
	(void)close(ends[1]);
	if (child > 0 && read(ends[0], &good, 1) != 1)
		good = 0;
	(void)close(ends[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return good;
}

/* Whatever we were started with, the daemon starts afresh. */
static void reset_process(void)
{
	struct rlimit files;
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		(void)signal(signal_number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Each program that it traces costs it several descriptors. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)umask(022);
	(void)chdir("/");
}

/* In the child. What it says goes to a file. */
_Noreturn static void become_daemon(const struct daemon *daemon, pid_t parent,
				    int failed)
{
	char load[PATH_MAX], log[PATH_MAX];
	char *const arguments[] = {(char[]){PROGRAM}, (char[]){"--no-kernel"},
				   (char[]){"--load"}, load, NULL};
	int null, file, error;

	(void)snprintf(load, sizeof(load), "%s/sessions", daemon->home.path);
	(void)snprintf(log, sizeof(log), "%s/log", daemon->home.path);
	(void)setsid();
	/* One that others may use by then outlives us. */
	if (daemon->held < 0 &&
	    (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent))
		_exit(1);
	reset_process();
	(void)mkdir(load, 0700);
	null = open("/dev/null", O_RDWR);
	file = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(file < 0 ? null : file, STDERR_FILENO);
	(void)setenv("LTTNG_HOME", daemon->home.path, 1);
	(void)execvp(PROGRAM, arguments);
	error = errno;
	if (error == ENOENT)
		(void)execv("/usr/bin/" PROGRAM, arguments);
	(void)!write(failed, &error, sizeof(error));
	_exit(1);
}

/* Return: 0, or the errno of the exec. */
static int spawn(struct daemon *daemon)
{
	pid_t parent = getpid();
	int failed[2], error = 0;

	if (pipe2(failed, O_CLOEXEC) < 0)
		return errno;
	daemon->pid = fork();
	if (daemon->pid == 0)
		become_daemon(daemon, parent, failed[1]);
	if (daemon->pid < 0)
		error = errno;
	(void)close(failed[1]);
	if (daemon->pid > 0 &&
	    read(failed[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	(void)close(failed[0]);
	return error;
}

static bool has_ended(pid_t pid)
{
	pid_t waited = waitpid(pid, NULL, WNOHANG);

	/* Where SIGCHLD is ignored there is nothing to wait for. */
	return waited == pid || (waited < 0 && errno == ECHILD &&
				 kill(pid, 0) < 0 && errno == ESRCH);
}

static bool wait_until_alive(struct daemon *daemon)
{
	for (int ms = 0; ms < START_MS; ms += POLL_MS) {
		if (lttng_session_daemon_alive() == 1)
			return true;
		if (has_ended(daemon->pid)) {
			daemon->pid = 0;
			return false;
		}
		pause_ms(POLL_MS);
	}
	return false;
}

/* The first complaint in the daemon's log. */
static void say_complaint(const struct daemon *daemon)
{
	char path[PATH_MAX], line[512] = "", *complaint = NULL;
	FILE *log;

	(void)snprintf(path, sizeof(path), "%s/log", daemon->home.path);
	log = fopen(path, "re");
	while (log && !complaint && fgets(line, sizeof(line), log))
		complaint = strstr(line, "Error: ");
	if (log)
		(void)fclose(log);
	if (complaint)
		complaint[strcspn(complaint, "\n")] = '\0';
	say("Cannot start a session daemon: error=\"%s\"; start one with "
	    "\"lttng-sessiond --daemonize\"",
	    complaint ? complaint + strlen("Error: ") : "it ended at once");
}

static void say_not_started(int error)
{
	if (error == ENOENT)
		say("Cannot start a session daemon: " PROGRAM
		    " was not found; install the package lttng-tools");
	else
		say("Cannot start a session daemon: error=\"%s\"; have one "
		    "started that this user can reach",
		    strerror(error));
}

static bool start(struct daemon *daemon)
{
	int error = spawn(daemon);

	if (error) {
		say_not_started(error);
		return false;
	}
	/* Somebody may have started the same one at this moment. */
	if (wait_until_alive(daemon) ||
	    (daemon->held >= 0 && lttng_session_daemon_alive() == 1))
		return true;
	say_complaint(daemon);
	return false;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static bool start_private(struct daemon *daemon)
{
	if (setenv("LTTNG_HOME", daemon->home.path, 1) < 0) {
		say_not_started(errno);
		return false;
	}
	return start(daemon);
}

/*
 * In root's ordinary place. Its folder stays until the trace ends: a daemon
 * that finds what it is to load gone, while it still starts, ends.
 */
static bool start_shared(struct daemon *daemon)
{
	bool alive;

	if (daemon->held < 0)
		daemon->held = shared_hold(true);
	if (daemon->held < 0) {
		say_not_started(errno);
		return false;
	}
	shared_start_lock(daemon->held);
	alive = lttng_session_daemon_alive() == 1 || start(daemon);
	if (alive && daemon->pid)
		shared_started(daemon->held, daemon->pid);
	shared_start_unlock(daemon->held);
	daemon->pid = 0;
	return alive;
}

/* Where it may be one that other traces stop, it is held first. */
static bool find(struct daemon *daemon)
{
	bool root = getuid() == 0;

	if (root)
		daemon->held = shared_hold(false);
	if (lttng_session_daemon_alive() != 1)
		return false;
	if (!root || daemon->held >= 0)
		return true;
	/* Its lock file may have been made just before it was started. */
	daemon->held = shared_hold(false);
	return daemon->held < 0 || lttng_session_daemon_alive() == 1;
}

static bool find_or_start(struct daemon *daemon)
{
	bool root = getuid() == 0;

	if (find(daemon))
		return true;
	if (!lttng_home_make(&daemon->home)) {
		say_not_started(errno);
		return false;
	}
	if (root && !separates(daemon))
		return start_shared(daemon);
	close_one(&daemon->held);
	if (!root || separate(daemon))
		return start_private(daemon);
	say_not_started(errno);
	return false;
}

bool daemon_open(struct daemon *ret_daemon)
{
	*ret_daemon = (struct daemon){
		.home.lock = -1,
		.held = -1,
		.here = -1,
		.there = -1,
		.cwd = -1,
	};
	if (find_or_start(ret_daemon))
		return true;
	(void)daemon_leave(ret_daemon);
	daemon_close(ret_daemon);
	return false;
}

const char *daemon_home(const struct daemon *daemon)
{
	bool everybody_s = daemon->held >= 0;

	return daemon->home.path[0] && !everybody_s ? daemon->home.path : NULL;
}

/*
 * It has written everything when the session has stopped; left to itself it
 * would take most of a second to tidy up what we remove anyway. Its helpers
 * are in its process group.
 */
void daemon_close(struct daemon *daemon)
{
	if (daemon->pid > 0) {
		if (kill(-daemon->pid, SIGKILL) < 0)
			(void)kill(daemon->pid, SIGKILL);
		while (waitpid(daemon->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	daemon->pid = 0;
	shared_release(daemon->held);
	daemon->held = -1;
	close_one(&daemon->here);
	close_one(&daemon->there);
	close_one(&daemon->cwd);
	if (daemon->made_place)
		(void)rmdir(ROOT_PLACE);
	lttng_home_remove(&daemon->home);
}
