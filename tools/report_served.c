/* SPDX-License-Identifier: MIT */
/*
 * report_served.c - the server's side of calls, and how it fits the client's
 */
#include "report_served.h"

#include <stdlib.h>

void served_init(struct served *served)
{
	*served = (struct served){.operations = NULL};
	calls_init(&served->calls);
}

static struct served_operation *operation_of(struct served *served,
					     uint16_t operation)
{
	struct served_operation *all;

	if (operation < served->operations_count)
		return &served->operations[operation];
	all = calloc(operation + 1U, sizeof(*all));
	if (!all)
		abort();
	for (size_t i = 0; i < served->operations_count; i++)
		all[i] = served->operations[i];
	free(served->operations);
	served->operations = all;
	served->operations_count = operation + 1U;
	return &all[operation];
}

static void add_time(struct belay_counters *to, uint64_t ns)
{
	to->finished++;
	to->latency_sum += ns;
	to->latency[belay_bucket(ns)]++;
	if (ns > to->latency_max)
		to->latency_max = ns;
}

void served_enter(struct served *served, const struct event *event,
		  struct report_call *call, uint16_t operation,
		  uint32_t process)
{
	struct served_operation *known = operation_of(served, operation);

	const struct report_call at_work = {
		.id = event->id,
		.begun = event->time,
		.scope = event->scope,
		.operation = operation,
	};

	if (!calls_find(&served->calls, event->scope, event->id))
		calls_add(&served->calls, &at_work);
	known->entered++;
	if (!call) {
		known->unmatched++;
		return;
	}
	call->server = process + 1;
	call->server_thread = (uint32_t)event->thread;
	call->server_site = event->site;
	if (call->begun != INT64_MIN && event->time >= call->begun) {
		call->queue_ns = report_span(call->begun, event->time);
		add_time(&known->queue, (uint64_t)call->queue_ns);
	}
}

void served_exit(struct served *served, const struct event *event,
		 struct report_call *call)
{
	struct report_call *entry =
		calls_find(&served->calls, event->scope, event->id);
	struct served_operation *known;

	if (call)
		call->work_ns = (int64_t)event->duration_ns;
	/* Its enter is not in the trace: which operation is not known. */
	if (!entry)
		return;
	known = operation_of(served, entry->operation);
	add_time(&known->work, event->duration_ns);
	known->given_up += entry->cancels;
	calls_remove(&served->calls, entry);
}

void served_finish(struct served *served, const struct event *event)
{
	struct report_call *entry =
		calls_find(&served->calls, event->scope, event->id);

	if (entry && event->outcome == BELAY_CANCELED)
		entry->cancels = 1;
}

void served_end(struct served *served)
{
	for (size_t i = 0; i < served->calls.size; i++)
		if (served->calls.slots[i].scope)
			operation_of(served, served->calls.slots[i].operation)
				->unended++;
}

const struct served_operation *served_of(const struct served *served,
					 size_t operation)
{
	return operation < served->operations_count &&
			       served->operations[operation].entered
		       ? &served->operations[operation]
		       : NULL;
}

void served_deinit(struct served *served)
{
	calls_deinit(&served->calls);
	free(served->operations);
}
