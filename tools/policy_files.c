/* SPDX-License-Identifier: MIT */
/*
 * policy_files.c - where policies are: NAME.so in one of some folders
 */
#include "policy_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <belay/nearest.h>

#include "home.h"

#include "say.h"

#define SUFFIX ".so"
#define NAME_MAX_LENGTH 64

static bool make_absolute(const char *folder, char path[PATH_MAX])
{
	struct stat st;

	if (!realpath(folder, path)) {
		say("Cannot look for policies: path=\"%s\", error=\"%s\"",
		    folder, strerror(errno));
		return false;
	}
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		say("Cannot look for policies: path=\"%s\", error=\"It is no "
		    "folder\"",
		    folder);
		return false;
	}
	if (!strchr(path, ':'))
		return true;
	say("Cannot look for policies: path=\"%s\", error=\"The list has "
	    "colons between folders\"",
	    path);
	return false;
}

static char *append(char *list, const char *folder)
{
	char *longer = NULL;

	if (asprintf(&longer, "%s%s%s", list, *list ? ":" : "", folder) < 0)
		abort();
	free(list);
	return longer;
}

char *policy_folders(const char *given)
{
	const char *wanted = given ? given : getenv("BELAY_POLICY_PATH");
	char *copy = strdup(wanted ? wanted : ""), *rest = copy, *folder;
	char *list = strdup(""), path[PATH_MAX];

	if (!copy || !list)
		abort();
	while (list && (folder = strsep(&rest, ":"))) {
		if (!*folder)
			continue;
		if (make_absolute(folder, path)) {
			list = append(list, path);
		} else {
			free(list);
			list = NULL;
		}
	}
	free(copy);
	return list;
}

/* Visits the folders in their order, Belay's own last. */
static bool each_folder(const char *folders,
			bool (*visit)(const char *folder, void *data),
			void *data)
{
	char own[PATH_MAX], *copy = strdup(folders), *rest = copy, *folder;
	bool go_on = copy;

	while (go_on && (folder = strsep(&rest, ":")))
		if (*folder)
			go_on = visit(folder, data);
	free(copy);
	return go_on && visit(home_path(HOME_POLICIES, "", own), data);
}

struct search {
	const char *name;
	char *path;
};

static bool look_in(const char *folder, void *data)
{
	struct search *search = data;

	(void)snprintf(search->path, PATH_MAX, "%s/%s" SUFFIX, folder,
		       search->name);
	return access(search->path, F_OK) != 0;
}

bool policy_find(const char *folders, const char *name, char ret_path[PATH_MAX])
{
	struct search search = {.name = name, .path = ret_path};

	if (strchr(name, '/'))
		return realpath(name, ret_path);
	return !each_folder(folders, look_in, &search);
}

struct list {
	const char *folders;
	bool (*visit)(const char *name, const char *path, void *data);
	void *data;
};

/* "fault" of "fault.so"; false if the file is no policy. */
static bool name_of(const char *file, char name[NAME_MAX_LENGTH])
{
	size_t length = strlen(file);

	if (length <= strlen(SUFFIX) ||
	    length - strlen(SUFFIX) >= NAME_MAX_LENGTH ||
	    strcmp(file + length - strlen(SUFFIX), SUFFIX) != 0)
		return false;
	(void)snprintf(name, NAME_MAX_LENGTH, "%.*s",
		       (int)(length - strlen(SUFFIX)), file);
	return true;
}

/* A name that an earlier folder has, too, is that one's. */
static bool visit_file(struct list *list, const char *folder, const char *file)
{
	char name[NAME_MAX_LENGTH], path[PATH_MAX], found[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (!name_of(file, name) || !policy_find(list->folders, name, found) ||
	    strcmp(found, path) != 0)
		return true;
	return list->visit(name, path, list->data);
}

static bool visit_folder(const char *folder, void *data)
{
	struct dirent **entries = NULL;
	bool go_on = true;
	int n = scandir(folder, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		go_on = go_on && visit_file(data, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return go_on;
}

void policy_each(const char *folders,
		 bool (*visit)(const char *name, const char *path, void *data),
		 void *data)
{
	struct list list = {folders, visit, data};

	(void)each_folder(folders, visit_folder, &list);
}

struct missing {
	struct belay_nearest near;
	char near_name[NAME_MAX_LENGTH];
	char all[256];
};

static bool note(const char *name, const char *path, void *data)
{
	struct missing *missing = data;
	struct belay_nearest near = missing->near;
	size_t used = strlen(missing->all);

	(void)path;
	near.name = NULL;
	belay_nearest_look(&near, name);
	if (near.name && (!missing->near_name[0] ||
			  near.distance < missing->near.distance)) {
		missing->near.distance = near.distance;
		strcpy(missing->near_name, name);
	}
	(void)snprintf(missing->all + used, sizeof(missing->all) - used, "%s%s",
		       used ? ", " : "", name);
	return true;
}

void policy_missing(const char *folders, const char *name, char *text,
		    size_t size)
{
	struct missing missing = {.near = {.wanted = name}};

	if (strchr(name, '/')) {
		(void)snprintf(text, size, "cannot open the policy \"%s\": %s",
			       name, strerror(errno));
		return;
	}
	policy_each(folders, note, &missing);
	if (strstr(name, SUFFIX))
		(void)snprintf(text, size,
			       "no policy \"%s\"; a file is given by a path "
			       "with a slash: ./%s",
			       name, name);
	else if (missing.near_name[0])
		(void)snprintf(text, size,
			       "no policy \"%s\"; did you mean \"%s\"?", name,
			       missing.near_name);
	else if (missing.all[0])
		(void)snprintf(text, size, "no policy \"%s\"; there are: %s",
			       name, missing.all);
	else
		(void)snprintf(text, size,
			       "no policy \"%s\"; none is installed", name);
}
