/* SPDX-License-Identifier: MIT */
/*
 * resolve.c - which definition a module would have called without us
 *
 * A library that was loaded with RTLD_LOCAL is in nobody's search order but
 * its users', and a process may hold two libraries that define one symbol. So
 * the next definition is looked up the way the calling module's own reference
 * would be: in that module and what it depends on.
 */
#include "resolve.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "log.h"
#include "modules.h"

belayi_dlsym_function *belayi_dlsym_next;

uint32_t belay_next_module(const void *site)
{
	return belayi_module_note(site);
}

const struct link_map *belayi_map_of(const void *address)
{
	struct dl_find_object object;

	return _dl_find_object((void *)(uintptr_t)address, &object) == 0
		       ? object.dlfo_link_map
		       : NULL;
}

/*
 * libc's own, asked from here, tells which comes next: that may be another
 * preload's, which has no version. Every libc that Belay runs on has this one.
 */
__attribute__((noinline)) belayi_dlsym_function *belayi_dlsym_find(void)
{
	belayi_dlsym_function *libcs;
	belayi_dlsym_function *next = NULL;

	*(void **)&libcs = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	if (libcs)
		*(void **)&next = libcs(RTLD_NEXT, "dlsym");
	else /* Nobody has preloaded us: libc comes before. */
		*(void **)&next = dlvsym(RTLD_DEFAULT, "dlsym", "GLIBC_2.34");
	__atomic_store_n(&belayi_dlsym_next, next, __ATOMIC_RELAXED);
	return next;
}

void belayi_resolve_pin(const void *found)
{
	const struct link_map *map = belayi_map_of(found);

	if (map && map->l_name[0])
		(void)dlopen(map->l_name,
			     RTLD_NOLOAD | RTLD_LAZY | RTLD_NODELETE);
}

/*
 * A definition in the module that asks, the adapter, is the wrapper itself.
 * An address that is kept stays mapped, see H30: before the handle is closed.
 */
static void *look_in(const char *file, const struct belay_next *next, bool keep)
{
	void *handle = dlopen(file, RTLD_NOLOAD | RTLD_LAZY);
	void *found;

	if (!handle)
		return NULL;
	found = next->version ? dlvsym(handle, next->symbol, next->version)
			      : belayi_dlsym()(handle, next->symbol);
	if (found && belayi_map_of(found) == belayi_map_of(next))
		found = NULL;
	if (found && keep)
		belayi_resolve_pin(found);
	(void)dlclose(handle);
	return found;
}

bool belayi_resolve_would(const struct belay_next *next, const void *found,
			  const struct link_map *asker,
			  void *(*in_order)(const struct belay_next *next))
{
	const void *anywhere = in_order(next);
	const void *own = NULL;

	if (!anywhere && next->library)
		anywhere = look_in(next->library, next, false);
	if (asker && asker->l_name[0])
		own = look_in(asker->l_name, next, false);
	return anywhere == found && (!own || own == found);
}

void *belay_next_of_caller(const struct belay_next *next, uint32_t module)
{
	const struct belayi_module *caller = belayi_module(module);
	int saved = errno;
	void *found = NULL;

	/* The executable's references are in the global order. */
	if (caller && caller->map->l_name[0])
		found = look_in(caller->map->l_name, next, true);
	errno = saved;
	return found;
}

void *belay_next_of_library(const struct belay_next *next)
{
	int saved = errno;
	void *found = next->library ? look_in(next->library, next, true) : NULL;

	errno = saved;
	return found;
}

void belay_next_missing(struct belay_next *next)
{
	if (__atomic_exchange_n(&next->missing, 1, __ATOMIC_RELAXED) == 0)
		belayi_log("Cannot find the next definition: symbol=\"%s\"",
			   next->symbol);
}
