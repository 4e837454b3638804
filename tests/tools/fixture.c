/* SPDX-License-Identifier: MIT */
/*
 * fixture.c - makes call tables like those of real processes
 */
#include "fixture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <belay/observer.h>

#include "tables.h"

#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			perror(#condition);                                    \
			abort();                                               \
		}                                                              \
	} while (0)

uint64_t fixture_start_time(uint32_t pid)
{
	char path[64], text[1024];
	FILE *file;
	uint64_t start;
	const char *at;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
	file = fopen(path, "r");
	MUST(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[n] = '\0';
	at = strrchr(text, ')');
	MUST(at);
	for (int field = 2; field < 22; field++)
		at = strchr(at + 1, ' ');
	MUST(sscanf(at, " %" SCNu64, &start) == 1);
	return start;
}

static void lay_out(struct belay_table *head, uint32_t slots)
{
	*head = (struct belay_table){
		.magic = BELAY_TABLE_MAGIC,
		.layout = BELAY_LAYOUT,
		.state = BELAY_TABLE_LIVE,
		.pid = (uint32_t)getpid(),
		.clock = belay_clock_kind(),
		.start_time = fixture_start_time((uint32_t)getpid()),
		.opened = belay_clock_pair(),
		.cost_ns = 70,
		.slots = slots,
		.operations_offset = 4096,
		.executable = "/usr/bin/fixture",
	};
	head->modules_offset =
		head->operations_offset +
		BELAY_OPERATIONS_MAX * sizeof(struct belay_table_operation);
	head->lanes_offset =
		head->modules_offset +
		BELAY_MODULES_MAX * sizeof(struct belay_table_module);
	head->slots_offset = head->lanes_offset +
			     BELAY_LANES_MAX * sizeof(struct belay_lane);
	head->rules_offset = head->slots_offset +
			     slots * (uint32_t)sizeof(struct belay_slot);
	head->size = head->rules_offset + sizeof(struct belay_table_rules) +
		     belay_acted_count(slots) * sizeof(struct belay_acted);
}

static void fill(struct fixture *fixture)
{
	fixture->operations[1] = (struct belay_table_operation){
		.ready = 1,
		.status_kind = BELAY_STATUS_ERRNO,
		.api = "test",
		.name = "work",
		.arguments = {{BELAY_ARGUMENT_FD, "fd"},
			      {BELAY_ARGUMENT_SIZE, "size"},
			      {BELAY_ARGUMENT_OFFSET, "offset"},
			      {BELAY_ARGUMENT_POINTER, "address"}},
	};
	fixture->modules[0] = (struct belay_table_module){
		.ready = 1,
		.start = 0x400000,
		.end = 0x500000,
		.base = 0x400000,
		.path = "/usr/lib/libfixture.so.1",
	};
}

void fixture_make(struct fixture *fixture, uint32_t slots)
{
	struct belay_table head;
	char *map;
	int fd;

	lay_out(&head, slots);
	strcpy(fixture->path, "/tmp/belay-fixture-XXXXXX");
	MUST(mkdtemp(fixture->path));
	fixture->folder = open(fixture->path, O_RDONLY | O_DIRECTORY);
	MUST(fixture->folder >= 0);
	(void)snprintf(fixture->name, sizeof(fixture->name),
		       "calls.%" PRIu32 ".%" PRIu64, head.pid, head.start_time);
	fd = openat(fixture->folder, fixture->name, O_RDWR | O_CREAT | O_EXCL,
		    0600);
	MUST(fd >= 0 && ftruncate(fd, (off_t)head.size) == 0);
	map = mmap(NULL, head.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(map != MAP_FAILED);
	(void)close(fd);
	fixture->size = head.size;
	fixture->head = (struct belay_table *)map;
	fixture->operations =
		(struct belay_table_operation *)(map + head.operations_offset);
	fixture->modules =
		(struct belay_table_module *)(map + head.modules_offset);
	fixture->lanes = (struct belay_lane *)(map + head.lanes_offset);
	fixture->slots = (struct belay_slot *)(map + head.slots_offset);
	fixture->rules = (struct belay_table_rules *)(map + head.rules_offset);
	*fixture->head = head;
	fill(fixture);
}

void fixture_remove(struct fixture *fixture)
{
	(void)munmap(fixture->head, fixture->size);
	(void)unlinkat(fixture->folder, fixture->name, 0);
	(void)unlinkat(fixture->folder, "summary", 0);
	(void)close(fixture->folder);
	(void)rmdir(fixture->path);
}

int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	MUST(fixture);
	fixture_make(fixture, 600);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_remove(*state);
	free(*state);
	return 0;
}

struct table *fixture_open(const struct fixture *fixture)
{
	const char *why = NULL;
	struct table *table = table_open(fixture->folder, fixture->name, &why);

	if (!table) {
		printf("the table is refused: %s\n", why ? why : "no reason");
		abort();
	}
	return table;
}

void fixture_call(struct fixture *fixture, uint32_t slot, uint64_t turn,
		  enum belay_state state)
{
	struct belay_slot *s = &fixture->slots[slot];

	s->call.id = turn;
	/* Anything but NULL: written by its Begin. */
	s->call.operation = (const struct belay_operation *)(uintptr_t)8;
	s->call.number = 1;
	s->call.thread = (uint32_t)getpid();
	s->call.begun = belay_clock_now();
	s->site = 0x401234;
	for (unsigned int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		s->args[i] = turn;
	belay_call_mirror(&s->call.word, turn, state);
}
