/* SPDX-License-Identifier: MIT */
/*
 * report_sources.h - which folders are one trace
 *
 * A trace that was rotated has a folder for each of its pieces, all with one
 * identity: libbabeltrace2 has to be given them together.
 */
#ifndef BELAY_TOOLS_REPORT_SOURCES_H
#define BELAY_TOOLS_REPORT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include <babeltrace2/babeltrace.h>

#include "report_find.h"

/* struct source - one trace */
struct source {
	char *group; /* its identity, or NULL: no other's */
	char **folders;
	size_t folders_count;
	bool damaged; /* folders are of a copy that lacks some */
	bool unreadable;
	unsigned int unwritten; /* streams of which nothing was written */
	const bt_component_source *component;
};

struct sources {
	struct source *list;
	size_t count;
};

/* sources_group() - puts folders together that are of one trace */
void sources_group(struct sources *sources, const struct folders *folders,
		   const bt_component_class_source *class);
void sources_deinit(struct sources *sources);

/* sources_params() - what the class "ctf.fs" wants to know; NULL: no memory */
bt_value *sources_params(const struct source *source);

#endif
