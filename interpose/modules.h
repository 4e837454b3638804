/* SPDX-License-Identifier: MIT */
/*
 * modules.h - the executables and libraries that calls are begun from
 */
#ifndef BELAYI_MODULES_H
#define BELAYI_MODULES_H

#include <link.h>

#include "process.h"

struct belayi_module {
	uint64_t start;
	uint64_t end;
	uint64_t base;
	struct link_map *map;
	uint32_t build_id_size;
	uint8_t build_id[BELAY_BUILD_ID_MAX];
	char path[BELAY_PATH_MAX - 4];
};

/* belayi_module_note() - the number, from 1, of the module that an address is
 * in; 0 where that cannot be told. Makes the module known to readers. */
uint32_t belayi_module_note(const void *address);

/* belayi_module() - by number; NULL for none */
const struct belayi_module *belayi_module(uint32_t number);

/* belayi_modules_publish() - writes all into a new table */
void belayi_modules_publish(void);

/*
 * belayi_module_forget() - undoes the note of an address, the only one so far
 */
void belayi_module_forget(const void *address);

/* belayi_executable() - path of the program that runs */
const char *belayi_executable(void);

#endif
