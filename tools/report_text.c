/* SPDX-License-Identifier: MIT */
/*
 * report_text.c - what a trace tells, as people read it
 */
#include <inttypes.h>
#include <string.h>

#include "report_arguments.h"
#include "report_print.h"
#include "text.h"

#define NAME_SIZE sizeof(((struct summary_operation *)0)->name)

static const char *name_of(const struct report *report, uint16_t operation,
			   char name[NAME_SIZE])
{
	return text_safe(report_operation(report, operation), NAME_SIZE, name,
			 NAME_SIZE);
}

/* "1.20 s into the trace", from its first event. */
static void print_time(const struct report *report, int64_t time, FILE *to)
{
	char text[TEXT_NUMBER];
	int64_t first, last;

	report_range(report, &first, &last);
	if (time == INT64_MIN || time < first)
		return;
	fprintf(to, ", %s into the trace",
		text_duration((uint64_t)report_span(first, time), text));
}

static void print_head(const struct report *report, FILE *to)
{
	const struct follow *follow = &report->follow;
	char text[TEXT_NUMBER];
	int64_t first, last;

	report_range(report, &first, &last);
	fprintf(to,
		"%s: %s long, %" PRIu64 " event%s, %zu stream%s, %" PRIu64
		" process%s\n",
		report->path,
		text_duration((uint64_t)report_span(first, last), text),
		follow->events, text_s(follow->events),
		report->merge.inputs_count, text_s(report->merge.inputs_count),
		follow->summary.processes,
		follow->summary.processes == 1 ? "" : "es");
}

/* "; served by f (server.c:12) in process 4 thread 7, after 2 us, for 1 s" */
static void print_server(const struct report *report,
			 const struct report_call *call, FILE *to)
{
	char site[320], text[TEXT_NUMBER];
	uint32_t process;

	if (!call->server)
		return;
	process = call->server - 1;
	report_method(report, call, site, sizeof(site));
	fprintf(to, "; served by %s in ", site);
	if (process != call->process)
		fprintf(to, "process %" PRIu32 " ",
			report->follow.processes.list[process].pid);
	fprintf(to, "thread %" PRIu32, call->server_thread);
	if (call->queue_ns >= 0)
		fprintf(to, ", after %s",
			text_duration((uint64_t)call->queue_ns, text));
	if (call->work_ns >= 0)
		fprintf(to, ", for %s",
			text_duration((uint64_t)call->work_ns, text));
}

static void print_slow(const struct report *report,
		       const struct slow_call *slow, FILE *to)
{
	const struct report_call *call = &slow->call;
	char duration[TEXT_NUMBER], name[NAME_SIZE], site[320];
	char arguments[1024], status[32];

	report_site(report, call, site, sizeof(site));
	fprintf(to, "  %8s  %s(%s) %s",
		text_duration(slow->duration_ns, duration),
		name_of(report, call->operation, name),
		arguments_text(call, report_note(report, call->operation),
			       arguments, sizeof(arguments)),
		report_outcome(slow->outcome));
	(void)report_status(report, call->operation, slow->status, status);
	if (status[0])
		fprintf(to, " %s", status);
	else if (slow->result)
		fprintf(to, " %" PRId64, slow->result);
	fprintf(to, ", begun at %s in process %" PRIu32, site,
		report->follow.processes.list[call->process].pid);
	print_time(report, call->begun, to);
	fprintf(to, ", id %" PRIu64, call->id);
	print_server(report, call, to);
	fputc('\n', to);
}

static void print_slowest(const struct report *report, FILE *to)
{
	const struct slowest *slowest = &report->follow.slowest;

	if (slowest->count)
		fputs("\nThe slowest calls:\n", to);
	for (size_t i = 0; i < slowest->count; i++)
		print_slow(report, &slowest->calls[i], to);
}

static void print_party(const char *name, size_t by,
			const uint64_t answers[CANCELS_ANSWERS], FILE *to)
{
	uint64_t sum = 0;
	const char *between = ": ";

	for (size_t i = 0; i < CANCELS_ANSWERS; i++)
		sum += answers[i];
	if (sum == 0)
		return;
	fprintf(to, "  %s by %s, %" PRIu64 " time%s", name, cancels_party(by),
		sum, text_s(sum));
	for (size_t i = 0; i < CANCELS_ANSWERS; i++) {
		if (!answers[i])
			continue;
		fprintf(to, "%s%" PRIu64 " %s", between, answers[i],
			cancels_answer(i));
		between = ", ";
	}
	fputc('\n', to);
}

static void print_first_cancel(const struct report *report,
			       const struct first_cancel *cancel, FILE *to)
{
	char name[NAME_SIZE], text[TEXT_NUMBER];

	fprintf(to, "  %s of id %" PRIu64 " by %s: %s",
		name_of(report, cancel->operation, name), cancel->id,
		cancels_party(cancel->by), cancels_answer(cancel->answer));
	if (cancel->age_ns >= 0)
		fprintf(to, " when it was %s old",
			text_duration((uint64_t)cancel->age_ns, text));
	print_time(report, cancel->time, to);
	fprintf(to, "; in the end %s", report_cancel_end(cancel));
	if (cancel->later_ns >= 0)
		fprintf(to, ", %s later",
			text_duration((uint64_t)cancel->later_ns, text));
	fputc('\n', to);
}

static void print_cancels(const struct report *report, FILE *to)
{
	const struct cancels *cancels = &report->follow.cancels;
	char name[NAME_SIZE];

	if (!cancels->first_count)
		return;
	fputs("\nWho cancelled what, and the answer:\n", to);
	for (size_t i = 0; i < cancels->operations_count; i++)
		for (size_t by = 0; by < CANCELS_PARTIES; by++)
			print_party(name_of(report, (uint16_t)i, name), by,
				    cancels->operations[i].counts[by], to);
	for (size_t by = 0; by < CANCELS_PARTIES; by++)
		print_party("calls not seen to begin", by,
			    cancels->strays.counts[by], to);
	fputs("The first of them:\n", to);
	for (size_t i = 0; i < cancels->first_count; i++)
		print_first_cancel(report, &cancels->first[i], to);
}

static void print_loss(const struct report *report, const struct stream *stream,
		       FILE *to)
{
	const struct stream_loss *loss = &stream->loss;
	const char *name = stream->name ? text_base(stream->name) : "?";
	char safe[256];

	if (!loss->windows)
		return;
	fprintf(to,
		"  %s: ", text_safe(name, strlen(name), safe, sizeof(safe)));
	if (loss->events || loss->packets)
		fprintf(to,
			"%" PRIu64 " event%s and %" PRIu64 " packet%s, %" PRIu64
			" time%s",
			loss->events, text_s(loss->events), loss->packets,
			text_s(loss->packets), loss->windows,
			text_s(loss->windows));
	if (loss->uncounted)
		fprintf(to, "%swhat could not be read or counted",
			loss->events || loss->packets ? ", and " : "");
	if (loss->begin != INT64_MIN)
		print_time(report, loss->begin, to);
	fputs(stream->may_hold_calls ? "\n" : "; no calls are in this stream\n",
	      to);
}

static void print_losses(const struct report *report, FILE *to)
{
	const struct merge *merge = &report->merge;
	const struct strays *strays = &report->follow.strays;
	bool any = false;

	for (size_t i = 0; i < merge->inputs_count; i++)
		any = any || merge->inputs[i].stream.loss.windows;
	if (any)
		fputs("\nWhat is not in the trace, by stream:\n", to);
	for (size_t i = 0; i < merge->inputs_count; i++)
		print_loss(report, &merge->inputs[i].stream, to);
	if (merge->unwritten)
		fprintf(to,
			"Nothing was written of %" PRIu64
			" stream%s: recording was not stopped in order\n",
			merge->unwritten, text_s(merge->unwritten));
	if (strays->discarded)
		fprintf(to,
			"%" PRIu64 " call%s finished whose begin may be "
			"among what was lost\n",
			strays->discarded, text_s(strays->discarded));
	if (strays->before)
		fprintf(to,
			"%" PRIu64 " call%s finished that began before the "
			"trace did\n",
			strays->before, text_s(strays->before));
}

void report_text(const struct report *report, FILE *to)
{
	uint64_t unknown = 0;

	print_head(report, to);
	if (!report->shown.operations_count)
		fputs("No asynchronous calls are in it\n", to);
	summary_print(&report->shown, to);
	for (size_t i = 0; i < report->follow.summary.operations_count; i++)
		unknown += report->follow.summary.operations[i].unknown;
	if (unknown)
		fprintf(to,
			"Unknown: %" PRIu64 " call%s, whose end may be among "
			"what was lost\n",
			unknown, text_s(unknown));
	report_text_served(report, to);
	print_slowest(report, to);
	print_cancels(report, to);
	print_losses(report, to);
}
