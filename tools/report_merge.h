/* SPDX-License-Identifier: MIT */
/*
 * report_merge.h - a sink that takes the streams of all traces, by time
 *
 * A merge of our own, not the library's: it is faster, and where one stream
 * is damaged the others are read to their end.
 */
#ifndef BELAY_TOOLS_REPORT_MERGE_H
#define BELAY_TOOLS_REPORT_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <babeltrace2/babeltrace.h>

#include "report_event.h"
#include "report_faults.h"
#include "report_follow.h"
#include "report_stream.h"

struct merge_input {
	struct stream stream;
	bt_message_iterator *iterator;
	bt_message_array_const messages;
	uint64_t count;
	uint64_t at;
};

struct merge {
	struct follow *follow;
	struct faults *faults;
	struct event_classes *classes;
	struct merge_input *inputs;
	size_t inputs_count;
	struct merge_input **heap; /* the earliest is on top */
	size_t heap_count;
	const bt_trace **traces; /* by scope */
	uint64_t unwritten;      /* streams of which nothing was written */
	bool started;
	bool unopened; /* a stream could not even be begun */
};

/*
 * merge_init() - gets ready for `inputs` streams
 *
 * follow and faults must live as long.
 */
void merge_init(struct merge *merge, struct follow *follow,
		struct faults *faults, size_t inputs);
void merge_deinit(struct merge *merge);

/* merge_end() - all that there is has been read */
void merge_end(struct merge *merge);

/* merge_add_to() - adds the sink to a graph; NULL: the library failed */
const bt_component_sink *merge_add_to(struct merge *merge, bt_graph *graph);

#endif
