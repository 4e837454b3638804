/* SPDX-License-Identifier: MIT */
/*
 * report_read.c - reads traces through libbabeltrace2
 *
 * A graph that failed in any way cannot be used again, so one with a trace
 * that the library refuses is thrown away, and the next one is made without
 * that trace.
 */
#include "report_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_salvage.h"
#include "report_sources.h"

struct reading {
	const bt_plugin *plugin;
	const bt_component_class_source *class;
	struct sources sources;
	struct salvage salvage;
	struct faults *faults;
	bt_graph *graph;
};

static bool add_source(struct reading *reading, struct source *source,
		       size_t number)
{
	bt_value *params = sources_params(source);
	char name[32];
	bool ok;

	(void)snprintf(name, sizeof(name), "trace%zu", number);
	ok = params && bt_graph_add_source_component(
			       reading->graph, reading->class, name, params,
			       BT_LOGGING_LEVEL_NONE, &source->component) ==
			       BT_GRAPH_ADD_COMPONENT_STATUS_OK;
	bt_value_put_ref(params);
	return ok;
}

/* The folder that the user knows; what is read may be a copy of it. */
static const char *original_of(const struct reading *reading,
			       const struct source *source)
{
	return source->folders[0] +
	       (source->damaged ? strlen(reading->salvage.path) : 0);
}

static void refuse(struct reading *reading, struct source *source)
{
	char what[512];

	(void)snprintf(what, sizeof(what), "Cannot read trace: path=\"%s\"",
		       original_of(reading, source));
	faults_add_bt(reading->faults, what);
	source->unreadable = true;
}

/* Makes a graph of all traces that can be read. False: it has to be remade. */
static bool add_sources(struct reading *reading)
{
	struct source *source;

	reading->graph = bt_graph_create(0);
	if (!reading->graph)
		abort();
	for (size_t i = 0; i < reading->sources.count; i++) {
		source = &reading->sources.list[i];
		if (source->unreadable || add_source(reading, source, i))
			continue;
		refuse(reading, source);
		BT_GRAPH_PUT_REF_AND_RESET(reading->graph);
		return false;
	}
	return true;
}

static size_t count_streams(const struct sources *sources)
{
	size_t count = 0;

	for (size_t i = 0; i < sources->count; i++)
		if (!sources->list[i].unreadable)
			count += bt_component_source_get_output_port_count(
				sources->list[i].component);
	return count;
}

static bool connect_source(struct reading *reading, const struct source *source,
			   struct merge *merge, const bt_component_sink *sink,
			   size_t *at)
{
	uint64_t ports =
		bt_component_source_get_output_port_count(source->component);

	for (uint64_t i = 0; i < ports; i++, (*at)++) {
		merge->inputs[*at].stream.part_is_unwritten =
			source->unwritten != 0;
		if (source->damaged)
			merge->inputs[*at].stream.copied =
				strlen(reading->salvage.path);
		if (bt_graph_connect_ports(
			    reading->graph,
			    bt_component_source_borrow_output_port_by_index_const(
				    source->component, i),
			    bt_component_sink_borrow_input_port_by_index_const(
				    sink, *at),
			    NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
			return false;
	}
	return true;
}

static void run(struct reading *reading, struct merge *merge)
{
	const bt_component_sink *sink = merge_add_to(merge, reading->graph);
	bool ok = sink != NULL;
	const struct source *source;
	size_t at = 0;

	for (size_t i = 0; ok && i < reading->sources.count; i++) {
		source = &reading->sources.list[i];
		merge->unwritten += source->unwritten;
		if (!source->unreadable)
			ok = connect_source(reading, source, merge, sink, &at);
	}
	/* A source with unconnected ports only cannot be run; it has nothing. */
	if (!ok ||
	    (at && bt_graph_run(reading->graph) != BT_GRAPH_RUN_STATUS_OK))
		faults_add_bt(reading->faults, "Cannot read traces");
}

static bool find_class(struct reading *reading)
{
	if (bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE,
			   &reading->plugin) == BT_PLUGIN_FIND_STATUS_OK)
		reading->class =
			bt_plugin_borrow_source_component_class_by_name_const(
				reading->plugin, "fs");
	if (reading->class)
		return true;
	bt_current_thread_clear_error();
	faults_add(
		reading->faults,
		"Cannot read traces: error=\"libbabeltrace2 does not find its "
		"plugin ctf; install the package babeltrace2\"");
	return false;
}

void read_traces(const struct folders *folders, struct follow *follow,
		 struct faults *faults, struct merge *merge)
{
	struct reading reading = {.faults = faults};

	if (!find_class(&reading)) {
		merge_init(merge, follow, faults, 0);
		return;
	}
	sources_group(&reading.sources, folders, reading.class);
	for (size_t i = 0; i < reading.sources.count; i++)
		salvage_source(&reading.salvage, &reading.sources.list[i],
			       faults);
	while (!add_sources(&reading))
		;
	merge_init(merge, follow, faults, count_streams(&reading.sources));
	run(&reading, merge);
	merge_end(merge);
	if (event_classes_fault(merge->classes))
		faults_add(faults,
			   "Trace is of another version of Belay: error=\"%s\"",
			   event_classes_fault(merge->classes));
	bt_graph_put_ref(reading.graph);
	sources_deinit(&reading.sources);
	salvage_deinit(&reading.salvage);
	bt_plugin_put_ref(reading.plugin);
}
