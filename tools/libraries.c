/* SPDX-License-Identifier: MIT */
/*
 * libraries.c - the libraries that a program would be loaded with, without
 * running it
 */
#include "libraries.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"

#define CACHE "/etc/ld.so.cache"
#define CACHE_MAGIC "glibc-ld.so.cache1.1"
#define CACHE_X86_64 0x0303 /* a 64-bit ELF library for glibc */
#define LIBRARIES_MAX 1000

static const char *const system_folders[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
};

/* --- The loader's cache -------------------------------------------------- */

struct cache_head {
	char magic[20];
	uint32_t count;
	uint32_t rest[6];
};

struct cache_entry {
	int32_t flags;
	uint32_t name; /* offsets in the file */
	uint32_t path;
	uint32_t os_version;
	uint64_t hwcap;
};

struct cache {
	const char *bytes;
	size_t size;
};

/* The map stays: there is one cache. */
static struct cache load_cache(void)
{
	int fd = open(CACHE, O_RDONLY | O_CLOEXEC);
	struct cache cache = {0};
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    (size_t)st.st_size > sizeof(struct cache_head)) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ,
				 MAP_PRIVATE, fd, 0);

		if (map != MAP_FAILED)
			cache = (struct cache){map, (size_t)st.st_size};
	}
	if (fd >= 0)
		(void)close(fd);
	return cache;
}

static const char *cache_text(const struct cache *cache, uint32_t offset)
{
	if (offset >= cache->size ||
	    !memchr(cache->bytes + offset, '\0', cache->size - offset))
		return "";
	return cache->bytes + offset;
}

static bool find_in_cache(const char *name, char path[PATH_MAX])
{
	static struct cache cache;
	const struct cache_head *head;
	const struct cache_entry *all;

	if (!cache.bytes)
		cache = load_cache();
	head = (const struct cache_head *)cache.bytes;
	if (!head || memcmp(head->magic, CACHE_MAGIC, 20) != 0 ||
	    head->count > (cache.size - sizeof(*head)) / sizeof(*all))
		return false;
	all = (const struct cache_entry *)(head + 1);
	for (uint32_t i = 0; i < head->count; i++) {
		if (all[i].flags != CACHE_X86_64 || all[i].hwcap ||
		    strcmp(cache_text(&cache, all[i].name), name) != 0)
			continue;
		(void)snprintf(path, PATH_MAX, "%s",
			       cache_text(&cache, all[i].path));
		return true;
	}
	return false;
}

/* --- Folders ------------------------------------------------------------- */

static bool is_in(const char *folder, int length, const char *name,
		  char path[PATH_MAX])
{
	struct elf_file file;

	(void)snprintf(path, PATH_MAX, "%.*s/%s", length, folder, name);
	if (!elf_file_open(path, &file))
		return false;
	elf_file_close(&file);
	return true;
}

/* "$ORIGIN/../lib": the folder of who says it stands for its first word. */
static bool is_in_origin(const char *folder, int length, const char *user,
			 const char *name, char path[PATH_MAX])
{
	static const char *const origins[] = {"$ORIGIN", "${ORIGIN}"};
	const char *slash = strrchr(user, '/');
	char real[PATH_MAX];

	for (size_t i = 0; slash && i < 2; i++) {
		int n = (int)strlen(origins[i]);

		if (length < n || strncmp(folder, origins[i], (size_t)n) != 0)
			continue;
		(void)snprintf(real, sizeof(real), "%.*s%.*s",
			       (int)(slash - user), user, length - n,
			       folder + n);
		return is_in(real, (int)strlen(real), name, path);
	}
	return is_in(folder, length, name, path);
}

/* user: the path of the file that the list stands in. */
static bool is_in_list(const char *list, const char *user, const char *name,
		       char path[PATH_MAX])
{
	while (list && *list) {
		int length = (int)strcspn(list, ":;");

		if (length && is_in_origin(list, length, user, name, path))
			return true;
		list += length + (list[length] != '\0');
	}
	return false;
}

static bool find(const char *name, const struct elf_file *who, const char *user,
		 const struct elf_file *program, const char *program_path,
		 char path[PATH_MAX])
{
	const char *runpath = elf_file_text(who, DT_RUNPATH, 0);

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) > 0;
	if (!runpath &&
	    (is_in_list(elf_file_text(who, DT_RPATH, 0), user, name, path) ||
	     is_in_list(elf_file_text(program, DT_RPATH, 0), program_path, name,
			path)))
		return true;
	if (is_in_list(getenv("LD_LIBRARY_PATH"), user, name, path) ||
	    is_in_list(runpath, user, name, path) || find_in_cache(name, path))
		return true;
	for (size_t i = 0; i < sizeof(system_folders) / sizeof(*system_folders);
	     i++)
		if (is_in(system_folders[i], (int)strlen(system_folders[i]),
			  name, path))
			return true;
	return false;
}

/* --- All of them --------------------------------------------------------- */

bool libraries_have(const struct libraries *libraries, const char *name)
{
	for (size_t i = 0; i < libraries->count; i++)
		if (strcmp(libraries->list[i].name, name) == 0)
			return true;
	return false;
}

static struct library *add(struct libraries *libraries, const char *name)
{
	struct library *library;

	libraries->list = realloc(libraries->list,
				  (libraries->count + 1) * sizeof(*library));
	if (!libraries->list)
		abort();
	library = &libraries->list[libraries->count++];
	*library = (struct library){0};
	(void)snprintf(library->name, sizeof(library->name), "%s", name);
	return library;
}

static void add_needs_of(struct libraries *libraries, const char *path,
			 const struct elf_file *program,
			 const char *program_path)
{
	struct elf_file file;
	const char *name;

	if (!*path || !elf_file_open(path, &file))
		return;
	for (size_t i = 0; (name = elf_file_text(&file, DT_NEEDED, i)); i++) {
		struct library *library;

		if (libraries->count == LIBRARIES_MAX ||
		    libraries_have(libraries, name))
			continue;
		library = add(libraries, name);
		if (!find(name, &file, path, program, program_path,
			  library->path))
			*library->path = '\0';
	}
	elf_file_close(&file);
}

void libraries_find(struct libraries *libraries, const char *program)
{
	struct elf_file file;
	char path[PATH_MAX];

	if (!elf_file_open(program, &file))
		return;
	add_needs_of(libraries, program, &file, program);
	for (size_t i = 0; i < libraries->count; i++) {
		/* The list moves while it grows. */
		strcpy(path, libraries->list[i].path);
		add_needs_of(libraries, path, &file, program);
	}
	elf_file_close(&file);
}

void libraries_deinit(struct libraries *libraries)
{
	free(libraries->list);
	*libraries = (struct libraries){0};
}
