/* SPDX-License-Identifier: MIT */
/*
 * watched.c - starts a victim, and reads its call table
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "watched.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 30000

/* A copy, for the test's own is gone where it fails; "" once it has ended. */
static struct watched running;

static void become(const struct watched *w, const char *preload,
		   char *const argv[], int input, int output)
{
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    setenv("LD_PRELOAD", preload, 1) < 0 ||
	    setenv("BELAY_SESSION", w->folder, 1) < 0)
		_exit(126);
	(void)unsetenv("BELAY");
	(void)execv(argv[0], argv);
	_exit(127);
}

void watched_start(struct watched *w, const char *preload, char *const argv[])
{
	int in[2];
	int out[2];

	memset(w, 0, sizeof(*w));
	(void)strcpy(w->folder, "/dev/shm/belay-watched-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	(void)fflush(NULL);
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0)
		become(w, preload, argv, in[0], out[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	w->input = in[1];
	w->output = out[0];
	running = *w;
}

static void read_line(struct watched *w)
{
	struct pollfd output = {.fd = w->output, .events = POLLIN};
	size_t length = 0;

	memset(w->line, 0, sizeof(w->line));
	while (length + 1 < sizeof(w->line)) {
		if (poll(&output, 1, PATIENCE_MS) != 1)
			fail_msg("the victim says nothing");
		if (read(w->output, w->line + length, 1) != 1)
			fail_msg("the victim ended after \"%s\"", w->line);
		if (w->line[length++] == '\n')
			return;
	}
	fail_msg("a long line: \"%s\"", w->line);
}

/* The one table of the session, once there is one. */
static void map_table(struct watched *w)
{
	DIR *folder = opendir(w->folder);
	struct dirent *entry;
	char path[sizeof(w->folder) + sizeof(entry->d_name)];
	struct stat file;
	void *map;
	int fd;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		if (strncmp(entry->d_name, "calls.", 6) == 0)
			break;
	if (entry) {
		(void)snprintf(path, sizeof(path), "%s/%s", w->folder,
			       entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &file), 0);
		map = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED,
			   fd, 0);
		assert_true(map != MAP_FAILED);
		(void)close(fd);
		w->map = map;
		w->table = map;
		assert_int_equal(w->table->magic, BELAY_TABLE_MAGIC);
		assert_int_equal(w->table->pid, w->pid);
	}
	(void)closedir(folder);
}

void watched_next(struct watched *w, const char *expected)
{
	if (w->line[0])
		assert_int_equal(write(w->input, "\n", 1), 1);
	read_line(w);
	if (strncmp(w->line, expected, strlen(expected)) != 0)
		fail_msg("expected \"%s\", the victim says \"%s\"", expected,
			 w->line);
	if (!w->map)
		map_table(w);
}

uint64_t watched_number(const struct watched *w, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = w->line; (at = strstr(at, name)); at++)
		if (at > w->line && at[-1] == ' ' && at[length] == '=')
			return strtoull(at + length + 1, NULL, 0);
	fail_msg("no %s in \"%s\"", name, w->line);
	return 0;
}

static void remove_folder(const struct watched *w)
{
	DIR *folder = opendir(w->folder);
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	(void)closedir(folder);
	(void)rmdir(w->folder);
}

void watched_end(struct watched *w)
{
	int status = -1;

	assert_int_equal(write(w->input, "\n", 1), 1);
	(void)close(w->input);
	(void)close(w->output);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	if (w->map)
		(void)munmap((void *)(uintptr_t)w->map, w->table->size);
	remove_folder(w);
	running.folder[0] = '\0';
	assert_int_equal(status, 0);
}

int watched_teardown(void **state)
{
	(void)state;
	if (!running.folder[0])
		return 0;
	(void)kill(running.pid, SIGKILL);
	(void)waitpid(running.pid, NULL, 0);
	remove_folder(&running);
	running.folder[0] = '\0';
	return 0;
}

static uint32_t number_of(const struct watched *w, const char *operation)
{
	const struct belay_table_operation *operations =
		(const void *)(w->map + w->table->operations_offset);
	char name[64];

	for (uint32_t i = 1; i < BELAY_OPERATIONS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%s.%s", operations[i].api,
			       operations[i].name);
		if (operations[i].ready && strcmp(name, operation) == 0)
			return i;
	}
	return 0;
}

struct belay_counters watched_counters(const struct watched *w,
				       const char *operation)
{
	struct belay_counters sum;
	const struct belay_lane *lanes;
	uint32_t number;

	memset(&sum, 0, sizeof(sum));
	if (!w->map)
		return sum;
	number = number_of(w, operation);
	lanes = (const void *)(w->map + w->table->lanes_offset);
	for (unsigned int i = 0; number && i < BELAY_LANES_MAX; i++) {
		const uint64_t *from = (const uint64_t *)&lanes[i].counters;
		uint64_t *to = (uint64_t *)&sum;

		if (lanes[i].operation != number)
			continue;
		for (size_t j = 0; j < sizeof(sum) / sizeof(*to); j++)
			to[j] += from[j];
	}
	return sum;
}

enum belay_state watched_state(const struct belay_slot *slot)
{
	return belay_word_state(slot->call.word);
}

static const struct belay_slot *slots_of(const struct watched *w)
{
	return (const void *)(w->map + w->table->slots_offset);
}

const struct belay_slot *watched_call(const struct watched *w, uint64_t key,
				      unsigned int which)
{
	for (uint32_t i = 1; w->map && i < w->table->slots; i++) {
		const struct belay_slot *slot = &slots_of(w)[i];

		if (watched_state(slot) != BELAY_CALL_IDLE &&
		    slot->key == key && which-- == 0)
			return slot;
	}
	return NULL;
}

unsigned int watched_in_flight(const struct watched *w)
{
	unsigned int count = 0;

	for (uint32_t i = 1; w->map && i < w->table->slots; i++)
		count += watched_state(&slots_of(w)[i]) != BELAY_CALL_IDLE;
	return count;
}

const char *watched_module(const struct watched *w, uint64_t address)
{
	const struct belay_table_module *modules;

	if (!w->map)
		return NULL;
	modules = (const void *)(w->map + w->table->modules_offset);
	for (unsigned int i = 0; i < BELAY_MODULES_MAX; i++)
		if (modules[i].ready && address >= modules[i].start &&
		    address < modules[i].end)
			return modules[i].path;
	return NULL;
}
