/* SPDX-License-Identifier: MIT */
/*
 * session_rules.c - the files of a session that has rules
 */
#include "session_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "read_whole.h"
#include "say.h"

/* A record takes at most this part of the memory that is free for it. */
#define RECORD_SHARE 4

static int make(int folder, const char *name)
{
	int fd = openat(folder, name,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	/* Whatever the umask is, the programs of the run must open it. */
	if (fd >= 0)
		(void)fchmod(fd, 0600);
	return fd;
}

static int write_all(int fd, const void *from, size_t size)
{
	const char *at = from;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_file(int folder, const char *name, const void *from,
		      size_t size)
{
	int fd = make(folder, name);
	int error = fd < 0 ? errno : write_all(fd, from, size);

	if (fd >= 0)
		(void)close(fd);
	return error;
}

static uint32_t room_for_entries(int fd, bool recording)
{
	struct statvfs fs;
	uint64_t room = 0;

	if (recording && fstatvfs(fd, &fs) == 0)
		room = (uint64_t)fs.f_bavail * fs.f_frsize / RECORD_SHARE /
		       sizeof(struct belay_rule_entry);
	if (room > BELAY_RULES_RECORD)
		room = BELAY_RULES_RECORD;
	return room > BELAY_RULES_LOG ? (uint32_t)room : BELAY_RULES_LOG;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* All of it gets its memory now, for the reason that the summary does. */
static int fill_state(int fd, const struct session_rules *rules)
{
	struct belay_rules_state head = {
		.magic = BELAY_RULES_MAGIC,
		.layout = BELAY_LAYOUT,
		.rules_count = rules->count,
		.seed = rules->seed,
		.began_ns = now_ns(),
		.recording = rules->recording,
		.replaying = rules->replaying,
		.entries = room_for_entries(fd, rules->recording),
	};
	int error;

	head.size = sizeof(head) + head.entries * sizeof(*head.list);
	do {
		error = posix_fallocate(fd, 0, (off_t)head.size);
	} while (error == EINTR);
	return error ? error : write_all(fd, &head, sizeof(head));
}

static int write_state(int folder, const struct session_rules *rules)
{
	int fd = make(folder, "rules.state");
	int error = fd < 0 ? errno : fill_state(fd, rules);

	if (fd >= 0)
		(void)close(fd);
	return error;
}

bool session_rules_make(const struct session *session,
			const struct session_rules *rules)
{
	int error = write_file(session->folder, "rules", rules->text,
			       strlen(rules->text));

	if (!error)
		error = write_state(session->folder, rules);
	if (!error && rules->replaying)
		error = write_file(session->folder, "replay", rules->replay,
				   rules->replay_count *
					   sizeof(*rules->replay));
	if (!error)
		return true;
	say("Cannot write the session's rules: path=\"%s\", error=\"%s\"",
	    session->path,
	    error == EFBIG ? "The limit on the size of files is too small "
			     "(ulimit -f)"
			   : strerror(error));
	return false;
}

/* The programs of the run could write anything here. */
static bool is_state(const struct belay_rules_state *head, uint64_t size)
{
	return head->magic == BELAY_RULES_MAGIC &&
	       head->layout == BELAY_LAYOUT && head->size == size &&
	       head->rules_count <= BELAY_RULES_MAX &&
	       head->entries <= (size - sizeof(*head)) / sizeof(*head->list);
}

static void make_safe(struct belay_rules_state *state)
{
	for (uint64_t i = 0; i < state->entries_used; i++) {
		struct belay_rule_entry *entry = &state->list[i];

		entry->path[sizeof(entry->path) - 1] = '\0';
		if (entry->build_id_size > BELAY_BUILD_ID_MAX)
			entry->build_id_size = 0;
		if (entry->rule == 0 || entry->rule > state->rules_count)
			entry->kind = BELAY_ENTRY_NONE;
		if (!entry->ready)
			entry->kind = BELAY_ENTRY_NONE;
	}
}

static struct belay_rules_state *read_state(int fd, uint64_t *ret_lost)
{
	struct belay_rules_state head, *state;
	struct stat file;
	uint64_t used;

	if (fstat(fd, &file) < 0 || (size_t)file.st_size < sizeof(head) ||
	    !read_whole(fd, &head, sizeof(head), 0) ||
	    !is_state(&head, (uint64_t)file.st_size))
		return NULL;
	used = head.entries_used < head.entries ? head.entries_used
						: head.entries;
	*ret_lost = head.entries_used - used;
	state = malloc(sizeof(head) + used * sizeof(*head.list));
	if (!state)
		return NULL;
	*state = head;
	state->entries_used = used;
	if (!read_whole(fd, state->list, used * sizeof(*head.list),
			sizeof(head))) {
		free(state);
		return NULL;
	}
	make_safe(state);
	return state;
}

struct belay_rules_state *session_rules_state(const struct session *session,
					      uint64_t *ret_lost)
{
	int fd = openat(session->folder, "rules.state",
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct belay_rules_state *state = NULL;

	if (fd < 0)
		return NULL;
	state = read_state(fd, ret_lost);
	(void)close(fd);
	return state;
}
