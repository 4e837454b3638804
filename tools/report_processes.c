/* SPDX-License-Identifier: MIT */
/*
 * report_processes.c - the processes of a trace, and what they had loaded
 */
#include "report_processes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

void processes_init(struct processes *processes)
{
	*processes = (struct processes){.map_size = 64};
	processes->map = calloc(processes->map_size, sizeof(uint32_t));
	processes->modules = array_grow(NULL, 0, sizeof(*processes->modules));
	processes->modules_count = 1;
	if (!processes->map)
		abort();
}

void processes_deinit(struct processes *processes)
{
	for (uint32_t i = 0; i < processes->count; i++)
		free(processes->list[i].name);
	for (uint32_t i = 0; i < processes->images_count; i++)
		free(processes->images[i].path);
	free(processes->list);
	free(processes->modules);
	free(processes->images);
	free(processes->map);
}

/* The place in the map for (scope, pid): its own, or the free one for it. */
static uint32_t *map_place(const struct processes *processes, uint32_t scope,
			   uint32_t pid)
{
	uint64_t key = (uint64_t)scope << 32 | pid;
	size_t i = key * 0x9e3779b97f4a7c15U >>
		   (64 - __builtin_ctzl(processes->map_size));
	const struct report_process *known;

	for (;; i = (i + 1) & (processes->map_size - 1)) {
		if (!processes->map[i])
			return &processes->map[i];
		known = &processes->list[processes->map[i] - 1];
		if (known->scope == scope && known->pid == pid)
			return &processes->map[i];
	}
}

static void grow_map(struct processes *processes)
{
	uint32_t *old = processes->map;
	size_t size = processes->map_size;

	processes->map = calloc(2 * size, sizeof(*processes->map));
	if (!processes->map)
		abort();
	processes->map_size = 2 * size;
	for (size_t i = 0; i < size; i++)
		if (old[i])
			*map_place(processes, processes->list[old[i] - 1].scope,
				   processes->list[old[i] - 1].pid) = old[i];
	free(old);
}

/* Makes a process that takes over the id; its index. */
static uint32_t add_process(struct processes *processes, uint32_t scope,
			    uint32_t pid)
{
	uint32_t *place;

	if (4 * (processes->map_used + 1) > 3 * processes->map_size)
		grow_map(processes);
	place = map_place(processes, scope, pid);
	if (!*place)
		processes->map_used++;
	processes->list = array_grow(processes->list, processes->count,
				     sizeof(*processes->list));
	processes->list[processes->count] =
		(struct report_process){.scope = scope, .pid = pid};
	*place = ++processes->count;
	processes->latest = processes->count - 1;
	return processes->latest;
}

uint32_t processes_current(struct processes *processes, uint32_t scope,
			   uint32_t pid)
{
	const struct report_process *latest =
		&processes->list[processes->latest];
	uint32_t known;

	if (processes->count && latest->scope == scope && latest->pid == pid)
		return processes->latest;
	known = *map_place(processes, scope, pid);
	if (!known)
		return add_process(processes, scope, pid);
	processes->latest = known - 1;
	return processes->latest;
}

/* Whether an event tells of the process again; after exec, the name differs. */
static bool is_again(const struct report_process *process,
		     const struct event *event)
{
	return process->start_time == event->start_time &&
	       strlen(process->name) == event->path.length &&
	       memcmp(process->name, event->path.at, event->path.length) == 0;
}

void processes_start(struct processes *processes, const struct event *event)
{
	uint32_t pid = (uint32_t)event->pid;
	uint32_t index = *map_place(processes, event->scope, pid);
	struct report_process *process;

	if (index && processes->list[index - 1].name &&
	    is_again(&processes->list[index - 1], event))
		return;
	index = add_process(processes, event->scope, pid);
	process = &processes->list[index];
	process->start_time = event->start_time;
	process->name = strndup(event->path.at, event->path.length);
	if (!process->name)
		abort();
}

static void read_build_id(struct report_image *image, struct event_text hex)
{
	unsigned int byte;

	for (size_t i = 0; i + 1 < hex.length; i += 2) {
		if (image->build_id_size == BELAY_BUILD_ID_MAX ||
		    sscanf(hex.at + i, "%2x", &byte) != 1)
			return;
		image->build_id[image->build_id_size++] = (uint8_t)byte;
	}
}

/* A process tells of few files, and most of them are everybody's. */
static uint32_t intern_image(struct processes *processes,
			     const struct event *event)
{
	struct report_image image = {
		.path = strndup(event->path.at, event->path.length),
	};
	const struct report_image *known;

	if (!image.path)
		abort();
	read_build_id(&image, event->build_id);
	for (uint32_t i = 0; i < processes->images_count; i++) {
		known = &processes->images[i];
		if (known->build_id_size == image.build_id_size &&
		    memcmp(known->build_id, image.build_id,
			   sizeof(image.build_id)) == 0 &&
		    strcmp(known->path, image.path) == 0) {
			free(image.path);
			return i;
		}
	}
	processes->images = array_grow(processes->images,
				       processes->images_count, sizeof(image));
	processes->images[processes->images_count] = image;
	return processes->images_count++;
}

void processes_load(struct processes *processes, const struct event *event)
{
	uint32_t process = processes_current(processes, event->scope,
					     (uint32_t)event->pid);
	struct report_module module = {
		.base = event->base,
		.start = event->start,
		.end = event->end,
		.image = intern_image(processes, event),
		.next = processes->list[process].modules,
	};

	processes->modules = array_grow(
		processes->modules, processes->modules_count, sizeof(module));
	processes->modules[processes->modules_count] = module;
	processes->list[process].modules = processes->modules_count++;
}

void processes_place(const struct processes *processes, uint32_t process,
		     uint64_t site, struct place *ret_place)
{
	const struct report_module *module;
	const struct report_image *image;

	*ret_place = (struct place){.address = site};
	for (uint32_t i = processes->list[process].modules; i;
	     i = module->next) {
		module = &processes->modules[i];
		if (site < module->start || site >= module->end)
			continue;
		image = &processes->images[module->image];
		(void)snprintf(ret_place->path, sizeof(ret_place->path), "%s",
			       image->path);
		memcpy(ret_place->build_id, image->build_id,
		       sizeof(image->build_id));
		ret_place->build_id_size = image->build_id_size;
		ret_place->address = site - module->base;
		return;
	}
}
