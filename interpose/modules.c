/* SPDX-License-Identifier: MIT */
/*
 * modules.c - which module an address is in, quickly the second time
 *
 * A call keeps the plain address that it was begun from. For a reader to make
 * sense of it, the module is listed once. Which addresses were seen stands in
 * a small cache of one word each, {number, address}; what is pushed out of it
 * is only looked up again.
 */
#include "modules.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "recorder.h"

#define SEEN 4096
#define ADDRESS_BITS 48
#define ADDRESS_MASK ((UINT64_C(1) << ADDRESS_BITS) - 1)

static struct belayi_module modules[BELAY_MODULES_MAX];
static uint32_t ready[BELAY_MODULES_MAX]; /* the entry is written */
static uint32_t used;
static uint64_t seen[SEEN];

const char *belayi_executable(void)
{
	static char path[PATH_MAX];
	int saved = errno;
	ssize_t length;

	if (path[0] == '\0') {
		length = readlink("/proc/self/exe", path, sizeof(path) - 1);
		path[length > 0 ? length : 0] = '\0';
	}
	errno = saved;
	return path;
}

/* Names of GNU notes are "GNU" with its zero; their parts are padded to 4. */
static void read_notes(struct belayi_module *module, const char *note,
		       const char *end)
{
	while (note + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)note;
		const char *name = note + sizeof(*head);
		const char *id = name + ((head->n_namesz + 3) & ~3U);

		note = id + ((head->n_descsz + 3) & ~3U);
		if (note > end || note < id)
			return;
		if (head->n_type != NT_GNU_BUILD_ID || head->n_namesz != 4 ||
		    head->n_descsz > BELAY_BUILD_ID_MAX)
			continue;
		memcpy(module->build_id, id, head->n_descsz);
		module->build_id_size = head->n_descsz;
		return;
	}
}

/* The file's first page is mapped at the module's start. */
static void read_build_id(struct belayi_module *module)
{
	const ElfW(Ehdr) *file = (const ElfW(Ehdr) *)(uintptr_t)module->start;
	const ElfW(Phdr) * head;

	if (memcmp(file->e_ident, ELFMAG, SELFMAG) != 0)
		return;
	head = (const ElfW(Phdr) *)(uintptr_t)(module->start + file->e_phoff);
	for (unsigned int i = 0; i < file->e_phnum; i++) {
		const char *note = (const char *)(uintptr_t)(module->base +
							     head[i].p_vaddr);

		if (head[i].p_type == PT_NOTE && !module->build_id_size)
			read_notes(module, note, note + head[i].p_filesz);
	}
}

static void publish(uint32_t number)
{
	const struct belayi_module *module = &modules[number - 1];
	struct belay_table_module *to = &belayi_process.modules[number - 1];

	to->start = module->start;
	to->end = module->end;
	to->base = module->base;
	to->build_id_size = module->build_id_size;
	memcpy(to->build_id, module->build_id, sizeof(to->build_id));
	memcpy(to->path, module->path, sizeof(to->path));
	__atomic_store_n(&to->ready, 1, __ATOMIC_RELEASE);
	belayi_record_module(module);
}

static uint32_t add_module(const struct dl_find_object *found)
{
	uint32_t number = __atomic_add_fetch(&used, 1, __ATOMIC_RELAXED);
	struct belayi_module *module = &modules[number - 1];
	const char *path = found->dlfo_link_map->l_name;

	if (number > BELAY_MODULES_MAX) {
		__atomic_store_n(&used, BELAY_MODULES_MAX, __ATOMIC_RELAXED);
		if (belayi_live())
			belayi_lost(BELAY_LOST_MODULES);
		return 0;
	}
	if (path[0] == '\0')
		path = belayi_executable();
	module->start = (uint64_t)(uintptr_t)found->dlfo_map_start;
	module->end = (uint64_t)(uintptr_t)found->dlfo_map_end;
	module->base = found->dlfo_link_map->l_addr;
	module->map = found->dlfo_link_map;
	memcpy(module->path, path, strnlen(path, sizeof(module->path) - 1));
	read_build_id(module);
	/* Sequential, as the life is: it is published here or by whoever makes
	 * the table that this does not see yet. */
	__atomic_store_n(&ready[number - 1], 1, __ATOMIC_SEQ_CST);
	if (belayi_live())
		publish(number);
	return number;
}

static uint32_t known(const struct dl_find_object *found)
{
	for (uint32_t i = 0; i < BELAY_MODULES_MAX; i++) {
		if (!__atomic_load_n(&ready[i], __ATOMIC_ACQUIRE))
			continue;
		if (modules[i].start ==
			    (uint64_t)(uintptr_t)found->dlfo_map_start &&
		    modules[i].map == found->dlfo_link_map)
			return i + 1;
	}
	return 0;
}

__attribute__((noinline, cold)) static uint32_t look_up(const void *address)
{
	struct dl_find_object found;
	uint32_t number;

	if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
		return 0;
	number = known(&found);
	return number ? number : add_module(&found);
}

static inline uint64_t *seen_entry(const void *address)
{
	uintptr_t site = (uintptr_t)address;

	return &seen[(site ^ site >> 12) % SEEN];
}

uint32_t belayi_module_note(const void *address)
{
	uint64_t site = (uint64_t)(uintptr_t)address & ADDRESS_MASK;
	uint64_t *entry = seen_entry(address);
	/* Acquire: who has the number may read what is known of the module. */
	uint64_t word = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
	uint32_t number;

	if (__builtin_expect((word & ADDRESS_MASK) == site && word, 1))
		return (uint32_t)(word >> ADDRESS_BITS);
	number = look_up(address);
	if (number)
		__atomic_store_n(entry, (uint64_t)number << ADDRESS_BITS | site,
				 __ATOMIC_RELEASE);
	return number;
}

const struct belayi_module *belayi_module(uint32_t number)
{
	return number && number <= BELAY_MODULES_MAX ? &modules[number - 1]
						     : NULL;
}

void belayi_modules_publish(void)
{
	for (uint32_t i = 0; i < BELAY_MODULES_MAX; i++)
		if (__atomic_load_n(&ready[i], __ATOMIC_ACQUIRE))
			publish(i + 1);
}

void belayi_module_forget(const void *address)
{
	if (used != 1)
		return;
	memset(&belayi_process.modules[0], 0,
	       sizeof(belayi_process.modules[0]));
	memset(&modules[0], 0, sizeof(modules[0]));
	__atomic_store_n(&ready[0], 0, __ATOMIC_RELAXED);
	__atomic_store_n(seen_entry(address), 0, __ATOMIC_RELAXED);
	used = 0;
}
