/* SPDX-License-Identifier: MIT */
/*
 * report_merge.c - a sink that takes the streams of all traces, by time
 */
#include "report_merge.h"

#include <stdio.h>
#include <stdlib.h>

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
		merge->inputs[i].stream = (struct stream){
			.follow = follow,
			.classes = merge->classes,
			.time = INT64_MIN,
			.closed = INT64_MIN,
		};
}

void merge_deinit(struct merge *merge)
{
	for (size_t i = 0; i < merge->inputs_count; i++)
		stream_deinit(&merge->inputs[i].stream);
	event_classes_free(merge->classes);
	free(merge->inputs);
	free(merge->heap);
	free(merge->traces);
}

static bool is_before(const struct merge_input *a, const struct merge_input *b)
{
	return a->stream.time != b->stream.time
		       ? a->stream.time < b->stream.time
		       : a < b;
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

/* The rest of a stream cannot be read: calls may have ended in it. */
static void give_up(struct merge *merge, struct merge_input *input)
{
	const struct stream *stream = &input->stream;
	char what[512];

	(void)snprintf(what, sizeof(what),
		       "Trace is damaged, and this stream is read no further: "
		       "stream=\"%s\", time=%.9f",
		       stream->name ? stream->name : "?",
		       stream->time == INT64_MIN ? 0.0
						 : (double)stream->time / 1e9);
	faults_add_bt(merge->faults, what);
	if (stream->scope)
		stream_break(&input->stream);
	else
		merge->unopened = true;
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
	else if (input->stream.scope)
		stream_end(&input->stream);
	return false;
}

/* Takes the input's message and goes to its next. Return: whether it has one. */
static bool step(struct merge *merge, struct merge_input *input)
{
	const bt_message *message = input->messages[input->at];

	stream_take(&input->stream, message);
	bt_message_put_ref(message);
	if (++input->at == input->count && !refill(merge, input))
		return false;
	stream_look(&input->stream, input->messages[input->at]);
	return true;
}

/*
 * A stream begins with the message that says so. No input has a time yet, so
 * in any order they are a heap.
 */
static void start(struct merge *merge)
{
	struct merge_input *input;
	const bt_stream *stream;

	for (size_t i = 0; i < merge->inputs_count; i++) {
		input = &merge->inputs[i];
		if (!refill(merge, input))
			continue;
		stream = bt_message_stream_beginning_borrow_stream_const(
			input->messages[0]);
		stream_begin(&input->stream, stream, scope_of(merge, stream));
		merge->heap[merge->heap_count++] = input;
	}
	/* Nobody knows what a stream held that could not even be opened. */
	for (uint32_t i = 1;
	     merge->unopened && i <= merge->follow->scopes_count; i++)
		follow_loss(merge->follow, i, INT64_MIN, INT64_MAX);
	merge->started = true;
}

void merge_end(struct merge *merge)
{
	for (size_t i = 0; i < merge->inputs_count; i++)
		if (merge->inputs[i].stream.scope)
			stream_judge(&merge->inputs[i].stream);
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

	for (size_t i = 0; i < merge->inputs_count; i++)
		BT_MESSAGE_ITERATOR_PUT_REF_AND_RESET(
			merge->inputs[i].iterator);
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
