/* SPDX-License-Identifier: MIT */
/*
 * resolve.c - which definition a module would have called without us
 *
 * A library that was loaded with RTLD_LOCAL is in nobody's search order but
 * its users', and a process may hold two libraries that define one symbol. So
 * the next definition is looked up the way the calling module's own reference
 * would be: in that module and what it depends on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include <belay/adapter.h>

#include "log.h"
#include "modules.h"

uint32_t belay_next_module(const void *site)
{
	return belayi_module_note(site);
}

/* A definition in the module that asks, the adapter, is the wrapper itself. */
static bool is_in_module_of(const void *found, const void *asker)
{
	struct dl_find_object a;
	struct dl_find_object b;

	return _dl_find_object((void *)(uintptr_t)found, &a) == 0 &&
	       _dl_find_object((void *)(uintptr_t)asker, &b) == 0 &&
	       a.dlfo_link_map == b.dlfo_link_map;
}

/* Its library stays mapped for ever: the address is kept, see H30. */
static void pin(const void *found)
{
	struct dl_find_object object;
	const char *name;

	if (_dl_find_object((void *)(uintptr_t)found, &object) != 0)
		return;
	name = object.dlfo_link_map->l_name;
	if (name[0])
		(void)dlopen(name, RTLD_NOLOAD | RTLD_LAZY | RTLD_NODELETE);
}

static void *look_in(const char *file, const struct belay_next *next)
{
	void *handle = dlopen(file, RTLD_NOLOAD | RTLD_LAZY);
	void *found;

	if (!handle)
		return NULL;
	found = next->version ? dlvsym(handle, next->symbol, next->version)
			      : dlsym(handle, next->symbol);
	if (found && is_in_module_of(found, next))
		found = NULL;
	if (found)
		pin(found);
	(void)dlclose(handle);
	return found;
}

void *belay_next_of_caller(const struct belay_next *next, uint32_t module)
{
	const struct belayi_module *caller = belayi_module(module);
	int saved = errno;
	void *found = NULL;

	/* The executable's references are in the global order. */
	if (caller && caller->map->l_name[0])
		found = look_in(caller->map->l_name, next);
	errno = saved;
	return found;
}

void *belay_next_of_library(const struct belay_next *next)
{
	int saved = errno;
	void *found = next->library ? look_in(next->library, next) : NULL;

	errno = saved;
	return found;
}

void belay_next_missing(struct belay_next *next)
{
	if (__atomic_exchange_n(&next->missing, 1, __ATOMIC_RELAXED) == 0)
		belayi_log("Cannot find the next definition: symbol=\"%s\"",
			   next->symbol);
}
