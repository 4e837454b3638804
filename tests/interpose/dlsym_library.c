/* SPDX-License-Identifier: MIT */
/*
 * dlsym_library.c - a library that looks functions up
 *
 * What it finds depends on who asks. It is linked to the program, whose
 * preloads' constructors run after this one's, and also opened by it.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "dlsym.h"
#include "null.h"

static void *found_early;

__attribute__((constructor)) static void look_up_early(void)
{
	void *handle = dlopen("libnull.so", RTLD_NOLOAD | RTLD_LAZY);

	found_early = dlsym(RTLD_DEFAULT, "library_early");
	if (handle && dlsym(RTLD_NEXT, "null_finish"))
		found_early = dlsym(handle, "null_begin");
}

DLSYM_EXPORT void *library_early(void)
{
	return found_early;
}

/* Keeps the null library linked; this name is in both. */
DLSYM_EXPORT int null_poll(const struct null_op *op)
{
	struct null_op own = *op;

	return null_begin(&own, 1) < 0 ? -1 : LIBRARYS_OWN;
}

DLSYM_EXPORT void *library_look_up(void *handle, const char *name)
{
	/* No tail call: this library asks. */
	void *volatile found = dlsym(handle, name);

	return found;
}
