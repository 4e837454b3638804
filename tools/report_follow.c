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

#include "report_rules.h"

#define PID_SHIFT 40

/* How far apart the times of an event and of its call may be. */
#define SLACK_NS 100000
#define SLACK_SHIFT 8

void follow_init(struct follow *follow)
{
	*follow = (struct follow){.operations.summary = &follow->summary};
	processes_init(&follow->processes);
	calls_init(&follow->calls);
	served_init(&follow->served);
}

void follow_deinit(struct follow *follow)
{
	free(follow->scopes);
	left_deinit(&follow->left);
	operations_deinit(&follow->operations);
	slowest_deinit(&follow->slowest);
	served_deinit(&follow->served);
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
	follow->scopes[follow->scopes_count] = (struct scope){
		.last_event = INT64_MIN,
		.closed = INT64_MAX,
	};
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

void follow_close(struct follow *follow, uint32_t scope, int64_t time)
{
	struct scope *known = scope_of(follow, scope);

	if (time < known->closed)
		known->closed = time;
}

int64_t follow_last_event(const struct follow *follow, uint32_t scope)
{
	return scope_of(follow, scope)->last_event;
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

/* Whether a call that began then may have ended where the trace is not. */
static bool may_be_lost(const struct scope *scope, int64_t begun)
{
	return (scope->lossy && scope->loss_end > begun) ||
	       (scope->last_event > scope->closed && scope->last_event > begun);
}

/* A call that will not be seen to end. Its entry is the caller's to remove. */
static void leave(struct follow *follow, const struct report_call *call)
{
	const struct scope *scope = scope_of(follow, call->scope);
	struct summary_operation *operation =
		&follow->summary.operations[call->operation];
	bool unknown = may_be_lost(scope, call->begun);

	if (call->cancels)
		cancels_abandon(&follow->cancels, call,
				unknown ? CANCEL_END_UNKNOWN
					: CANCEL_END_IN_FLIGHT);
	if (unknown) {
		operation->unknown++;
		return;
	}
	operation->in_flight++;
	left_add(&follow->left, call,
		 call->begun == INT64_MIN
			 ? 0
			 : report_span(call->begun, scope->last));
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
		.operation =
			operations_find(&follow->operations, event->operation),
		.args_count = (uint8_t)event->args_count,
		.state = BELAY_CALL_PENDING,
		.queue_ns = -1,
		.work_ns = -1,
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

/* Whether a begin between these times may be where the trace is not. */
static bool begin_may_be_lost(const struct scope *scope, int64_t early,
			      int64_t late)
{
	return (scope->lossy && late >= scope->loss_begin &&
		early <= scope->loss_end) ||
	       late > scope->closed;
}

/* A time so much before another, or as early as a time can be. */
static int64_t before(int64_t time, uint64_t ns)
{
	int64_t earlier;

	return __builtin_sub_overflow(time, ns, &earlier) ? INT64_MIN : earlier;
}

/* Why an end has no begin. Clocks differ a little between call and trace. */
static void take_stray(struct follow *follow, const struct event *event,
		       uint64_t duration_ns)
{
	const struct scope *scope = scope_of(follow, event->scope);
	uint64_t slack = SLACK_NS + (duration_ns >> SLACK_SHIFT);
	int64_t late = before(event->time, duration_ns - slack);
	int64_t early = before(event->time, duration_ns + slack);

	if (duration_ns < slack)
		late = event->time;
	if (begin_may_be_lost(scope, early, late))
		follow->strays.discarded++;
	else if (scope->timed && early <= scope->first)
		follow->strays.before++;
	else if (follow->strays.impossible++ == 0)
		follow->strays.first = *event;
}

static void take_refuse(struct follow *follow, const struct event *event)
{
	enum { API, PENDING, POLICY };
	struct report_call *call;

	if (event->reason == PENDING) {
		counters_of(follow, operations_find(&follow->operations,
						    event->operation))
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
	if (call->server)
		served_finish(&follow->served, event);
	if (event->outcome != BELAY_UNCOLLECTED &&
	    slowest_wants(&follow->slowest, event->duration_ns))
		keep_slow(follow, call, event);
	calls_remove(&follow->calls, call);
}

static void take_server_enter(struct follow *follow, const struct event *event)
{
	uint32_t process = processes_current(&follow->processes, event->scope,
					     (uint32_t)event->pid);

	served_enter(&follow->served, event, call_of(follow, event),
		     operations_find(&follow->operations, event->operation),
		     process);
}

/* The client may have finished it already: the server replies, then exits. */
static void take_server_exit(struct follow *follow, const struct event *event)
{
	struct report_call *call = call_of(follow, event);
	struct slow_call *slow;

	if (!call) {
		slow = slowest_find(&follow->slowest, event->scope, event->id);
		call = slow ? &slow->call : NULL;
	}
	served_exit(&follow->served, event, call);
}

void follow_event(struct follow *follow, const struct event *event)
{
	struct scope *scope = scope_of(follow, event->scope);

	follow->belay_events++;
	if (event->time > scope->last_event)
		scope->last_event = event->time;
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
		rules_take_process(follow, event);
		break;
	case EVENT_OPERATION:
		operations_note(&follow->operations, event);
		break;
	case EVENT_MODULE:
		processes_load(&follow->processes, event);
		break;
	case EVENT_POLICY:
		rules_take_policy(follow, event, process_of(follow, event),
				  call_of(follow, event));
		break;
	case EVENT_SERVER_ENTER:
		take_server_enter(follow, event);
		break;
	case EVENT_SERVER_EXIT:
		take_server_exit(follow, event);
		break;
	default:
		break;
	}
}

void follow_end(struct follow *follow)
{
	for (size_t i = 0; i < follow->calls.size; i++)
		if (follow->calls.slots[i].scope)
			leave(follow, &follow->calls.slots[i]);
	left_tell(&follow->left, &follow->processes, &follow->summary);
	slowest_sort(&follow->slowest);
	served_end(&follow->served);
	follow->summary.processes = follow->processes.count;
}
