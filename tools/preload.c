/* SPDX-License-Identifier: MIT */
/*
 * preload.c - the libraries that are loaded into the program
 *
 * Belay's own come by their full paths, dependencies first, so that nothing
 * has to be searched for: the interposer, the adapters.
 */
#include "preload.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <belay/nearest.h>

#include "home.h"
#include "say.h"
#include "text.h"

#define PREFIX "libbelay-"
#define SUFFIX ".so"

static const char *const not_adapters[] = {"call", "com", "interpose", "lttng"};

/* "aio" of "libbelay-aio.so"; false if the file is no adapter. */
static bool api_of(const char *file, char *api, size_t size)
{
	size_t length = strlen(file);

	if (length <= strlen(PREFIX SUFFIX) ||
	    strncmp(file, PREFIX, strlen(PREFIX)) != 0 ||
	    strcmp(file + length - strlen(SUFFIX), SUFFIX) != 0)
		return false;
	(void)snprintf(api, size, "%.*s", (int)(length - strlen(PREFIX SUFFIX)),
		       file + strlen(PREFIX));
	for (size_t i = 0; i < sizeof(not_adapters) / sizeof(*not_adapters);
	     i++)
		if (strcmp(api, not_adapters[i]) == 0)
			return false;
	return true;
}

void preload_apis(bool (*visit)(const char *api, const char *path, void *data),
		  void *data)
{
	char folder[PATH_MAX], path[PATH_MAX + 256], api[64];
	struct dirent **entries = NULL;
	bool go_on = true;
	int n = scandir(home_path(HOME_INTERPOSE, "", folder), &entries, NULL,
			alphasort);

	for (int i = 0; i < n; i++) {
		if (go_on && api_of(entries[i]->d_name, api, sizeof(api))) {
			(void)snprintf(path, sizeof(path), "%s/%s", folder,
				       entries[i]->d_name);
			go_on = visit(api, path, data);
		}
		free(entries[i]);
	}
	free(entries);
}

struct unknown {
	struct belay_nearest near;
	char near_name[64];
	char all[512];
};

static bool note_api(const char *api, const char *path, void *data)
{
	struct unknown *unknown = data;
	struct belay_nearest near = unknown->near;
	size_t used = strlen(unknown->all);

	(void)path;
	near.name = NULL;
	belay_nearest_look(&near, api);
	if (near.name && (!unknown->near_name[0] ||
			  near.distance < unknown->near.distance)) {
		unknown->near.distance = near.distance;
		(void)snprintf(unknown->near_name, sizeof(unknown->near_name),
			       "%s", api);
	}
	(void)snprintf(unknown->all + used, sizeof(unknown->all) - used, "%s%s",
		       used ? ", " : "", api);
	return true;
}

void preload_unknown_api(const char *api)
{
	struct unknown unknown = {.near = {.wanted = api}};

	if (strstr(api, SUFFIX)) {
		say("Unknown API \"%s\". An adapter of your own is given by a "
		    "path with a slash: ./%s",
		    api, api);
		return;
	}
	preload_apis(note_api, &unknown);
	(void)note_api("com", NULL, &unknown);
	if (unknown.near_name[0])
		say("Unknown API \"%s\". Did you mean \"%s\"?", api,
		    unknown.near_name);
	else if (unknown.all[0])
		say("Unknown API \"%s\". There are: %s", api, unknown.all);
	else
		say("Unknown API \"%s\". No adapter is installed", api);
}

/* A list in the making; the loader takes spaces and colons for its end. */
struct list {
	char *text;
	bool bad;
};

static void add(struct list *list, const char *path)
{
	char *longer = NULL;

	if (list->bad)
		return;
	if (strpbrk(path, " :;")) {
		say("Cannot preload \"%s\": The loader allows neither spaces "
		    "nor colons in its path",
		    path);
		list->bad = true;
		return;
	}
	if (asprintf(&longer, "%s%s%s", list->text ? list->text : "",
		     list->text ? ":" : "", path) < 0)
		abort();
	free(list->text);
	list->text = longer;
}

static void add_own(struct list *list, enum home_folder folder,
		    const char *name)
{
	char path[PATH_MAX];

	home_path(folder, name, path);
	if (access(path, R_OK) == 0) {
		add(list, path);
		return;
	}
	say("Belay is not complete: \"%s\" is missing", path);
	list->bad = true;
}

static bool add_adapter(const char *api, const char *path, void *data)
{
	(void)api;
	add(data, path);
	return true;
}

/*
 * Loading it would run it. The name of the symbol that an adapter exports
 * stands in its table of names, which is never stripped.
 */
static bool names_an_adapter(int fd)
{
	static const char symbol[] = "belay_adapter";
	struct stat file;
	void *map;
	bool found;

	if (fstat(fd, &file) < 0 || file.st_size <= 0)
		return false;
	map = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	found = memmem(map, (size_t)file.st_size, symbol, sizeof(symbol));
	(void)munmap(map, (size_t)file.st_size);
	return found;
}

bool preload_adapter(const char *given, char ret_path[PATH_MAX])
{
	int fd = realpath(given, ret_path)
			 ? open(ret_path, O_RDONLY | O_CLOEXEC)
			 : -1;
	bool is_one;

	if (fd < 0) {
		say("Cannot open the adapter \"%s\": %m", given);
		return false;
	}
	is_one = names_an_adapter(fd);
	if (!is_one)
		say("\"%s\" is no adapter: it does not export "
		    "\"belay_adapter\"",
		    given);
	(void)close(fd);
	return is_one;
}

/* Finds the adapter of one API, which may be given by its path. */
static bool find_api(const char *api, char path[PATH_MAX])
{
	char file[80];

	if (strchr(api, '/'))
		return preload_adapter(api, path);
	(void)snprintf(file, sizeof(file), PREFIX "%.60s" SUFFIX, api);
	home_path(HOME_INTERPOSE, file, path);
	if (api_of(file, (char[64]){0}, 64) && access(path, R_OK) == 0)
		return true;
	preload_unknown_api(api);
	return false;
}

bool preload_named(const char *apis,
		   bool (*visit)(const char *api, const char *path, void *data),
		   void *data)
{
	char *copy = strdup(apis), *rest = copy, *api;
	char path[PATH_MAX];
	bool good = copy, go_on = true;

	while (good && go_on && (api = strsep(&rest, ","))) {
		/* Its calls are seen without any adapter. */
		if (strcmp(api, "com") == 0)
			continue;
		good = find_api(api, path);
		if (good)
			go_on = visit(api, path, data);
	}
	free(copy);
	return good;
}

/* What another `belay run` around us preloads would be loaded twice. */
static void add_users(struct list *list, const char *other)
{
	char *copy = strdup(other), *rest = copy, *path;

	while (copy && (path = strsep(&rest, " :")))
		if (*path &&
		    strncmp(text_base(path), PREFIX, strlen(PREFIX)) != 0)
			add(list, path);
	free(copy);
}

char *preload_list(const char *apis, const char *other)
{
	struct list list = {0};

	add_own(&list, HOME_INTERPOSE, "libbelay-interpose.so.0");
	if (!apis)
		preload_apis(add_adapter, &list);
	else if (!list.bad && !preload_named(apis, add_adapter, &list))
		list.bad = true;
	if (other)
		add_users(&list, other);
	if (!list.bad)
		return list.text;
	free(list.text);
	return NULL;
}
