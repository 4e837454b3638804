/* SPDX-License-Identifier: MIT */
/*
 * doctor_memory.c - where sessions are kept, and how much room is there
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <belay/table.h>

#include "doctor.h"
#include "roots.h"
#include "text.h"

/* What a process takes at most, with as many slots as without --calls. */
#define TABLE_BYTES                                                            \
	(BELAY_SLOTS_DEFAULT * sizeof(struct belay_slot) +                     \
	 BELAY_LANES_MAX * sizeof(struct belay_lane) +                         \
	 BELAY_MODULES_MAX * sizeof(struct belay_table_module) +               \
	 BELAY_OPERATIONS_MAX * sizeof(struct belay_table_operation))
#define SESSION_BYTES                                                          \
	(sizeof(struct belay_summary) + sizeof(struct belay_rules_state) +     \
	 BELAY_RULES_LOG * sizeof(struct belay_rule_entry))

#define FEW_PROCESSES 16

static void look_at_room(struct doctor *doctor, int fd, const char *path)
{
	char each[TEXT_NUMBER], left[TEXT_NUMBER];
	struct statvfs fs;
	uint64_t bytes;

	if (fstatvfs(fd, &fs) < 0)
		return;
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	(void)text_bytes(bytes, left);
	(void)text_bytes(TABLE_BYTES, each);
	if (bytes < SESSION_BYTES + TABLE_BYTES)
		doctor_say(doctor, DOCTOR_PROBLEM,
			   "make room; in a container: --shm-size=64m or more",
			   "%s has no room: %s are free, a watched process "
			   "takes up to %s",
			   path, left, each);
	else if (bytes < SESSION_BYTES + FEW_PROCESSES * TABLE_BYTES)
		doctor_say(doctor, DOCTOR_NOTE,
			   "make room, or use a smaller --calls=N; in a "
			   "container: --shm-size=64m or more",
			   "%s has room for few processes: %s are free, each "
			   "takes up to %s",
			   path, left, each);
	else
		doctor_say(doctor, DOCTOR_OK, NULL,
			   "sessions are kept in %s: %s are free, a watched "
			   "process takes up to %s",
			   path, left, each);
}

static void look_at_limit(struct doctor *doctor)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
	    limit.rlim_cur >= SESSION_BYTES + TABLE_BYTES)
		return;
	doctor_say(doctor, DOCTOR_PROBLEM, "ulimit -f unlimited",
		   "the limit on the size of files is too small for a call "
		   "table");
}

void doctor_look_at_memory(struct doctor *doctor)
{
	char path[PATH_MAX];
	const char *why;
	int fd = root_find_own(path, &why);

	if (fd < 0) {
		doctor_say(doctor, DOCTOR_PROBLEM,
			   "mount a tmpfs on /dev/shm, or set "
			   "XDG_RUNTIME_DIR to a folder of yours",
			   "sessions cannot be kept in %s: %s", path, why);
		return;
	}
	look_at_room(doctor, fd, path);
	look_at_limit(doctor);
	(void)close(fd);
}
