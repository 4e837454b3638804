/* SPDX-License-Identifier: MIT */
/*
 * report_servers.c - what servers did, for people and for programs
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report_print.h"
#include "text.h"

/* --- As text ------------------------------------------------------------- */

#define COLUMNS 9

/* Which time of which counters a column shows; percent 0: the longest. */
static const struct column {
	const char *heading;
	enum { CLIENT, QUEUE, WORK } of;
	double percent;
} columns[COLUMNS] = {
	{"client p50", CLIENT, 50}, {"client p99", CLIENT, 99},
	{"client max", CLIENT, 0},  {"queue p50", QUEUE, 50},
	{"queue p99", QUEUE, 99},   {"queue max", QUEUE, 0},
	{"work p50", WORK, 50},     {"work p99", WORK, 99},
	{"work max", WORK, 0},
};

static void put_time(const struct belay_counters *counters,
		     const struct column *column, char text[TEXT_NUMBER])
{
	if (counters->finished == counters->uncollected)
		strcpy(text, "-");
	else
		(void)text_duration(
			column->percent > 0
				? summary_percentile(counters, column->percent)
				: counters->latency_max,
			text);
}

static void print_row(const struct report *report, size_t index, int width,
		      FILE *to)
{
	const struct summary_operation *operation =
		&report->follow.summary.operations[index];
	const struct served_operation *served =
		served_of(&report->follow.served, index);
	const struct belay_counters *const counters[] = {
		[CLIENT] = &operation->counters,
		[QUEUE] = &served->queue,
		[WORK] = &served->work,
	};
	char name[sizeof(operation->name)], text[TEXT_NUMBER];

	fprintf(to, "%-*s  %6" PRIu64, width,
		text_safe(operation->name, sizeof(operation->name), name,
			  sizeof(name)),
		served->entered);
	for (size_t i = 0; i < COLUMNS; i++) {
		put_time(counters[columns[i].of], &columns[i], text);
		fprintf(to, "  %*s", (int)strlen(columns[i].heading), text);
	}
	fputc('\n', to);
}

static void print_number(const char *name, uint64_t number, const char *what,
			 FILE *to)
{
	if (number)
		fprintf(to, "%s: %" PRIu64 " %s\n", name, number, what);
}

static void print_numbers(const struct report *report, size_t index, FILE *to)
{
	const struct summary_operation *operation =
		&report->follow.summary.operations[index];
	const struct served_operation *served =
		served_of(&report->follow.served, index);
	char name[sizeof(operation->name)];

	(void)text_safe(operation->name, sizeof(operation->name), name,
			sizeof(name));
	print_number(name, served->given_up,
		     "served to the end although the client had given up", to);
	print_number(name, served->unended, "being served at the end", to);
	print_number(name, served->unmatched,
		     "served whose client was not in flight in the trace", to);
}

void report_text_served(const struct report *report, FILE *to)
{
	size_t count = report->follow.summary.operations_count;
	const struct served *served = &report->follow.served;
	int width = 9;
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		int length =
			(int)strlen(report->follow.summary.operations[i].name);

		if (!served_of(served, i))
			continue;
		any = true;
		width = length > width ? length : width;
	}
	if (!any)
		return;
	fprintf(to,
		"\nServed calls: the client's time, the server's queue and its "
		"work\n%-*s  served",
		width, "operation");
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(to, "  %s", columns[i].heading);
	fputc('\n', to);
	for (size_t i = 0; i < count; i++)
		if (served_of(served, i))
			print_row(report, i, width, to);
	for (size_t i = 0; i < count; i++)
		if (served_of(served, i))
			print_numbers(report, i, to);
}

/* --- As JSON ------------------------------------------------------------- */

static void write_times(struct json *json, const char *name,
			const struct belay_counters *counters)
{
	json_object(json, name);
	json_number(json, "count", counters->finished);
	json_number(json, "p50", summary_percentile(counters, 50));
	json_number(json, "p90", summary_percentile(counters, 90));
	json_number(json, "p99", summary_percentile(counters, 99));
	json_number(json, "max", counters->latency_max);
	json_number(json, "mean",
		    counters->finished
			    ? counters->latency_sum / counters->finished
			    : 0);
	json_object_end(json);
}

void report_json_served(const struct report *report, struct json *json)
{
	const struct summary *summary = &report->follow.summary;
	const struct served_operation *served;

	json_array(json, "served");
	for (size_t i = 0; i < summary->operations_count; i++) {
		served = served_of(&report->follow.served, i);
		if (!served)
			continue;
		json_object(json, NULL);
		json_text(json, "operation", summary->operations[i].name);
		json_number(json, "calls", served->entered);
		json_number(json, "given_up", served->given_up);
		json_number(json, "in_service", served->unended);
		json_number(json, "unmatched", served->unmatched);
		write_times(json, "queue_ns", &served->queue);
		write_times(json, "work_ns", &served->work);
		json_object_end(json);
	}
	json_array_end(json);
}

void report_json_server(const struct report *report,
			const struct report_call *call, struct json *json)
{
	char method[320];

	if (!call->server)
		return;
	report_method(report, call, method, sizeof(method));
	json_object(json, "server");
	json_number(json, "pid",
		    report->follow.processes.list[call->server - 1].pid);
	json_number(json, "thread", call->server_thread);
	json_text(json, "place", method);
	if (call->queue_ns >= 0)
		json_signed(json, "queue_ns", call->queue_ns);
	if (call->work_ns >= 0)
		json_signed(json, "work_ns", call->work_ns);
	json_object_end(json);
}
