/* SPDX-License-Identifier: MIT */
/*
 * report_follow.c - follows the calls of a trace from begin to finish
 *
 * The counters mean what they do in the call table, so that a run's summary
 * and its trace's agree.
 */
#include "report_follow.h"

#include <stdlib.h>
#include <string.h>

#define PID_SHIFT 40

/* A trace with more kinds of operation than this is none of ours. */
#define OPERATIONS_MAX 1024
#define OPERATIONS_MORE "(more)"

void follow_init(struct follow *follow)
{
	*follow = (struct follow){0};
	processes_init(&follow->processes);
	calls_init(&follow->calls);
}

void follow_deinit(struct follow *follow)
{
	for (size_t i = 0; i < follow->notes_count; i++)
		free(follow->notes[i].arguments);
	free(follow->notes);
	free(follow->scopes);
	free(follow->left);
	slowest_deinit(&follow->slowest);
	cancels_deinit(&follow->cancels);
	calls_deinit(&follow->calls);
	processes_deinit(&follow->processes);
	summary_deinit(&follow->summary);
}

uint32_t follow_scope(struct follow *follow)
{
	follow->scopes = realloc(follow->scopes, (follow->scopes_count + 1) *
							 sizeof(struct scope));
	if (!follow->scopes)
		abort();
	follow->scopes[follow->scopes_count] = (struct scope){0};
	return ++follow->scopes_count;
}

static struct scope *scope_of(const struct follow *follow, uint32_t number)
{
	return &follow->scopes[number - 1];
}

void follow_loss(struct follow *follow, uint32_t scope, int64_t begin,
		 int64_t end)
{
	struct scope *known = scope_of(follow, scope);

	if (!known->lossy || begin < known->loss_begin)
		known->loss_begin = begin;
	if (!known->lossy || end > known->loss_end)
		known->loss_end = end;
	known->lossy = true;
}

static bool is_named(const struct summary_operation *operation,
		     struct event_text name)
{
	return strncmp(operation->name, name.at, name.length) == 0 &&
	       operation->name[name.length] == '\0';
}

static uint16_t add_operation(struct follow *follow, struct event_text name)
{
	char text[sizeof(follow->summary.operations->name)] = OPERATIONS_MORE;
	struct summary_operation *operation;
	size_t count;

	if (follow->summary.operations_count < OPERATIONS_MAX) {
		memcpy(text, name.at, name.length);
		text[name.length] = '\0';
	}
	operation = summary_operation(&follow->summary, text);
	count = follow->summary.operations_count;
	if (count > follow->notes_count) {
		follow->notes =
			realloc(follow->notes, count * sizeof(*follow->notes));
		if (!follow->notes)
			abort();
		follow->notes[follow->notes_count++] =
			(struct operation_note){0};
	}
	return (uint16_t)(operation - follow->summary.operations);
}

/* The index of an operation in the summary; calls repeat the latest one. */
static uint16_t operation_of(struct follow *follow, struct event_text name)
{
	const struct summary *summary = &follow->summary;
	size_t most = sizeof(summary->operations->name) - 1;

	if (name.length > most)
		name.length = most;
	if (follow->latest < summary->operations_count &&
	    is_named(&summary->operations[follow->latest], name))
		return follow->latest;
	for (size_t i = 0; i < summary->operations_count; i++)
		if (is_named(&summary->operations[i], name)) {
			follow->latest = (uint16_t)i;
			return follow->latest;
		}
	return add_operation(follow, name);
}

static struct belay_counters *counters_of(struct follow *follow,
					  uint16_t operation)
{
	return &follow->summary.operations[operation].counters;
}

static uint32_t process_of(struct follow *follow, const struct event *event)
{
	return processes_current(&follow->processes, event->scope,
				 (uint32_t)(event->id >> PID_SHIFT));
}

/* The call that an event is about, or NULL where its begin was not seen. */
static struct report_call *call_of(struct follow *follow,
				   const struct event *event)
{
	struct report_call *call =
		calls_find(&follow->calls, event->scope, event->id);

	/* A process that had this id before did not end its own. */
	if (call && call->process != process_of(follow, event))
		return NULL;
	return call;
}

/* A call that will not be seen to end. Its entry is the caller's to remove. */
static void leave(struct follow *follow, const struct report_call *call)
{
	const struct scope *scope = scope_of(follow, call->scope);
	bool unknown = scope->lossy && scope->loss_end > call->begun;
	size_t count = follow->left_count;

	if (call->cancels)
		cancels_abandon(&follow->cancels, call,
				unknown ? CANCEL_END_UNKNOWN
					: CANCEL_END_IN_FLIGHT);
	if (unknown) {
		follow->summary.operations[call->operation].unknown++;
		return;
	}
	follow->summary.operations[call->operation].in_flight++;
	if ((count & (count - 1)) == 0) {
		follow->left =
			realloc(follow->left, (count ? 2 * count : 1) *
						      sizeof(*follow->left));
		if (!follow->left)
			abort();
	}
	follow->left[follow->left_count++] = (struct left_call){
		.site = call->site,
		.age_ns = call->begun == INT64_MIN ? 0
						   : scope->last - call->begun,
		.process = call->process,
		.operation = call->operation,
		.state = call->state,
	};
}

static void take_begin(struct follow *follow, const struct event *event)
{
	struct report_call *old =
		calls_find(&follow->calls, event->scope, event->id);
	struct report_call call = {
		.id = event->id,
		.begun = event->time,
		.site = event->site,
		.scope = event->scope,
		.process = process_of(follow, event),
		.operation = operation_of(follow, event->operation),
		.args_count = (uint8_t)event->args_count,
		.state = BELAY_CALL_PENDING,
	};

	/* The id comes again: whoever had it before has not ended its call. */
	if (old) {
		leave(follow, old);
		calls_remove(&follow->calls, old);
	}
	memcpy(call.args, event->args, sizeof(call.args));
	if (event->text.length) {
		call.text = strndup(event->text.at, event->text.length);
		if (!call.text)
			abort();
	}
	counters_of(follow, call.operation)->calls++;
	calls_add(&follow->calls, &call);
}

/* Why an end has no begin. Clocks differ a little between call and trace. */
static void take_stray(struct follow *follow, const struct event *event,
		       uint64_t duration_ns)
{
	const struct scope *scope = scope_of(follow, event->scope);
	int64_t slack = 100000 + (int64_t)(duration_ns >> 8);
	int64_t begun = event->time - (int64_t)duration_ns;

	if (event->time == INT64_MIN)
		begun = event->time;
	if (scope->lossy && begun + slack >= scope->loss_begin &&
	    begun - slack <= scope->loss_end)
		follow->strays.discarded++;
	else if (scope->timed && begun - slack <= scope->first)
		follow->strays.before++;
	else if (follow->strays.impossible++ == 0)
		follow->strays.first = *event;
}

static void take_refuse(struct follow *follow, const struct event *event)
{
	enum { API, PENDING, POLICY };
	struct report_call *call;

	if (event->reason == PENDING) {
		counters_of(follow, operation_of(follow, event->operation))
			->pending++;
		return;
	}
	call = call_of(follow, event);
	if (!call) {
		take_stray(follow, event, 0);
		return;
	}
	counters_of(follow, call->operation)->refused++;
	calls_remove(&follow->calls, call);
}

static void take_cancel(struct follow *follow, const struct event *event)
{
	struct report_call *call = call_of(follow, event);

	cancels_take(&follow->cancels, event, call);
	if (!call)
		return;
	counters_of(follow, call->operation)->cancels++;
	if (call->cancels < UINT8_MAX)
		call->cancels++;
	if (event->answer == BELAY_ANSWER_CANCELED)
		call->state = BELAY_CALL_CANCELED;
}

static void take_complete(struct follow *follow, const struct event *event)
{
	struct report_call *call = call_of(follow, event);

	if (call && call->state < BELAY_CALL_COMPLETED)
		call->state = BELAY_CALL_COMPLETED;
}

static void count_finish(struct belay_counters *counters,
			 const struct event *event)
{
	counters->finished++;
	if (event->outcome == BELAY_UNCOLLECTED) {
		counters->uncollected++;
		return;
	}
	if (event->outcome == BELAY_CANCELED)
		counters->canceled++;
	else if (event->outcome == BELAY_FAILED)
		counters->failed++;
	else if (event->outcome == BELAY_SUCCEEDED && event->result > 0)
		counters->bytes += (uint64_t)event->result;
	counters->latency_sum += event->duration_ns;
	counters->latency[belay_bucket(event->duration_ns)]++;
	if (event->duration_ns > counters->latency_max)
		counters->latency_max = event->duration_ns;
}

static void keep_slow(struct follow *follow, struct report_call *call,
		      const struct event *event)
{
	struct slow_call slow = {
		.call = *call,
		.duration_ns = event->duration_ns,
		.status = event->status,
		.result = event->result,
		.outcome = (uint8_t)event->outcome,
	};

	call->text = NULL;
	slowest_take(&follow->slowest, &slow);
}

static void take_finish(struct follow *follow, const struct event *event)
{
	struct report_call *call = call_of(follow, event);

	if (!call) {
		take_stray(follow, event, event->duration_ns);
		return;
	}
	count_finish(counters_of(follow, call->operation), event);
	if (call->cancels)
		cancels_finish(&follow->cancels, call, event);
	if (event->outcome != BELAY_UNCOLLECTED &&
	    slowest_wants(&follow->slowest, event->duration_ns))
		keep_slow(follow, call, event);
	calls_remove(&follow->calls, call);
}

static void take_operation(struct follow *follow, const struct event *event)
{
	struct operation_note *note;
	uint16_t index = operation_of(follow, event->operation);
	struct summary_operation *operation =
		&follow->summary.operations[index];

	if (event->status_kind != EVENT_STRANGE)
		operation->status_kind =
			(enum belay_status_kind)event->status_kind;
	note = &follow->notes[index];
	free(note->arguments);
	note->arguments = strndup(event->arguments.at, event->arguments.length);
	if (!note->arguments)
		abort();
}

void follow_event(struct follow *follow, const struct event *event)
{
	switch (event->kind) {
	case EVENT_BEGIN:
		take_begin(follow, event);
		break;
	case EVENT_REFUSE:
		take_refuse(follow, event);
		break;
	case EVENT_CANCEL:
		take_cancel(follow, event);
		break;
	case EVENT_COMPLETE:
		take_complete(follow, event);
		break;
	case EVENT_FINISH:
		take_finish(follow, event);
		break;
	case EVENT_PROCESS:
		processes_start(&follow->processes, event);
		break;
	case EVENT_OPERATION:
		take_operation(follow, event);
		break;
	case EVENT_MODULE:
		processes_load(&follow->processes, event);
		break;
	default:
		break;
	}
}

/* Calls of one operation begun at one place stand together, the oldest first. */
static int by_place(const void *a, const void *b)
{
	const struct left_call *left = a, *right = b;

	if (left->operation != right->operation)
		return left->operation < right->operation ? -1 : 1;
	if (left->process != right->process)
		return left->process < right->process ? -1 : 1;
	if (left->site != right->site)
		return left->site < right->site ? -1 : 1;
	return (left->age_ns < right->age_ns) - (left->age_ns > right->age_ns);
}

static bool same_place(const struct left_call *a, const struct left_call *b)
{
	return a->operation == b->operation && a->process == b->process &&
	       a->site == b->site;
}

static void tell_left(struct follow *follow, const struct left_call *left,
		      size_t count)
{
	struct summary_unfinished unfinished = {
		.count = count,
		.oldest_ns = left->age_ns > 0 ? (uint64_t)left->age_ns : 0,
		.state = (enum belay_state)left->state,
		.pid = follow->processes.list[left->process].pid,
	};

	strcpy(unfinished.operation,
	       follow->summary.operations[left->operation].name);
	processes_place(&follow->processes, left->process, left->site,
			&unfinished.place);
	summary_unfinished_add(&follow->summary, &unfinished);
}

void follow_end(struct follow *follow)
{
	size_t next;

	for (size_t i = 0; i < follow->calls.size; i++)
		if (follow->calls.slots[i].scope)
			leave(follow, &follow->calls.slots[i]);
	if (follow->left_count)
		qsort(follow->left, follow->left_count, sizeof(*follow->left),
		      by_place);
	for (size_t i = 0; i < follow->left_count; i = next) {
		next = i + 1;
		while (next < follow->left_count &&
		       same_place(&follow->left[i], &follow->left[next]))
			next++;
		tell_left(follow, &follow->left[i], next - i);
	}
	slowest_sort(&follow->slowest);
	follow->summary.processes = follow->processes.count;
}
