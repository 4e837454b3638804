/* SPDX-License-Identifier: MIT */
/*
 * doctor_us.c - Belay's own files, and what the environment says
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "adapters.h"
#include "doctor.h"
#include "home.h"
#include "policy_files.h"
#include "preload.h"
#include "text.h"

static bool is_there(struct doctor *doctor, enum home_folder folder,
		     const char *name)
{
	char path[PATH_MAX];

	if (access(home_path(folder, name, path), R_OK) == 0)
		return true;
	doctor_say(doctor, DOCTOR_PROBLEM, "install Belay again, as a whole",
		   "Belay is not complete: %s: %s", path, strerror(errno));
	return false;
}

struct names {
	char text[512];
	struct doctor *doctor;
};

static bool add_name(const char *name, const char *path, void *data)
{
	struct names *names = data;
	size_t used = strlen(names->text);

	(void)path;
	(void)snprintf(names->text + used, sizeof(names->text) - used, "%s%s",
		       used ? ", " : "", name);
	return true;
}

static bool add_api(const char *name, const char *path, void *data)
{
	struct names *names = data;

	if (adapter_load(name, path))
		return add_name(name, path, data);
	doctor_say(names->doctor, DOCTOR_PROBLEM,
		   "install Belay again, as a whole",
		   "the adapter of \"%s\" cannot be used", name);
	return true;
}

static void look_at_files(struct doctor *doctor)
{
	struct names apis = {.doctor = doctor}, policies = {.doctor = doctor};
	bool whole = is_there(doctor, HOME_CORE, "libbelay-call.so.0");

	whole = is_there(doctor, HOME_INTERPOSE, "libbelay-interpose.so.0") &&
		whole;
	whole = is_there(doctor, HOME_MODULES, "symbols.so") && whole;
	preload_apis(add_api, &apis);
	policy_each("", add_name, &policies);
	if (!apis.text[0])
		doctor_say(doctor, DOCTOR_PROBLEM,
			   "install Belay again, as a whole",
			   "no adapter is installed: only programs' own call "
			   "objects can be watched");
	if (whole && apis.text[0])
		doctor_say(doctor, DOCTOR_OK, NULL,
			   "Belay %s is complete; APIs: %s, com; policies: %s",
			   BELAY_VERSION, apis.text,
			   policies.text[0] ? policies.text : "none");
}

/* What the loader cannot take, or may not. */
static void look_at_folder(struct doctor *doctor)
{
	char path[PATH_MAX];
	struct statvfs fs;

	home_path(HOME_INTERPOSE, "", path);
	if (strpbrk(path, " :;"))
		doctor_say(doctor, DOCTOR_PROBLEM,
			   "install Belay in a folder without these",
			   "the loader allows neither spaces nor colons in "
			   "the path of a preload: %s",
			   path);
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		doctor_say(doctor, DOCTOR_PROBLEM,
			   "install Belay elsewhere, or mount it with exec",
			   "nothing may be executed on the file system of %s",
			   path);
}

static void look_at_environment(struct doctor *doctor)
{
	const char *off = getenv("BELAY");
	const char *preload = getenv("LD_PRELOAD");

	if (off && strcmp(off, "off") == 0)
		doctor_say(doctor, DOCTOR_PROBLEM, "unset BELAY",
			   "BELAY=off is in the environment: nothing is "
			   "watched");
	if (preload && *preload)
		doctor_say(doctor, DOCTOR_NOTE,
			   "if it wraps the same functions, it gets a call "
			   "after Belay",
			   "LD_PRELOAD is set, and stays behind Belay's: %s",
			   preload);
	if (getenv("LD_AUDIT"))
		doctor_say(doctor, DOCTOR_NOTE,
			   "unset LD_AUDIT if calls are missing",
			   "LD_AUDIT is set: an auditor can redirect calls "
			   "past a preload");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		doctor_say(doctor, DOCTOR_NOTE, NULL,
			   "no_new_privs is set: setuid programs gain no "
			   "rights here, and can be watched");
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2)
		doctor_say(doctor, DOCTOR_NOTE, NULL,
			   "system calls are filtered here (seccomp), as in "
			   "a container");
}

void doctor_look_at_us(struct doctor *doctor)
{
	look_at_files(doctor);
	look_at_folder(doctor);
	look_at_environment(doctor);
}
