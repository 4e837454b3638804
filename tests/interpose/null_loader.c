/* SPDX-License-Identifier: MIT */
/*
 * null_loader.c - a program that reaches the null library in several ways
 *
 *     null_loader own
 *     null_loader local|deepbind PLUGIN...
 *     null_loader reload PLUGIN
 *
 * Built twice: linked to the null library (null_linked), and without it: then
 * its weak references find nothing, or what a preload offers. Prints the
 * number of the library that each call reached, a line each.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "null.h"

extern __typeof__(null_begin) null_begin NULL_REFERENCE;
extern __typeof__(null_finish) null_finish NULL_REFERENCE;

static void own_call(void)
{
	struct null_op op = {.pending = 1};
	/* Volatile: where it is linked the compiler would know the answer. */
	int (*volatile begin)(struct null_op *, long) = null_begin;
	long (*volatile finish)(struct null_op *) = null_finish;
	int begun;

	if (begin == NULL || finish == NULL) {
		puts("no such symbol");
		return;
	}
	errno = 0;
	begun = begin(&op, 1);
	if (begun < 0)
		printf("%d %s\n", begun, strerrorname_np(errno));
	else
		printf("%d\n", begun == finish(&op) ? begun : -2);
}

static void *load(const char *plugin, int flags)
{
	void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL | flags);

	if (handle == NULL) {
		(void)fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return handle;
}

static void plugin_call(void *handle)
{
	int (*call)(void) = (int (*)(void))dlsym(handle, "plugin_call");

	if (call == NULL)
		exit(1);
	printf("%d\n", call());
}

/* Leaves nothing usable where the module was, so that it moves. */
static void occupy(uintptr_t from)
{
	uintptr_t page = from & ~(uintptr_t)4095;

	for (uintptr_t at = page; at < page + 16 * 4096; at += 4096)
		(void)mmap((void *)at, 4096, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			   -1, 0);
}

static void reload(const char *plugin)
{
	void *handle = load(plugin, 0);
	const struct link_map *map;
	uintptr_t base;

	plugin_call(handle);
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
		exit(1);
	base = map->l_addr;
	(void)dlclose(handle);
	occupy(base);
	plugin_call(load(plugin, 0));
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "own") == 0)
		own_call();
	if (strcmp(argv[1], "reload") == 0 && argc == 3)
		reload(argv[2]);
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[1], "local") == 0)
			plugin_call(load(argv[i], 0));
		if (strcmp(argv[1], "deepbind") == 0)
			plugin_call(load(argv[i], RTLD_DEEPBIND));
	}
	/* What the program has of its own must still be what it was. */
	if (argc > 2)
		own_call();
	return 0;
}
