/* SPDX-License-Identifier: MIT */
/*
 * report_find.c - the traces below a folder
 */
#include "report_find.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "array.h"
#include "report_metadata.h"
#include "trace_rules.h"

#define METADATA "metadata"

static void add_path(char ***list, size_t *count, char *path)
{
	if (!path)
		abort();
	*list = array_grow(*list, *count, sizeof(char *));
	(*list)[(*count)++] = path;
}

static void visit_metadata(const FTSENT *entry, struct faults *faults,
			   struct folders *ret_folders)
{
	char why[160];

	if (entry->fts_statp->st_size == 0)
		faults_add(faults,
			   "Trace is empty: path=\"%s\", error=\"its metadata "
			   "has 0 bytes: nothing was recorded\"",
			   entry->fts_path);
	else if (!metadata_is_whole(entry->fts_path, why, sizeof(why)))
		faults_add(faults,
			   "Trace is damaged: path=\"%s\", error=\"%s\"",
			   entry->fts_path, why);
	else
		add_path(&ret_folders->paths, &ret_folders->count,
			 strndup(entry->fts_path,
				 entry->fts_pathlen - sizeof(METADATA)));
}

static void visit(const FTSENT *entry, struct faults *faults,
		  struct folders *ret_folders)
{
	switch (entry->fts_info) {
	case FTS_F:
		if (strcmp(entry->fts_name, METADATA) == 0)
			visit_metadata(entry, faults, ret_folders);
		else if (strcmp(entry->fts_name, TRACE_RULES) == 0)
			add_path(&ret_folders->rules, &ret_folders->rules_count,
				 strdup(entry->fts_path));
		return;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		faults_add(faults,
			   "Cannot look for traces: path=\"%s\", error=\"%s\"",
			   entry->fts_path, strerror(entry->fts_errno));
		return;
	default:
		return;
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void walk(char *root, struct faults *faults, struct folders *ret_folders)
{
	char *const roots[] = {root, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	const FTSENT *entry;

	if (!tree)
		abort();
	while ((entry = fts_read(tree)))
		visit(entry, faults, ret_folders);
	(void)fts_close(tree);
}

void find_traces(const char *path, struct faults *faults,
		 struct folders *ret_folders)
{
	char *root = realpath(path, NULL);
	struct stat status;

	*ret_folders = (struct folders){0};
	if (!root || stat(root, &status) != 0) {
		faults_add(faults,
			   "Cannot read trace: path=\"%s\", error=\"%s\"", path,
			   strerror(errno));
	} else if (!S_ISDIR(status.st_mode)) {
		faults_add(faults,
			   "Cannot read trace: path=\"%s\", error=\"this is a "
			   "file; give the folder that the trace is in\"",
			   path);
	} else {
		walk(root, faults, ret_folders);
		if (!ret_folders->count && !faults->count)
			faults_add(
				faults,
				"Cannot find a trace: path=\"%s\", error=\""
				"no file \\\"metadata\\\" in it or below it; "
				"give the folder that `belay trace -o` wrote\"",
				path);
	}
	free(root);
}

void folders_deinit(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->paths[i]);
	free(folders->paths);
	for (size_t i = 0; i < folders->rules_count; i++)
		free(folders->rules[i]);
	free(folders->rules);
}
