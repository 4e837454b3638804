/* SPDX-License-Identifier: MIT */
/*
 * report_read.h - reads traces through libbabeltrace2
 */
#ifndef BELAY_TOOLS_REPORT_READ_H
#define BELAY_TOOLS_REPORT_READ_H

#include "report_faults.h"
#include "report_find.h"
#include "report_follow.h"
#include "report_merge.h"

/*
 * read_traces() - follows every event of the traces in these folders
 *
 * merge: made here; what each stream lost stays in it. merge_deinit() is due
 *        in every case.
 * What is wrong with a trace has been said, and what could be read of it has
 * been followed.
 */
void read_traces(const struct folders *folders, struct follow *follow,
		 struct faults *faults, struct merge *merge);

#endif
