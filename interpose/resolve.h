/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - the next definition, for others than adapters
 */
#ifndef BELAYI_RESOLVE_H
#define BELAYI_RESOLVE_H

#include <link.h>

#include <belay/adapter.h>

typedef void *belayi_dlsym_function(void *handle, const char *name);

/* NULL until it was found. */
extern belayi_dlsym_function *belayi_dlsym_next;
belayi_dlsym_function *belayi_dlsym_find(void);

/*
 * belayi_dlsym() - the dlsym() that comes after ours; what is looked up in the
 * name of the interposer goes there. To find it, at first, allocates nothing.
 */
static inline belayi_dlsym_function *belayi_dlsym(void)
{
	return __atomic_load_n(&belayi_dlsym_next, __ATOMIC_RELAXED)
		       ?: belayi_dlsym_find();
}

/* belayi_map_of() - the module that an address is in, or NULL */
const struct link_map *belayi_map_of(const void *address);

/*
 * belayi_resolve_would() - whether a wrapper would go on to `found`, which was
 * loaded from the adapter's library, when it is called from anywhere
 *
 * asker:    the module that found it. What its own references mean must be the
 *           same: a user's preload looks up what it goes on to itself
 * in_order: belay_next_in_order() of the adapter
 */
bool belayi_resolve_would(const struct belay_next *next, const void *found,
			  const struct link_map *asker,
			  void *(*in_order)(const struct belay_next *next));

/* belayi_resolve_pin() - its library stays mapped for ever */
void belayi_resolve_pin(const void *found);

#endif
