/* SPDX-License-Identifier: MIT */
/*
 * home.c - where Belay's own files are, installed or in a build tree
 *
 * Everything is found from the executable's own folder, so that an installed
 * tree can be moved and a build tree works from any directory.
 */
#include "home.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of each kind of file, seen from the folder of `belay`. */
static const char *const in_build[] = {
	[HOME_CORE] = "../core",
	[HOME_INTERPOSE] = "../interpose",
	[HOME_PROVIDER] = "../interpose/lttng",
	[HOME_MODULES] = ".",
	[HOME_POLICIES] = "../plugins",
	[HOME_IDL] = "../core/com/idl",
};

static const char *const installed[] = {
	[HOME_CORE] = BELAY_LIBDIR_FROM_BINDIR,
	[HOME_INTERPOSE] = BELAY_LIBDIR_FROM_BINDIR,
	[HOME_PROVIDER] = BELAY_LIBDIR_FROM_BINDIR,
	[HOME_MODULES] = BELAY_LIBDIR_FROM_BINDIR "/belay",
	[HOME_POLICIES] = BELAY_LIBDIR_FROM_BINDIR "/belay/policies",
	[HOME_IDL] = BELAY_DATADIR_FROM_BINDIR "/belay/idl",
};

static const char *executable_folder(void)
{
	static char folder[PATH_MAX];
	ssize_t n;

	if (folder[0])
		return folder;
	n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	if (n <= 0)
		return strcpy(folder, BELAY_BINDIR);
	folder[n] = '\0';
	*strrchr(folder, '/') = '\0';
	return folder;
}

/*
 * The preloads go into LD_PRELOAD, where people see them: "../" is taken out
 * by hand, because realpath() would also resolve links that may change.
 */
static void join(const char *folder, const char *rest, char path[PATH_MAX])
{
	char base[PATH_MAX];

	(void)snprintf(base, sizeof(base), "%s", folder);
	for (;;) {
		char *slash = strrchr(base, '/');

		if (strncmp(rest, "../", 3) != 0 || !slash)
			break;
		*slash = '\0';
		rest += 3;
	}
	if (*rest == '/' || strcmp(rest, ".") == 0)
		(void)snprintf(path, PATH_MAX, "%s",
			       *rest == '/' ? rest : base);
	else
		(void)snprintf(path, PATH_MAX, "%s/%s", base, rest);
}

/* While it is being built one of them may not be there yet. */
static bool is_build_tree(void)
{
	static const struct {
		enum home_folder folder;
		const char *name;
	} marks[] = {
		{HOME_INTERPOSE, "libbelay-interpose.so.0"},
		{HOME_IDL, "unknwn.idl"},
	};
	static int known = -1;
	char path[PATH_MAX], file[PATH_MAX];

	if (known >= 0)
		return known;
	known = 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		join(executable_folder(), in_build[marks[i].folder], path);
		(void)snprintf(file, sizeof(file), "%.4000s/%s", path,
			       marks[i].name);
		known |= access(file, F_OK) == 0;
	}
	return known;
}

char *home_path(enum home_folder folder, const char *name, char path[PATH_MAX])
{
	const char *const *places = is_build_tree() ? in_build : installed;
	size_t used;

	join(executable_folder(), places[folder], path);
	used = strlen(path);
	if (*name)
		(void)snprintf(path + used, PATH_MAX - used, "/%s", name);
	return path;
}

void *home_load(const char *module, const char *symbol, const char **ret_why)
{
	char path[PATH_MAX];
	void *library = dlopen(home_path(HOME_MODULES, module, path), RTLD_NOW);
	void *found = library ? dlsym(library, symbol) : NULL;

	if (!found)
		*ret_why = dlerror();
	return found;
}
