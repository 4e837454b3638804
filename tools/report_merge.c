/* SPDX-License-Identifier: MIT */
/*
 * report_merge.c - a sink that takes the streams of all traces, by time
 */
#include "report_merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* So many messages are taken before the graph may look for interruptions. */
#define MESSAGES_A_TURN 65536

void merge_init(struct merge *merge, struct follow *follow,
		struct faults *faults, size_t inputs)
{
	*merge = (struct merge){
		.follow = follow,
		.faults = faults,
		.classes = event_classes_new(),
		.inputs = calloc(inputs, sizeof(*merge->inputs)),
		.inputs_count = inputs,
		.heap = calloc(inputs, sizeof(struct merge_input *)),
		.traces = calloc(inputs, sizeof(bt_trace *)),
	};
	if (!merge->classes || !merge->inputs || !merge->heap || !merge->traces)
		abort();
	for (size_t i = 0; i < inputs; i++)
		merge->inputs[i].time = INT64_MIN;
}

void merge_deinit(struct merge *merge)
{
	for (size_t i = 0; i < merge->inputs_count; i++)
		free(merge->inputs[i].name);
	event_classes_free(merge->classes);
	free(merge->inputs);
	free(merge->heap);
	free(merge->traces);
}

static bool is_before(const struct merge_input *a, const struct merge_input *b)
{
	return a->time != b->time ? a->time < b->time : a < b;
}

static void sink(struct merge *merge)
{
	struct merge_input **heap = merge->heap;
	struct merge_input *moved = heap[0];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < merge->heap_count) {
		if (child + 1 < merge->heap_count &&
		    is_before(heap[child + 1], heap[child]))
			child++;
		if (is_before(moved, heap[child]))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moved;
}

static int64_t ns_of(const bt_clock_snapshot *snapshot)
{
	int64_t ns;

	if (bt_clock_snapshot_get_ns_from_origin(snapshot, &ns) ==
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK)
		return ns;
	bt_current_thread_clear_error();
	return INT64_MAX;
}

/* A message without a time of its own comes when the one before it did. */
static int64_t time_of(const struct merge_input *input, const bt_message *m)
{
	bt_message_type type = bt_message_get_type(m);

	if (type == BT_MESSAGE_TYPE_EVENT && input->has_clock)
		return ns_of(
			bt_message_event_borrow_default_clock_snapshot_const(
				m));
	if (type == BT_MESSAGE_TYPE_PACKET_BEGINNING &&
	    input->packets_begin_timed)
		return ns_of(
			bt_message_packet_beginning_borrow_default_clock_snapshot_const(
				m));
	if (type == BT_MESSAGE_TYPE_PACKET_END && input->packets_end_timed)
		return ns_of(
			bt_message_packet_end_borrow_default_clock_snapshot_const(
				m));
	if (type == BT_MESSAGE_TYPE_DISCARDED_EVENTS && input->losses_timed)
		return ns_of(
			bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(
				m));
	if (type == BT_MESSAGE_TYPE_DISCARDED_PACKETS &&
	    input->packet_losses_timed)
		return ns_of(
			bt_message_discarded_packets_borrow_beginning_default_clock_snapshot_const(
				m));
	return input->time;
}

static uint32_t scope_of(struct merge *merge, const bt_stream *stream)
{
	const bt_trace *trace = bt_stream_borrow_trace_const(stream);
	uint32_t count = merge->follow->scopes_count;

	for (uint32_t i = 0; i < count; i++)
		if (merge->traces[i] == trace)
			return i + 1;
	merge->traces[count] = trace;
	return follow_scope(merge->follow);
}

static void note_loss(struct merge *merge, struct merge_input *input,
		      int64_t begin, int64_t end)
{
	struct merge_loss *loss = &input->loss;

	if (!loss->windows || begin < loss->begin)
		loss->begin = begin;
	if (!loss->windows || end > loss->end)
		loss->end = end;
	loss->windows++;
	if (input->may_hold_calls)
		follow_loss(merge->follow, input->scope, begin, end);
}

/*
 * A stream of a trace that was damaged. In the copy, whole streams are links;
 * the damaged ones are files, or are missing.
 */
static void take_copy(struct merge *merge, struct merge_input *input,
		      const char *path)
{
	struct stat status;

	follow_loss(merge->follow, input->scope, INT64_MIN, INT64_MAX);
	if (!path || lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	input->loss.uncounted = true;
	note_loss(merge, input, INT64_MIN, INT64_MAX);
}

static void take_stream(struct merge *merge, struct merge_input *input,
			const bt_stream *stream)
{
	const bt_stream_class *class = bt_stream_borrow_class_const(stream);
	const char *name = bt_stream_get_name(stream);

	input->stream = stream;
	input->scope = scope_of(merge, stream);
	input->has_clock =
		bt_stream_class_borrow_default_clock_class_const(class) != NULL;
	input->packets_begin_timed =
		bt_stream_class_packets_have_beginning_default_clock_snapshot(
			class);
	input->packets_end_timed =
		bt_stream_class_packets_have_end_default_clock_snapshot(class);
	input->losses_timed =
		bt_stream_class_discarded_events_have_default_clock_snapshots(
			class);
	input->packet_losses_timed =
		bt_stream_class_discarded_packets_have_default_clock_snapshots(
			class);
	input->may_hold_calls = event_may_hold_calls(class);
	free(input->name);
	input->name =
		strdup(!name                          ? "?"
		       : strlen(name) > input->copied ? name + input->copied
						      : name);
	if (!input->name)
		abort();
	if (input->copied)
		take_copy(merge, input, name);
}

static void take_event(struct merge *merge, struct merge_input *input,
		       const bt_message *message)
{
	struct event event;

	merge->follow->events++;
	if (event_decode(merge->classes,
			 bt_message_event_borrow_event_const(message),
			 &event) == EVENT_FOREIGN)
		return;
	merge->follow->belay_events++;
	event.scope = input->scope;
	event.time = input->has_clock ? input->time : INT64_MIN;
	follow_event(merge->follow, &event);
}

static void take_lost_events(struct merge *merge, struct merge_input *input,
			     const bt_message *m)
{
	uint64_t count = 0;

	if (bt_message_discarded_events_get_count(m, &count) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		input->loss.events += count;
	else
		input->loss.uncounted = true;
	if (input->losses_timed)
		note_loss(
			merge, input, input->time,
			ns_of(bt_message_discarded_events_borrow_end_default_clock_snapshot_const(
				m)));
	else
		note_loss(merge, input, INT64_MIN, INT64_MAX);
}

static void take_lost_packets(struct merge *merge, struct merge_input *input,
			      const bt_message *m)
{
	uint64_t count = 0;

	if (bt_message_discarded_packets_get_count(m, &count) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		input->loss.packets += count;
	else
		input->loss.uncounted = true;
	if (input->packet_losses_timed)
		note_loss(
			merge, input, input->time,
			ns_of(bt_message_discarded_packets_borrow_end_default_clock_snapshot_const(
				m)));
	else
		note_loss(merge, input, INT64_MIN, INT64_MAX);
}

static void take(struct merge *merge, struct merge_input *input,
		 const bt_message *message)
{
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		take_event(merge, input, message);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		take_lost_events(merge, input, message);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		take_lost_packets(merge, input, message);
		break;
	default:
		break;
	}
	if (input->scope && input->time != INT64_MIN)
		follow_time(merge->follow, input->scope, input->time);
}

/* The rest of a stream cannot be read: calls may have ended in it. */
static void give_up(struct merge *merge, struct merge_input *input)
{
	char what[512];

	(void)snprintf(what, sizeof(what),
		       "Trace is damaged, and this stream is read no further: "
		       "stream=\"%s\", time=%.9f",
		       input->name ? input->name : "?",
		       input->time == INT64_MIN ? 0.0
						: (double)input->time / 1e9);
	faults_add_bt(merge->faults, what);
	if (!input->scope) {
		merge->unopened = true;
		return;
	}
	input->loss.uncounted = true;
	note_loss(merge, input, input->time, INT64_MAX);
}

/* Gets the next messages. Return: whether there are any. */
static bool refill(struct merge *merge, struct merge_input *input)
{
	bt_message_iterator_next_status status;

	do
		status = bt_message_iterator_next(
			input->iterator, &input->messages, &input->count);
	while (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN ||
	       (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_OK &&
		input->count == 0));
	input->at = 0;
	if (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return true;
	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_END)
		give_up(merge, input);
	return false;
}

/* Takes the input's message and goes to its next. Return: whether it has one. */
static bool step(struct merge *merge, struct merge_input *input)
{
	const bt_message *message = input->messages[input->at];

	take(merge, input, message);
	bt_message_put_ref(message);
	if (++input->at == input->count && !refill(merge, input))
		return false;
	input->time = time_of(input, input->messages[input->at]);
	return true;
}

/*
 * A stream begins with the message that says so. No input has a time yet, so
 * in any order they are a heap.
 */
static void start(struct merge *merge)
{
	struct merge_input *input;

	for (size_t i = 0; i < merge->inputs_count; i++) {
		input = &merge->inputs[i];
		if (!refill(merge, input))
			continue;
		take_stream(merge, input,
			    bt_message_stream_beginning_borrow_stream_const(
				    input->messages[0]));
		merge->heap[merge->heap_count++] = input;
	}
	/* Nobody knows what a stream held that could not even be opened. */
	for (uint32_t i = 1;
	     merge->unopened && i <= merge->follow->scopes_count; i++)
		follow_loss(merge->follow, i, INT64_MIN, INT64_MAX);
	merge->started = true;
}

static bt_component_class_sink_consume_method_status
consume(bt_self_component_sink *self)
{
	struct merge *merge = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));
	struct merge_input *top;

	if (!merge->started)
		start(merge);
	for (size_t i = 0; i < MESSAGES_A_TURN; i++) {
		if (merge->heap_count == 0)
			return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
		top = merge->heap[0];
		if (!step(merge, top))
			merge->heap[0] = merge->heap[--merge->heap_count];
		if (merge->heap_count > 1)
			sink(merge);
	}
	return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
}

static bt_component_class_initialize_method_status
initialize(bt_self_component_sink *self,
	   bt_self_component_sink_configuration *configuration,
	   const bt_value *params, void *data)
{
	struct merge *merge = data;
	char name[32];

	(void)configuration;
	(void)params;
	bt_self_component_set_data(
		bt_self_component_sink_as_self_component(self), merge);
	for (size_t i = 0; i < merge->inputs_count; i++) {
		(void)snprintf(name, sizeof(name), "in%zu", i);
		if (bt_self_component_sink_add_input_port(self, name, NULL,
							  NULL) !=
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
			return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	}
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status
configured(bt_self_component_sink *self)
{
	struct merge *merge = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));

	for (size_t i = 0; i < merge->inputs_count; i++)
		if (bt_message_iterator_create_from_sink_component(
			    self,
			    bt_self_component_sink_borrow_input_port_by_index(
				    self, i),
			    &merge->inputs[i].iterator) !=
		    BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
			return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
	return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static void finalize(bt_self_component_sink *self)
{
	struct merge *merge = bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self));

	for (size_t i = 0; i < merge->inputs_count; i++) {
		BT_MESSAGE_ITERATOR_PUT_REF_AND_RESET(
			merge->inputs[i].iterator);
		merge->inputs[i].stream = NULL;
	}
}

const bt_component_sink *merge_add_to(struct merge *merge, bt_graph *graph)
{
	bt_component_class_sink *class =
		bt_component_class_sink_create("report", consume);
	const bt_component_sink *component = NULL;

	if (!class)
		return NULL;
	if (bt_component_class_sink_set_initialize_method(class, initialize) ||
	    bt_component_class_sink_set_graph_is_configured_method(
		    class, configured) ||
	    bt_component_class_sink_set_finalize_method(class, finalize) ||
	    bt_graph_add_sink_component_with_initialize_method_data(
		    graph, class, "report", NULL, merge, BT_LOGGING_LEVEL_NONE,
		    &component))
		component = NULL;
	bt_component_class_sink_put_ref(class);
	return component;
}
