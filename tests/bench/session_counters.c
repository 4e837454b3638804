/* SPDX-License-Identifier: MIT */
/*
 * session_counters.c - a session's files without the tools: for tests
 *
 *     session_counters make DIR
 *     session_counters read DIR
 *
 * `make` makes the summary, as `belay run` would. `read` adds up the summary
 * and the tables in DIR and prints `name value` lines: per operation
 * "null.call.calls 12", then "lost.calls 0", "processes 1", "tables 0" and
 * "slots 0", the calls in tables that are not idle.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <belay/table.h>

#define NAMES_MAX 64

struct named {
	char name[BELAY_FULL_NAME_MAX];
	struct belay_counters counters;
};

static struct named named[NAMES_MAX];
static uint64_t lost[BELAY_LOSS_KINDS];
static uint64_t processes, tables, slots;

static void die(const char *what, const char *path)
{
	(void)fprintf(stderr, "session_counters: %s: %s\n", what, path);
	exit(1);
}

/* counters_add() - all members are 64-bit sums, but one maximum */
static void counters_add(struct belay_counters *sum,
			 const struct belay_counters *more)
{
	uint64_t max = sum->latency_max > more->latency_max ? sum->latency_max
							    : more->latency_max;
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)more;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
	sum->latency_max = max;
}

static void add(const char *api, const char *name,
		const struct belay_counters *counters)
{
	char full[BELAY_FULL_NAME_MAX];

	(void)snprintf(full, sizeof(full), "%.16s.%.32s", api, name);
	for (size_t i = 0; i < NAMES_MAX; i++) {
		if (named[i].name[0] == '\0')
			memcpy(named[i].name, full, sizeof(full));
		if (strcmp(named[i].name, full) != 0)
			continue;
		counters_add(&named[i].counters, counters);
		return;
	}
	die("too many operations", full);
}

static void add_lost(const uint64_t *more)
{
	for (size_t i = 0; i < BELAY_LOSS_KINDS; i++)
		lost[i] += more[i];
}

static void read_table(const struct belay_table *table)
{
	const char *start = (const char *)table;
	const struct belay_table_operation *operations =
		(const void *)(start + table->operations_offset);
	const struct belay_lane *lanes =
		(const void *)(start + table->lanes_offset);
	const struct belay_slot *slot =
		(const void *)(start + table->slots_offset);

	tables++;
	for (unsigned int i = 1; i < table->slots; i++)
		slots += belay_call_state(&slot[i].call) != BELAY_CALL_IDLE;
	if (table->state == BELAY_TABLE_FOLDED)
		return;
	add_lost(table->lost);
	for (unsigned int i = 0; i < BELAY_LANES_MAX; i++) {
		uint32_t number = lanes[i].operation;

		if (number != 0)
			add(operations[number].api, operations[number].name,
			    &lanes[i].counters);
	}
}

static void read_summary(const struct belay_summary *summary)
{
	processes = summary->processes;
	add_lost(summary->lost);
	for (size_t i = 0; i < BELAY_SUMMARY_OPERATIONS; i++)
		if (summary->operations[i].ready)
			add(summary->operations[i].api,
			    summary->operations[i].name,
			    &summary->operations[i].counters);
}

static void read_file(const char *path)
{
	struct stat status;
	const uint64_t *file;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0)
		die("cannot open", path);
	file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		die("cannot map", path);
	if (*file == BELAY_TABLE_MAGIC)
		read_table((const void *)file);
	else if (*file == BELAY_SUMMARY_MAGIC)
		read_summary((const void *)file);
	(void)munmap((void *)(uintptr_t)file, (size_t)status.st_size);
	(void)close(fd);
}

static void read_session(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder = opendir(dir);

	if (folder == NULL)
		die("cannot open", dir);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		read_file(path);
	}
	(void)closedir(folder);
}

static void print(void)
{
#define BENCH_LOSS_WORD(name, word, sentence) word,
	static const char *const losses[] = {BELAY_LOSSES(BENCH_LOSS_WORD)};

	for (size_t i = 0; i < NAMES_MAX && named[i].name[0] != '\0'; i++) {
		const struct belay_counters *c = &named[i].counters;
		uint64_t histogram = 0;

		for (size_t j = 0; j < BELAY_BUCKETS; j++)
			histogram += c->latency[j];
		printf("%s.calls %lu\n%s.refused %lu\n%s.finished %lu\n"
		       "%s.failed %lu\n%s.uncollected %lu\n%s.bytes %lu\n"
		       "%s.histogram %lu\n",
		       named[i].name, c->calls, named[i].name, c->refused,
		       named[i].name, c->finished, named[i].name, c->failed,
		       named[i].name, c->uncollected, named[i].name, c->bytes,
		       named[i].name, histogram);
	}
	for (size_t i = 0; i < BELAY_LOSS_KINDS; i++)
		printf("lost.%s %lu\n", losses[i], lost[i]);
	printf("processes %lu\ntables %lu\nslots %lu\n", processes, tables,
	       slots);
}

static void make(const char *dir)
{
	struct belay_summary head = {
		.magic = BELAY_SUMMARY_MAGIC,
		.layout = BELAY_LAYOUT,
		.size = sizeof(head),
	};
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/summary", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, sizeof(head)) != 0 ||
	    write(fd, &head, sizeof(head)) != (ssize_t)sizeof(head))
		die("cannot make", path);
	(void)close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "make") == 0) {
		make(argv[2]);
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "read") != 0)
		return 2;
	read_session(argv[2]);
	print();
	return 0;
}
