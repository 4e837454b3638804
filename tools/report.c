/* SPDX-License-Identifier: MIT */
/*
 * report.c - `belay report`: what a recorded trace tells of a run's calls
 *
 * The `belay` command loads this module when it is asked for a report: nobody
 * else pays for libbabeltrace2. Whatever is wrong with a trace, what could be
 * read of it is printed; the exit status then says that it is not all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "report_print.h"
#include "report_read.h"
#include "report_rules.h"
#include "say.h"

__attribute__((visibility("default"))) int report_main(int argc, char **argv);

struct settings {
	bool json;
};

static const struct option_spec specs[] = {
	{256, "json", NULL, "Print everything as one JSON object"},
	{0},
};

static bool take(void *settings, int id, const char *value)
{
	(void)id;
	(void)value;
	((struct settings *)settings)->json = true;
	return true;
}

static const struct option_set set = {
	.name = "report",
	.operands = "DIR",
	.about = "Sums up the asynchronous calls of a trace that `belay trace` "
		 "recorded: the same\nsummary as at the end of the run, the "
		 "slowest calls, what rules did, who cancelled\nwhat, where "
		 "calls began that never finished, and what was lost. DIR is "
		 "the\ntrace's folder or any folder above it; all traces below "
		 "it are read together.",
	.specs = specs,
	.notes = "A call that may have ended among events that were lost is "
		 "unknown: neither\nfinished nor in flight.\n\n"
		 "The exit status is 0; 1 if the trace cannot be read to its "
		 "end or contradicts\nitself, and what could be read is "
		 "printed all the same; 2 for wrong usage.",
	.take = take,
};

/* Operations that the program only made known are no news. */
static void pick_used(struct report *report)
{
	const struct summary *all = &report->follow.summary;
	const struct summary_operation *operation;

	report->shown = *all;
	report->shown.operations_count = 0;
	report->shown.operations = calloc(all->operations_count + 1,
					  sizeof(*report->shown.operations));
	if (!report->shown.operations)
		abort();
	for (size_t i = 0; i < all->operations_count; i++) {
		operation = &all->operations[i];
		if (operation->counters.calls || operation->counters.pending)
			report->shown
				.operations[report->shown.operations_count++] =
				*operation;
	}
}

static void count_lost(struct report *report)
{
	const struct stream *stream;

	for (size_t i = 0; i < report->merge.inputs_count; i++) {
		stream = &report->merge.inputs[i].stream;
		if (stream->may_hold_calls)
			report->follow.summary.events_discarded +=
				stream->loss.events;
	}
}

/* What the trace says that cannot be, now that all of it has been seen. */
static void judge(struct report *report)
{
	const struct follow *follow = &report->follow;
	const struct strays *strays = &follow->strays;

	if (follow->events == 0 && report->faults.count == 0)
		faults_add(&report->faults,
			   "Trace is empty: path=\"%s\", error=\"it has no "
			   "events\"",
			   report->path);
	else if (follow->events && follow->belay_events == 0)
		faults_add(
			&report->faults,
			"Trace is not of Belay: path=\"%s\", error=\"none of "
			"its %" PRIu64 " events is of the provider belay; "
			"record one with `belay trace`\"",
			report->path, follow->events);
	if (strays->impossible)
		faults_add(&report->faults,
			   "Trace is malformed: path=\"%s\", error=\"%" PRIu64
			   " calls end that never began, and no events were "
			   "lost there\", first_id=%" PRIu64 ", time=%.9f",
			   report->path, strays->impossible, strays->first.id,
			   strays->first.time == INT64_MIN
				   ? 0.0
				   : (double)strays->first.time / 1e9);
}

static void print(struct report *report, bool json)
{
	if (report->follow.belay_events == 0)
		return;
	if (json)
		report_json(report, stdout);
	else
		report_text(report, stdout);
	if (fflush(stdout) != 0 || ferror(stdout))
		faults_add(&report->faults,
			   "Cannot write the report: error=\"%s\"",
			   strerror(errno));
}

static int report_trace(const char *path, bool json)
{
	struct report report = {.path = path};
	struct folders folders;
	int status;

	follow_init(&report.follow);
	find_traces(path, &report.faults, &folders);
	if (folders.count) {
		read_traces(&folders, &report.follow, &report.faults,
			    &report.merge);
		follow_end(&report.follow);
		rules_find_files(&report.follow, &folders);
		count_lost(&report);
		judge(&report);
		pick_used(&report);
		print(&report, json);
		merge_deinit(&report.merge);
	}
	status = report.faults.count ? SAY_FAILED : SAY_OK;
	free(report.shown.operations);
	folders_deinit(&folders);
	follow_deinit(&report.follow);
	faults_deinit(&report.faults);
	return status;
}

int report_main(int argc, char **argv)
{
	struct settings settings = {0};
	int at = options_parse(&set, argc, argv, &settings);

	if (at == OPTIONS_HELPED)
		return SAY_OK;
	if (at == OPTIONS_WRONG)
		return SAY_WRONG;
	if (at == argc) {
		say("Which trace? Give the folder that `belay trace -o` wrote");
		return SAY_WRONG;
	}
	if (argc - at > 1) {
		say("One trace at a time: \"%s\" is too much; a folder above "
		    "both is read as a whole",
		    argv[at + 1]);
		return SAY_WRONG;
	}
	return report_trace(argv[at], settings.json);
}
