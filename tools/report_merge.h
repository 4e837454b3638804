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

/* struct merge_loss - what one stream lost */
struct merge_loss {
	uint64_t events;
	uint64_t packets;
	uint64_t windows;
	bool uncounted; /* more was lost than the trace counts */
	int64_t begin;  /* of the first window */
	int64_t end;    /* of the last one */
};

/* struct merge_input - one stream */
struct merge_input {
	bt_message_iterator *iterator;
	bt_message_array_const messages;
	uint64_t count;
	uint64_t at;
	int64_t time;            /* of the message at `at` */
	const bt_stream *stream; /* NULL until it is known */
	uint32_t scope;
	bool has_clock;
	bool packets_begin_timed;
	bool packets_end_timed;
	bool losses_timed;
	bool packet_losses_timed;
	bool may_hold_calls;
	size_t copied; /* so much of its path is not the original's */
	char *name;
	struct merge_loss loss;
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

/* merge_add_to() - adds the sink to a graph; NULL: the library failed */
const bt_component_sink *merge_add_to(struct merge *merge, bt_graph *graph);

#endif
