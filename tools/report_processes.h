/* SPDX-License-Identifier: MIT */
/*
 * report_processes.h - the processes of a trace, and what they had loaded
 *
 * A process id may come again: each `process` event of another program or
 * start time begins a new process, which has modules of its own.
 */
#ifndef BELAY_TOOLS_REPORT_PROCESSES_H
#define BELAY_TOOLS_REPORT_PROCESSES_H

#include <stddef.h>
#include <stdint.h>

#include "place.h"
#include "report_event.h"

struct report_process {
	uint32_t scope;
	uint32_t pid;
	uint64_t start_time;
	char *name;       /* NULL until a `process` event */
	uint32_t modules; /* index of the latest; 0: none */
	uint32_t rules;   /* which of the summary's, from 1; 0: none */
};

struct report_module {
	uint64_t base;
	uint64_t start;
	uint64_t end;
	uint32_t image;
	uint32_t next; /* an older one of the process; 0: none */
};

/* A file that several processes have loaded. */
struct report_image {
	char *path;
	uint8_t build_id[BELAY_BUILD_ID_MAX];
	uint32_t build_id_size;
};

struct processes {
	struct report_process *list;
	uint32_t count;
	uint32_t latest;               /* the one asked for last */
	struct report_module *modules; /* the first one is never used */
	uint32_t modules_count;
	struct report_image *images;
	uint32_t images_count;
	uint32_t *map; /* (scope, pid) -> index + 1 of the living */
	size_t map_size;
	size_t map_used;
};

void processes_init(struct processes *processes);
void processes_deinit(struct processes *processes);

/* processes_current() - the process that has this id now; its index */
uint32_t processes_current(struct processes *processes, uint32_t scope,
			   uint32_t pid);

/* processes_start() - takes a `process` event */
void processes_start(struct processes *processes, const struct event *event);

/* processes_load() - takes a `module` event */
void processes_load(struct processes *processes, const struct event *event);

/* processes_place() - where an address of a process lies */
void processes_place(const struct processes *processes, uint32_t process,
		     uint64_t site, struct place *ret_place);

#endif
