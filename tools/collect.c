/* SPDX-License-Identifier: MIT */
/*
 * collect.c - adds up what the processes of a session left
 *
 * Those that ended well are in the summary file. Those that died, or still
 * run, have their tables.
 */
#include "collect.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "tables.h"

struct collecting {
	struct summary *summary;
	struct collected *found;
	uint64_t cost_ns_sum;
	uint64_t in_flight; /* of the table at hand */
};

static void add_counters(struct summary *summary, const char *name,
			 unsigned int status_kind,
			 const struct belay_counters *counters)
{
	struct summary_operation *operation = summary_operation(summary, name);
	uint64_t over = counters->refused + counters->finished;

	operation->status_kind = status_kind;
	summary_counters_add(&operation->counters, counters);
	/* A live table is not read at one moment: never below none. */
	if (counters->calls > over)
		operation->in_flight += counters->calls - over;
}

static void add_losses(struct summary *summary, const uint64_t *lost)
{
	for (size_t i = 0; i < BELAY_LOSS_KINDS; i++)
		summary->lost[i] += lost[i];
}

static bool add_slot(struct table *table, const struct belay_slot *slot,
		     void *data)
{
	struct collecting *collecting = data;
	struct summary_unfinished unfinished = {
		.count = 1,
		.oldest_ns = table_age_ns(table, slot->call.begun),
		.state = belay_word_state(slot->call.word),
		.pid = table->head.pid,
	};

	/* The client's side of it is a call of its own. */
	if (slot->call.number & BELAY_SLOT_SERVED)
		return true;
	table_operation_name(table_operation(table, slot->call.number),
			     unfinished.operation);
	table_place(table, slot->site, &unfinished.place);
	summary_unfinished_add(collecting->summary, &unfinished);
	collecting->in_flight++;
	return true;
}

static void add_table(struct collecting *collecting, struct table *table)
{
	struct belay_counters *counters =
		calloc(BELAY_OPERATIONS_MAX, sizeof(*counters));

	if (!counters)
		return;
	table_counters(table, counters);
	for (unsigned int i = 1; i < BELAY_OPERATIONS_MAX; i++) {
		char name[BELAY_FULL_NAME_MAX];

		if (!counters[i].calls && !counters[i].pending)
			continue;
		table_operation_name(&table->operations[i], name);
		add_counters(collecting->summary, name,
			     table->operations[i].status_kind, &counters[i]);
	}
	free(counters);
	add_losses(collecting->summary, table->head.lost);
	collecting->summary->processes++;
	collecting->cost_ns_sum += table->head.cost_ns;
	collecting->in_flight = 0;
	table_each(table, add_slot, collecting);
}

static void add_file(const struct session *session, const char *name,
		     void *data)
{
	struct collecting *collecting = data;
	struct collected *found = collecting->found;
	const char *why;
	struct table *table = table_open(session->folder, name, &why);

	if (!table) {
		if (why)
			say("Cannot read a call table: path=\"%s/%s\", "
			    "error=\"%s\"",
			    session->path, name, why);
		return;
	}
	if (table->head.state == BELAY_TABLE_LIVE) {
		add_table(collecting, table);
		if (table->live) {
			found->running++;
			found->running_pid = table->head.pid;
		} else if (collecting->in_flight) {
			found->killed++;
			found->killed_pid = table->head.pid;
		}
	}
	table_close(table);
}

static void add_unfinished(struct summary *summary,
			   const struct belay_summary_unfinished *from)
{
	struct summary_unfinished to = {
		.count = from->count,
		.oldest_ns = from->oldest_ns,
		.state = from->state,
		.pid = from->pid,
		.place = {.address = from->address,
			  .build_id_size = from->build_id_size},
	};

	strcpy(to.operation, from->operation);
	strcpy(to.place.path, from->path);
	memcpy(to.place.build_id, from->build_id, sizeof(to.place.build_id));
	summary_unfinished_add(summary, &to);
}

static void add_summary(struct collecting *collecting,
			const struct belay_summary *from)
{
	struct summary *summary = collecting->summary;

	for (size_t i = 0; i < BELAY_SUMMARY_OPERATIONS; i++) {
		const struct belay_summary_operation *o = &from->operations[i];
		char name[BELAY_FULL_NAME_MAX];

		if (!o->ready)
			continue;
		(void)snprintf(name, sizeof(name), "%s.%s", o->api, o->name);
		add_counters(summary, name, o->status_kind, &o->counters);
	}
	for (size_t i = 0; i < from->unfinished_used; i++)
		if (from->unfinished[i].ready)
			add_unfinished(summary, &from->unfinished[i]);
	add_losses(summary, from->lost);
	summary->processes += from->processes;
	collecting->cost_ns_sum += from->cost_ns_sum;
}

void collect_session(const struct session *session, struct summary *summary,
		     struct collected *ret_collected)
{
	struct collecting collecting = {.summary = summary,
					.found = ret_collected};
	struct belay_summary *file = table_summary(session->folder);

	*ret_collected = (struct collected){0};
	if (file)
		add_summary(&collecting, file);
	free(file);
	session_files(session, add_file, &collecting);
	if (summary->processes)
		summary->cost_ns = collecting.cost_ns_sum / summary->processes;
}
