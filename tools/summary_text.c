/* SPDX-License-Identifier: MIT */
/*
 * summary_text.c - a summary as people read it: a table and a few sentences
 */
#include "summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define COLUMNS 12
#define UNFINISHED_SHOWN 10
#define CELL (BELAY_FULL_NAME_MAX + 4)

/* One row; the first is the heading. The first column is on the left. */
struct row {
	char cells[COLUMNS][CELL];
};

static const struct row heading = {{
	"operation",
	"calls",
	"refused",
	"cancelled",
	"failed",
	"in flight",
	"p50",
	"p90",
	"p99",
	"max",
	"bytes",
	"unknown",
}};

static void put_number(char cell[CELL], uint64_t number)
{
	(void)snprintf(cell, CELL, "%" PRIu64, number);
}

static void put_latency(struct row *row, const struct belay_counters *counters)
{
	static const double percents[] = {50, 90, 99};

	if (counters->finished == counters->uncollected) {
		for (size_t i = 6; i < 10; i++)
			strcpy(row->cells[i], "-");
		return;
	}
	for (size_t i = 0; i < 3; i++)
		(void)text_duration(summary_percentile(counters, percents[i]),
				    row->cells[6 + i]);
	(void)text_duration(counters->latency_max, row->cells[9]);
}

static void fill(struct row *row, const struct summary_operation *operation)
{
	const struct belay_counters *c = &operation->counters;

	(void)text_safe(operation->name, sizeof(operation->name), row->cells[0],
			CELL);
	put_number(row->cells[1], c->calls);
	put_number(row->cells[2], c->refused + c->pending);
	put_number(row->cells[3], c->canceled);
	put_number(row->cells[4], c->failed);
	put_number(row->cells[5], operation->in_flight);
	put_latency(row, c);
	(void)text_bytes(c->bytes, row->cells[10]);
	put_number(row->cells[11], operation->unknown);
}

static void print_row(const struct row *row, const int widths[COLUMNS],
		      size_t columns, FILE *to)
{
	fprintf(to, "%-*s", widths[0], row->cells[0]);
	for (size_t i = 1; i < columns; i++)
		fprintf(to, "  %*s", widths[i], row->cells[i]);
	fputc('\n', to);
}

static int by_name(const void *a, const void *b)
{
	const struct summary_operation *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static void print_table(const struct summary *summary, FILE *to)
{
	size_t count = summary->operations_count, columns = COLUMNS - 1;
	const struct summary_operation **order = calloc(count, sizeof(*order));
	struct row *rows = calloc(count + 1, sizeof(*rows));
	int widths[COLUMNS] = {0};

	if (!rows || !order)
		abort();
	for (size_t i = 0; i < count; i++)
		order[i] = &summary->operations[i];
	qsort(order, count, sizeof(*order), by_name);
	rows[0] = heading;
	for (size_t i = 0; i < count; i++) {
		fill(&rows[i + 1], order[i]);
		if (order[i]->unknown)
			columns = COLUMNS;
	}
	for (size_t i = 0; i <= count; i++)
		for (size_t j = 0; j < COLUMNS; j++)
			if ((int)strlen(rows[i].cells[j]) > widths[j])
				widths[j] = (int)strlen(rows[i].cells[j]);
	for (size_t i = 0; i <= count; i++)
		print_row(&rows[i], widths, columns, to);
	free(order);
	free(rows);
}

static int by_count(const void *a, const void *b)
{
	const struct summary_unfinished *const *left = a, *const *right = b;

	return ((*left)->count < (*right)->count) -
	       ((*left)->count > (*right)->count);
}

static void print_one_unfinished(const struct summary_unfinished *unfinished,
				 FILE *to)
{
	char place[320], age[TEXT_NUMBER], name[BELAY_FULL_NAME_MAX];

	place_describe(&unfinished->place, place, sizeof(place));
	fprintf(to,
		"  %s: %" PRIu64 " begun at %s, %s%s ago in process %" PRIu32
		", %s\n",
		text_safe(unfinished->operation, sizeof(unfinished->operation),
			  name, sizeof(name)),
		unfinished->count, place,
		unfinished->count > 1 ? "the oldest " : "",
		text_duration(unfinished->oldest_ns, age), unfinished->pid,
		belay_state_name(unfinished->state));
}

static void print_unfinished(const struct summary *summary, FILE *to)
{
	size_t count = summary->unfinished_count;
	const struct summary_unfinished **order = calloc(count, sizeof(*order));

	if (!order)
		abort();
	for (size_t i = 0; i < count; i++)
		order[i] = &summary->unfinished[i];
	qsort(order, count, sizeof(*order), by_count);
	fputs("Never finished:\n", to);
	for (size_t i = 0; i < count && i < UNFINISHED_SHOWN; i++)
		print_one_unfinished(order[i], to);
	if (count > UNFINISHED_SHOWN)
		fprintf(to, "  ... and at %zu more places\n",
			count - UNFINISHED_SHOWN);
	free(order);
}

static void print_details(const struct summary *summary, FILE *to)
{
	for (size_t i = 0; i < summary->operations_count; i++) {
		const struct summary_operation *o = &summary->operations[i];
		char name[BELAY_FULL_NAME_MAX];

		(void)text_safe(o->name, sizeof(o->name), name, sizeof(name));
		if (o->counters.cancels)
			fprintf(to, "%s: cancels asked for: %" PRIu64 "\n",
				name, o->counters.cancels);
		if (o->counters.pending)
			fprintf(to,
				"%s: %" PRIu64 " call%s refused because one "
				"was in progress\n",
				name, o->counters.pending,
				text_s(o->counters.pending));
		if (o->counters.uncollected)
			fprintf(to,
				"%s: %" PRIu64 " completed and never "
				"collected\n",
				name, o->counters.uncollected);
	}
}

static void print_lost(const struct summary *summary, FILE *to)
{
	static const char *const sentences[] = {
#define SENTENCE(name, word, sentence) [BELAY_LOST_##name] = (sentence),
		BELAY_LOSSES(SENTENCE)
#undef SENTENCE
	};

	for (size_t i = 0; i < BELAY_LOSS_KINDS; i++)
		if (summary->lost[i])
			fprintf(to, "Not recorded: %" PRIu64 " time%s %s%s\n",
				summary->lost[i], text_s(summary->lost[i]),
				sentences[i],
				i == BELAY_LOST_CALLS ? " (--calls=N makes it "
							"larger)"
						      : "");
	if (summary->events_discarded)
		fprintf(to,
			"Not traced: %" PRIu64 " event%s that LTTng "
			"discarded (--lossless keeps all)\n",
			summary->events_discarded,
			text_s(summary->events_discarded));
}

void summary_print(const struct summary *summary, FILE *to)
{
	if (summary->operations_count)
		print_table(summary, to);
	print_details(summary, to);
	if (summary->unfinished_count)
		print_unfinished(summary, to);
	summary_print_rules(summary, to);
	print_lost(summary, to);
	if (summary->cost_ns)
		fprintf(to,
			"Recording costs about %" PRIu64
			" ns a call; latencies "
			"near that are mostly Belay's own.\n",
			summary->cost_ns);
}
