/* SPDX-License-Identifier: MIT */
/*
 * doctor_lttng.c - what `belay trace` needs
 *
 * No session daemon is talked to: its files say whether it runs, and whether
 * we may.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "home.h"
#include "program.h"
#include "trace.h"

#define ROOTS_PLACE "/var/run/lttng"

/* The provider starts threads: it is loaded in a process of its own. */
static bool provider_loads(char *why, size_t size)
{
	char path[PATH_MAX];
	int ends[2];
	ssize_t n;
	pid_t pid;

	home_path(HOME_PROVIDER, "libbelay-lttng.so", path);
	if (pipe(ends) < 0)
		return false;
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		const char *error = "";

		if (!dlopen(path, RTLD_NOW | RTLD_LOCAL))
			error = dlerror();
		(void)!write(ends[1], error, strlen(error) + 1);
		_exit(0);
	}
	(void)close(ends[1]);
	n = read(ends[0], why, size - 1);
	why[n > 0 ? n : 0] = '\0';
	(void)close(ends[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return n == 1;
}

static bool look_at_libraries(struct doctor *doctor)
{
	static const char advice[] =
		"install LTTng's libraries (liblttng-ust1, liblttng-ctl0)";
	char why[512] = "";
	const char *error;

	if (!home_load("trace.so", BELAY_TRACE_MODULE, &error)) {
		doctor_say(doctor, DOCTOR_PROBLEM, advice,
			   "\"belay trace\" cannot be used: %s", error);
		return false;
	}
	if (provider_loads(why, sizeof(why)))
		return true;
	doctor_say(doctor, DOCTOR_PROBLEM, advice,
		   "\"belay trace\" cannot be used: %s", why);
	return false;
}

/* Return: the daemon's process id, 0 if none runs there. */
static int daemon_of(const char *place)
{
	char path[PATH_MAX];
	FILE *file;
	int pid = 0;

	(void)snprintf(path, sizeof(path), "%s/lttng-sessiond.pid", place);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%d", &pid) != 1 || pid <= 0 ||
	    (kill(pid, 0) < 0 && errno != EPERM))
		pid = 0;
	(void)fclose(file);
	return pid;
}

static int own_daemon(void)
{
	const char *home = getenv("LTTNG_HOME");
	char place[PATH_MAX];

	home = home ? home : getenv("HOME");
	if (!home)
		return 0;
	(void)snprintf(place, sizeof(place), "%s/.lttng", home);
	return daemon_of(place);
}

/* Return: whether root's daemon can be used. */
static bool look_at_roots(struct doctor *doctor)
{
	int pid = daemon_of(ROOTS_PLACE);

	if (!pid)
		return false;
	if (access(ROOTS_PLACE "/client-lttng-sessiond", W_OK) == 0) {
		doctor_say(doctor, DOCTOR_OK, NULL,
			   "LTTng's session daemon runs, process %d: \"belay "
			   "trace\" uses it",
			   pid);
		return true;
	}
	doctor_say(doctor, DOCTOR_NOTE,
		   "to use that one: usermod -aG tracing USER, and log in "
		   "again",
		   "root's session daemon runs, process %d, but you are not "
		   "in the group \"tracing\"",
		   pid);
	return false;
}

static bool is_installed(const char *name)
{
	const char *folders = getenv("PATH");
	char path[PATH_MAX];

	for (; folders && *folders; folders += *folders == ':') {
		int length = (int)strcspn(folders, ":");

		(void)snprintf(path, sizeof(path), "%.*s/%s", length, folders,
			       name);
		if (access(path, X_OK) == 0)
			return true;
		folders += length;
	}
	return false;
}

void doctor_look_at_lttng(struct doctor *doctor)
{
	int pid = own_daemon();

	if (!look_at_libraries(doctor))
		return;
	if (pid)
		doctor_say(doctor, DOCTOR_OK, NULL,
			   "your LTTng session daemon runs, process %d: "
			   "\"belay trace\" uses it",
			   pid);
	else if (look_at_roots(doctor))
		return;
	else if (is_installed("lttng-sessiond"))
		doctor_say(doctor, DOCTOR_OK, NULL,
			   "LTTng is installed: \"belay trace\" starts a "
			   "session daemon of its own");
	else
		doctor_say(doctor, DOCTOR_PROBLEM,
			   "install it: apt install lttng-tools",
			   "\"belay trace\" cannot be used: there is no "
			   "lttng-sessiond in $PATH");
}
