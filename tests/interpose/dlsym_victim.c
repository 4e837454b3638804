/* SPDX-License-Identifier: MIT */
/*
 * dlsym_victim.c - a program that looks functions up in every way
 *
 *     dlsym_victim who|errors LIBRARY
 *     dlsym_victim calls LIBRARY...
 *     dlsym_victim again|where LIBRARY
 *
 * Linked to the library it is another program, dlsym_early, which says what
 * the library's constructor found.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlsym.h"
#include "null.h"

#define MARK 4711

static void *open_local(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (handle)
		return handle;
	(void)fprintf(stderr, "%s\n", dlerror());
	exit(1);
}

static const char *base_of(void *address)
{
	const char *slash;
	Dl_info info;

	if (!address)
		return "nowhere";
	if (!dladdr(address, &info))
		return "unknown";
	slash = strrchr(info.dli_fname, '/');
	return slash ? slash + 1 : info.dli_fname;
}

#ifndef LINKED

/* The same name, asked for by the program and by the library it opened. */
static void who(const char *path)
{
	void *(*look_up)(void *handle, const char *name);
	void *handle = open_local(path);

	*(void **)&look_up = dlsym(handle, "library_look_up");
	printf("%s\n", base_of(dlsym(RTLD_DEFAULT, "library_look_up")));
	printf("%s\n", base_of(look_up(RTLD_DEFAULT, "library_look_up")));
	printf("%s\n", base_of(dlsym(RTLD_NEXT, "library_look_up")));
	printf("%s\n", base_of(look_up(RTLD_NEXT, "library_look_up")));
	printf("%s\n", base_of(look_up(RTLD_DEFAULT, "getpid")));
	printf("%s\n", base_of(dlsym(handle, "getpid")));
	/* In this library it is not the null library's. */
	printf("%s\n", base_of(dlsym(handle, "null_poll")));
}

static void tell(const void *found)
{
	const char *error = dlerror();

	printf("%s, errno %d: %s", found ? "found" : "not found", errno,
	       error ? error : "no error");
	printf("; then %s\n", dlerror() ? "an error" : "none");
	errno = MARK;
}

static void errors(const char *path)
{
	void *(*look_up)(void *handle, const char *name);
	void *handle = open_local(path);

	*(void **)&look_up = dlsym(handle, "library_look_up");
	errno = MARK;
	tell(dlsym(handle, "no_such_name"));
	tell(dlsym(RTLD_DEFAULT, "no_such_name"));
	tell(dlsym(RTLD_NEXT, "no_such_name"));
	tell(look_up(RTLD_NEXT, "no_such_name"));
	tell(dlsym(handle, "null_begin"));
	/* One that nobody asks for is forgotten. */
	(void)dlsym(handle, "no_such_name");
	tell(dlsym(handle, "null_begin"));
	tell(dlvsym(handle, "null_begin", "NO_SUCH_VERSION"));
}

static void call(void *handle)
{
	int (*begin)(struct null_op * op, long value);
	long (*finish)(struct null_op * op);
	struct null_op op = {.pending = 1};

	*(void **)&begin = dlsym(handle, "null_begin");
	*(void **)&finish = dlsym(handle, "null_finish");
	if (!begin || !finish)
		exit(1);
	printf("%d", begin(&op, 1));
	printf(" %ld\n", finish(&op));
}

static void calls(const char *path)
{
	call(open_local(path));
}

static void again(const char *path)
{
	for (int i = 0; i < 2; i++) {
		void *handle = open_local(path);

		call(handle);
		(void)dlclose(handle);
	}
}

static void where(const char *path)
{
	void *handle = open_local(path);
	void *found = dlsym(handle, "null_begin");

	printf("%s\n", base_of(found));
	printf("%s\n", base_of(dlvsym(handle, "null_begin", "NULL_1")));
	printf("%d\n", found == dlsym(RTLD_DEFAULT, "null_begin"));
	handle = open_local("libc.so.6");
	printf("%s\n", base_of(dlsym(handle, "aio_read")));
}

#endif

#ifdef LINKED
static void scene(const char *name, const char *path)
{
	if (strcmp(name, "early") != 0)
		return;
	printf("%s\n", base_of(library_early()));
	printf("%s\n",
	       base_of(library_look_up(open_local(path), "null_begin")));
}
#else
static void scene(const char *name, const char *path)
{
	static const struct {
		const char *name;
		void (*run)(const char *path);
	} scenes[] = {
		{"who", who},     {"errors", errors}, {"calls", calls},
		{"again", again}, {"where", where},
	};

	for (unsigned int i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (strcmp(scenes[i].name, name) == 0)
			scenes[i].run(path);
}
#endif

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (int i = 2; i < argc; i++)
		scene(argv[1], argv[i]);
	return 0;
}
