/* SPDX-License-Identifier: MIT */
/*
 * report_sources.c - which folders are one trace
 */
#include "report_sources.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bt_value *question(const char *folder)
{
	bt_value *params = bt_value_map_create();

	if (params &&
	    bt_value_map_insert_string_entry(params, "type", "directory") ==
		    BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK &&
	    bt_value_map_insert_string_entry(params, "input", folder) ==
		    BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK)
		return params;
	bt_value_put_ref(params);
	return NULL;
}

static char *group_in(const bt_value *answer)
{
	const bt_value *group;

	if (!bt_value_is_map(answer))
		return NULL;
	group = bt_value_map_borrow_entry_value_const(answer, "group");
	return group && bt_value_is_string(group)
		       ? strdup(bt_value_string_get(group))
		       : NULL;
}

/* The identity of the trace in a folder. NULL: it has none, or is damaged. */
static char *group_of(const char *folder,
		      const bt_component_class_source *class)
{
	bt_value *params = question(folder);
	bt_query_executor *executor;
	const bt_value *answer = NULL;
	char *group = NULL;

	executor =
		params ? bt_query_executor_create(
				 bt_component_class_source_as_component_class_const(
					 class),
				 "babeltrace.support-info", params)
		       : NULL;
	if (executor && bt_query_executor_query(executor, &answer) ==
				BT_QUERY_EXECUTOR_QUERY_STATUS_OK)
		group = group_in(answer);
	bt_current_thread_clear_error();
	bt_value_put_ref(answer);
	bt_query_executor_put_ref(executor);
	bt_value_put_ref(params);
	return group;
}

static struct source *find(struct sources *sources, const char *group)
{
	for (size_t i = 0; group && i < sources->count; i++)
		if (sources->list[i].group &&
		    strcmp(sources->list[i].group, group) == 0)
			return &sources->list[i];
	return NULL;
}

/*
 * LTTng writes at least one packet of each stream when recording stops: a
 * file without any is of a tracer that was killed, or is still recording.
 */
static unsigned int count_unwritten(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	unsigned int count = 0;
	struct stat status;

	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.' &&
			 fstatat(dirfd(folder), entry->d_name, &status, 0) ==
				 0 &&
			 S_ISREG(status.st_mode) && status.st_size == 0;
	if (folder)
		(void)closedir(folder);
	return count;
}

static void add_folder(struct source *source, const char *folder)
{
	source->unwritten += count_unwritten(folder);
	source->folders = realloc(source->folders,
				  (source->folders_count + 1) * sizeof(char *));
	if (!source->folders)
		abort();
	source->folders[source->folders_count] = strdup(folder);
	if (!source->folders[source->folders_count++])
		abort();
}

void sources_group(struct sources *sources, const struct folders *folders,
		   const bt_component_class_source *class)
{
	struct source *source;
	char *group;

	/* There are at most as many traces as there are folders. */
	*sources = (struct sources){
		.list = calloc(folders->count + 1, sizeof(*sources->list)),
	};
	if (!sources->list)
		abort();
	for (size_t i = 0; i < folders->count; i++) {
		group = group_of(folders->paths[i], class);
		source = find(sources, group);
		if (!source) {
			source = &sources->list[sources->count++];
			source->group = group;
			group = NULL;
		}
		add_folder(source, folders->paths[i]);
		free(group);
	}
}

void sources_deinit(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		struct source *source = &sources->list[i];

		for (size_t j = 0; j < source->folders_count; j++)
			free(source->folders[j]);
		free(source->folders);
		free(source->group);
	}
	free(sources->list);
}

bt_value *sources_params(const struct source *source)
{
	bt_value *params = bt_value_map_create();
	bt_value *inputs = bt_value_array_create();
	bool ok = params && inputs;

	for (size_t i = 0; ok && i < source->folders_count; i++)
		ok = bt_value_array_append_string_element(
			     inputs, source->folders[i]) == 0;
	ok = ok && bt_value_map_insert_entry(params, "inputs", inputs) == 0;
	bt_value_put_ref(inputs);
	if (ok)
		return params;
	bt_value_put_ref(params);
	return NULL;
}
