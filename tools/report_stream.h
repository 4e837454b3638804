/* SPDX-License-Identifier: MIT */
/*
 * report_stream.h - one stream of a trace: its messages, and what it lost
 *
 * LTTng closes all streams of a trace together, when recording stops. One
 * that ends while others have events still was not closed: its tracer was
 * killed, is still recording, or its rest is gone. What it lacks is a loss
 * like any other.
 */
#ifndef BELAY_TOOLS_REPORT_STREAM_H
#define BELAY_TOOLS_REPORT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <babeltrace2/babeltrace.h>

#include "report_event.h"
#include "report_follow.h"

/* struct stream_loss - what is not in a stream */
struct stream_loss {
	uint64_t events;
	uint64_t packets;
	uint64_t windows;
	bool uncounted; /* more was lost than the trace counts */
	int64_t begin;  /* of the first window; INT64_MIN: not known */
	int64_t end;    /* of the last one; INT64_MAX: not known */
};

struct stream {
	struct follow *follow;
	struct event_classes *classes;
	uint32_t scope; /* 0 until stream_begin() */
	int64_t time;   /* of the message that is next; INT64_MIN: none yet */
	int64_t closed; /* time of the last packet's end; INT64_MIN: none */
	bool has_clock;
	bool packets_begin_timed;
	bool packets_end_timed;
	bool losses_timed;
	bool packet_losses_timed;
	bool may_hold_calls;
	bool part_is_unwritten; /* of its trace: other streams of it */
	size_t copied;          /* so much of its path is not the original's */
	char *name;
	struct stream_loss loss;
};

/* stream_begin() - learns what a stream is */
void stream_begin(struct stream *stream, const bt_stream *from, uint32_t scope);

/* stream_look() - sets the stream's time to that of its next message */
void stream_look(struct stream *stream, const bt_message *message);

/* stream_take() - takes the message that stream_look() looked at */
void stream_take(struct stream *stream, const bt_message *message);

/* stream_break() - the rest of a stream cannot be read */
void stream_break(struct stream *stream);

/* stream_end() - there are no more messages, though other streams may go on */
void stream_end(struct stream *stream);

/* stream_judge() - now that all streams were read: was it closed in order? */
void stream_judge(struct stream *stream);

void stream_deinit(struct stream *stream);

#endif
