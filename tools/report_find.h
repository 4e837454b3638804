/* SPDX-License-Identifier: MIT */
/*
 * report_find.h - the traces below a folder
 */
#ifndef BELAY_TOOLS_REPORT_FIND_H
#define BELAY_TOOLS_REPORT_FIND_H

#include <stddef.h>

#include "report_faults.h"

struct folders {
	char **paths; /* absolute */
	size_t count;
	char **rules; /* files of this name, which may be a trace's */
	size_t rules_count;
};

/*
 * find_traces() - every folder below `path` that holds a file "metadata",
 * and every file "rules"
 *
 * Links below it are not followed. What is wrong has been said when none is
 * found.
 */
void find_traces(const char *path, struct faults *faults,
		 struct folders *ret_folders);

void folders_deinit(struct folders *folders);

#endif
