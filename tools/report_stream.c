/* SPDX-License-Identifier: MIT */
/*
 * report_stream.c - one stream of a trace: its messages, and what it lost
 */
#include "report_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void note_loss(struct stream *stream, int64_t begin, int64_t end)
{
	struct stream_loss *loss = &stream->loss;

	if (!loss->windows || begin < loss->begin)
		loss->begin = begin;
	if (!loss->windows || end > loss->end)
		loss->end = end;
	loss->windows++;
	if (stream->may_hold_calls)
		follow_loss(stream->follow, stream->scope, begin, end);
}

/*
 * A stream of a trace that was damaged. In the copy, whole streams are links;
 * the damaged ones are files, or are missing.
 */
static void begin_copy(struct stream *stream, const char *path)
{
	struct stat status;

	follow_loss(stream->follow, stream->scope, INT64_MIN, INT64_MAX);
	if (!path || lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	stream->loss.uncounted = true;
	note_loss(stream, INT64_MIN, INT64_MAX);
}

static void learn_class(struct stream *stream, const bt_stream_class *class)
{
	stream->has_clock =
		bt_stream_class_borrow_default_clock_class_const(class) != NULL;
	stream->packets_begin_timed =
		bt_stream_class_packets_have_beginning_default_clock_snapshot(
			class);
	stream->packets_end_timed =
		bt_stream_class_packets_have_end_default_clock_snapshot(class);
	stream->losses_timed =
		bt_stream_class_discarded_events_have_default_clock_snapshots(
			class);
	stream->packet_losses_timed =
		bt_stream_class_discarded_packets_have_default_clock_snapshots(
			class);
	stream->may_hold_calls = event_may_hold_calls(class);
}

void stream_begin(struct stream *stream, const bt_stream *from, uint32_t scope)
{
	const char *path = bt_stream_get_name(from);
	const char *name = path ? path : "?";

	stream->scope = scope;
	learn_class(stream, bt_stream_borrow_class_const(from));
	if (strlen(name) > stream->copied)
		name += stream->copied;
	stream->name = strdup(name);
	if (!stream->name)
		abort();
	if (stream->copied)
		begin_copy(stream, path);
	if (stream->part_is_unwritten)
		follow_loss(stream->follow, scope, INT64_MIN, INT64_MAX);
}

void stream_deinit(struct stream *stream)
{
	free(stream->name);
}

/* A time that nanoseconds cannot say counts as the one before it. */
static int64_t ns_of(const struct stream *stream,
		     const bt_clock_snapshot *snapshot)
{
	int64_t ns;

	if (bt_clock_snapshot_get_ns_from_origin(snapshot, &ns) ==
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK)
		return ns;
	bt_current_thread_clear_error();
	return stream->time;
}

/* NULL: the message has no time of its own. */
static const bt_clock_snapshot *clock_of(const struct stream *stream,
					 const bt_message *m)
{
	bt_message_type type = bt_message_get_type(m);

	if (type == BT_MESSAGE_TYPE_EVENT && stream->has_clock)
		return bt_message_event_borrow_default_clock_snapshot_const(m);
	if (type == BT_MESSAGE_TYPE_PACKET_BEGINNING &&
	    stream->packets_begin_timed)
		return bt_message_packet_beginning_borrow_default_clock_snapshot_const(
			m);
	if (type == BT_MESSAGE_TYPE_PACKET_END && stream->packets_end_timed)
		return bt_message_packet_end_borrow_default_clock_snapshot_const(
			m);
	if (type == BT_MESSAGE_TYPE_DISCARDED_EVENTS && stream->losses_timed)
		return bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(
			m);
	if (type == BT_MESSAGE_TYPE_DISCARDED_PACKETS &&
	    stream->packet_losses_timed)
		return bt_message_discarded_packets_borrow_beginning_default_clock_snapshot_const(
			m);
	return NULL;
}

void stream_look(struct stream *stream, const bt_message *message)
{
	const bt_clock_snapshot *clock = clock_of(stream, message);

	if (clock)
		stream->time = ns_of(stream, clock);
}

static void take_event(struct stream *stream, const bt_message *message)
{
	struct event event;

	stream->follow->events++;
	if (event_decode(stream->classes,
			 bt_message_event_borrow_event_const(message),
			 &event) == EVENT_FOREIGN)
		return;
	event.scope = stream->scope;
	event.time = stream->has_clock ? stream->time : INT64_MIN;
	follow_event(stream->follow, &event);
}

static void take_lost_events(struct stream *stream, const bt_message *m)
{
	uint64_t count = 0;

	if (bt_message_discarded_events_get_count(m, &count) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		stream->loss.events += count;
	else
		stream->loss.uncounted = true;
	if (!stream->losses_timed)
		note_loss(stream, INT64_MIN, INT64_MAX);
	else
		note_loss(
			stream, stream->time,
			ns_of(stream,
			      bt_message_discarded_events_borrow_end_default_clock_snapshot_const(
				      m)));
}

static void take_lost_packets(struct stream *stream, const bt_message *m)
{
	uint64_t count = 0;

	if (bt_message_discarded_packets_get_count(m, &count) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		stream->loss.packets += count;
	else
		stream->loss.uncounted = true;
	if (!stream->packet_losses_timed)
		note_loss(stream, INT64_MIN, INT64_MAX);
	else
		note_loss(
			stream, stream->time,
			ns_of(stream,
			      bt_message_discarded_packets_borrow_end_default_clock_snapshot_const(
				      m)));
}

void stream_take(struct stream *stream, const bt_message *message)
{
	if (stream->time != INT64_MIN)
		follow_time(stream->follow, stream->scope, stream->time);
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		take_event(stream, message);
		break;
	case BT_MESSAGE_TYPE_PACKET_END:
		if (stream->packets_end_timed)
			stream->closed = stream->time;
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		take_lost_events(stream, message);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		take_lost_packets(stream, message);
		break;
	default:
		break;
	}
}

void stream_break(struct stream *stream)
{
	stream->loss.uncounted = true;
	stream->closed = INT64_MIN;
	note_loss(stream, stream->time, INT64_MAX);
}

void stream_end(struct stream *stream)
{
	if (stream->may_hold_calls && stream->closed != INT64_MIN)
		follow_close(stream->follow, stream->scope, stream->closed);
}

void stream_judge(struct stream *stream)
{
	int64_t last = follow_last_event(stream->follow, stream->scope);

	if (!stream->may_hold_calls || stream->closed == INT64_MIN ||
	    stream->closed >= last)
		return;
	stream->loss.uncounted = true;
	note_loss(stream, stream->closed, last);
}
