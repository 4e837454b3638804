/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what was seen of a run, wherever it was read from
 *
 * `belay run` fills it from the session's summary file and the tables that
 * dead processes left, `belay report` from a trace. One printer serves both.
 */
#ifndef BELAY_TOOLS_SUMMARY_H
#define BELAY_TOOLS_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <belay/table.h>

#include "place.h"

struct summary_operation {
	char name[52]; /* "aio.read" */
	enum belay_status_kind status_kind;
	struct belay_counters counters;
	uint64_t in_flight; /* at the end, never finished */
	uint64_t unknown;   /* may have ended in a discarded window */
};

struct summary_unfinished {
	char operation[52];
	struct place place;
	uint64_t count;
	uint64_t oldest_ns;
	enum belay_state state; /* of the oldest one */
	uint32_t pid;           /* of the oldest one */
};

struct summary {
	struct summary_operation *operations;
	size_t operations_count;
	struct summary_unfinished *unfinished;
	size_t unfinished_count;
	uint64_t processes;
	uint64_t cost_ns; /* of recording one call; 0: not known */
	uint64_t lost[BELAY_LOSS_KINDS];
	uint64_t events_discarded; /* by LTTng; 0 without a trace */
};

/* summary_operation() - finds the operation, or adds it with zero counters */
struct summary_operation *summary_operation(struct summary *summary,
					    const char *name);

/* summary_counters_add() - adds one set of counters to another */
void summary_counters_add(struct belay_counters *sum,
			  const struct belay_counters *more);

/* summary_unfinished_add() - adds `count` calls, merged by operation and place */
void summary_unfinished_add(struct summary *summary,
			    const struct summary_unfinished *more);

/* summary_percentile() - duration in ns below which `percent` of them lie */
uint64_t summary_percentile(const struct belay_counters *counters,
			    double percent);

/* summary_print() - as people read it; summary_json() - as programs do */
void summary_print(const struct summary *summary, FILE *to);
void summary_json(const struct summary *summary, FILE *to);

struct json;

/* summary_json_members() - the same, inside of a JSON object of the caller's */
void summary_json_members(const struct summary *summary, struct json *json);

void summary_deinit(struct summary *summary);

#endif
