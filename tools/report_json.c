/* SPDX-License-Identifier: MIT */
/*
 * report_json.c - what a trace tells, as programs read it
 *
 * The summary's members, and more. Ids are texts: they need more than the 53
 * bits that JSON's readers keep. Times are nanoseconds of the trace's clock.
 */
#include <inttypes.h>

#include "json.h"
#include "report_arguments.h"
#include "report_print.h"

static void write_id(struct json *json, uint64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, id);
	json_text(json, "id", text);
}

/* A time or a span that is not known is left out. */
static void write_known(struct json *json, const char *name, int64_t number,
			bool known)
{
	if (known)
		json_signed(json, name, number);
}

static void write_trace(struct json *json, const struct report *report)
{
	int64_t first, last;

	report_range(report, &first, &last);
	json_object(json, "trace");
	json_text(json, "path", report->path);
	json_number(json, "events", report->follow.events);
	json_number(json, "streams", report->merge.inputs_count);
	json_number(json, "streams_unwritten", report->merge.unwritten);
	json_signed(json, "first_ns", first);
	json_signed(json, "last_ns", last);
	json_object_end(json);
}

static void write_argument(struct json *json, const struct report_call *call,
			   const struct argument *argument)
{
	uint64_t value = argument->index < call->args_count
				 ? call->args[argument->index]
				 : 0;
	char text[24];

	switch (argument->type) {
	case BELAY_ARGUMENT_TEXT:
		json_text(json, argument->name, call->text ? call->text : "");
		break;
	case BELAY_ARGUMENT_POINTER:
		(void)snprintf(text, sizeof(text), "0x%" PRIx64, value);
		json_text(json, argument->name, text);
		break;
	case BELAY_ARGUMENT_UINT:
	case BELAY_ARGUMENT_SIZE:
		json_number(json, argument->name, value);
		break;
	default:
		json_signed(json, argument->name, (int64_t)value);
		break;
	}
}

static void write_arguments(struct json *json, const struct report_call *call,
			    const char *note)
{
	struct argument argument = {0};

	if (note) {
		json_object(json, "arguments");
		while (argument_next(&note, &argument))
			write_argument(json, call, &argument);
		json_object_end(json);
		return;
	}
	json_array(json, "args");
	for (size_t i = 0; i < call->args_count; i++)
		json_number(json, NULL, call->args[i]);
	json_array_end(json);
	if (call->text)
		json_text(json, "text", call->text);
}

static void write_slow(struct json *json, const struct report *report,
		       const struct slow_call *slow)
{
	const struct report_call *call = &slow->call;
	char text[320];

	json_object(json, NULL);
	write_id(json, call->id);
	json_number(json, "pid",
		    report->follow.processes.list[call->process].pid);
	json_text(json, "operation", report_operation(report, call->operation));
	write_arguments(json, call, report_note(report, call->operation));
	report_site(report, call, text, sizeof(text));
	json_text(json, "place", text);
	write_known(json, "begun_ns", call->begun, call->begun != INT64_MIN);
	json_number(json, "duration_ns", slow->duration_ns);
	json_text(json, "outcome", report_outcome(slow->outcome));
	json_signed(json, "status", slow->status);
	json_text(json, "status_name",
		  report_status(report, call->operation, slow->status, text));
	json_signed(json, "result", slow->result);
	report_json_server(report, call, json);
	json_object_end(json);
}

static void write_counts(struct json *json, const char *operation,
			 const struct cancel_counts *counts)
{
	for (size_t by = 0; by < CANCELS_PARTIES; by++)
		for (size_t answer = 0; answer < CANCELS_ANSWERS; answer++) {
			if (!counts->counts[by][answer])
				continue;
			json_object(json, NULL);
			json_text(json, "operation", operation);
			json_text(json, "by", cancels_party(by));
			json_text(json, "answer", cancels_answer(answer));
			json_number(json, "count", counts->counts[by][answer]);
			json_object_end(json);
		}
}

static void write_first_cancel(struct json *json, const struct report *report,
			       const struct first_cancel *cancel)
{
	json_object(json, NULL);
	write_id(json, cancel->id);
	json_text(json, "operation",
		  report_operation(report, cancel->operation));
	json_text(json, "by", cancels_party(cancel->by));
	json_text(json, "answer", cancels_answer(cancel->answer));
	json_signed(json, "status", cancel->status);
	write_known(json, "time_ns", cancel->time, cancel->time != INT64_MIN);
	write_known(json, "age_ns", cancel->age_ns, cancel->age_ns >= 0);
	json_text(json, "end", report_cancel_end(cancel));
	write_known(json, "later_ns", cancel->later_ns, cancel->later_ns >= 0);
	json_object_end(json);
}

static void write_cancels(struct json *json, const struct report *report)
{
	const struct cancels *cancels = &report->follow.cancels;

	json_array(json, "cancels");
	for (size_t i = 0; i < cancels->operations_count; i++)
		write_counts(json, report_operation(report, (uint16_t)i),
			     &cancels->operations[i]);
	write_counts(json, "?", &cancels->strays);
	json_array_end(json);
	json_array(json, "first_cancels");
	for (size_t i = 0; i < cancels->first_count; i++)
		write_first_cancel(json, report, &cancels->first[i]);
	json_array_end(json);
}

static void write_loss(struct json *json, const struct stream *stream)
{
	const struct stream_loss *loss = &stream->loss;

	if (!loss->windows)
		return;
	json_object(json, NULL);
	json_text(json, "stream", stream->name);
	json_bool(json, "may_hold_calls", stream->may_hold_calls);
	json_number(json, "events", loss->events);
	json_number(json, "packets", loss->packets);
	json_bool(json, "uncounted", loss->uncounted);
	json_number(json, "windows", loss->windows);
	write_known(json, "first_ns", loss->begin, loss->begin != INT64_MIN);
	write_known(json, "last_ns", loss->end, loss->end != INT64_MAX);
	json_object_end(json);
}

static void write_losses(struct json *json, const struct report *report)
{
	const struct strays *strays = &report->follow.strays;

	json_array(json, "discarded");
	for (size_t i = 0; i < report->merge.inputs_count; i++)
		write_loss(json, &report->merge.inputs[i].stream);
	json_array_end(json);
	json_object(json, "without_begin");
	json_number(json, "discarded", strays->discarded);
	json_number(json, "before_trace", strays->before);
	json_number(json, "malformed", strays->impossible);
	json_object_end(json);
}

static void write_faults(struct json *json, const struct faults *faults)
{
	json_array(json, "faults");
	for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++)
		json_text(json, NULL, faults->texts[i]);
	json_array_end(json);
}

void report_json(const struct report *report, FILE *to)
{
	const struct slowest *slowest = &report->follow.slowest;
	struct json json = {.to = to};

	json_object(&json, NULL);
	write_trace(&json, report);
	summary_json_members(&report->shown, &json);
	json_array(&json, "slowest");
	for (size_t i = 0; i < slowest->count; i++)
		write_slow(&json, report, &slowest->calls[i]);
	json_array_end(&json);
	report_json_served(report, &json);
	write_cancels(&json, report);
	write_losses(&json, report);
	write_faults(&json, &report->faults);
	json_object_end(&json);
}
