/* SPDX-License-Identifier: MIT */
/*
 * report_operations.c - the operations of a trace, by name
 */
#include "report_operations.h"

#include <stdlib.h>
#include <string.h>

/* A trace with more kinds of operation than this is none of ours. */
#define OPERATIONS_MAX 1024
#define OPERATIONS_MORE "(more)"

static bool is_named(const struct summary_operation *operation,
		     struct event_text name)
{
	return strncmp(operation->name, name.at, name.length) == 0 &&
	       operation->name[name.length] == '\0';
}

static uint16_t add(struct operations *operations, struct event_text name)
{
	struct summary *summary = operations->summary;
	char text[sizeof(summary->operations->name)] = OPERATIONS_MORE;
	const struct summary_operation *operation;

	if (summary->operations_count < OPERATIONS_MAX) {
		memcpy(text, name.at, name.length);
		text[name.length] = '\0';
	}
	operation = summary_operation(summary, text);
	if (summary->operations_count > operations->count) {
		operations->notes =
			realloc(operations->notes,
				summary->operations_count * sizeof(char *));
		if (!operations->notes)
			abort();
		operations->notes[operations->count++] = NULL;
	}
	return (uint16_t)(operation - summary->operations);
}

uint16_t operations_find(struct operations *operations, struct event_text name)
{
	const struct summary *summary = operations->summary;
	size_t most = sizeof(summary->operations->name) - 1;

	if (name.length > most)
		name.length = most;
	/* Calls repeat the latest one. */
	if (operations->latest < summary->operations_count &&
	    is_named(&summary->operations[operations->latest], name))
		return operations->latest;
	for (size_t i = 0; i < summary->operations_count; i++)
		if (is_named(&summary->operations[i], name)) {
			operations->latest = (uint16_t)i;
			return operations->latest;
		}
	return add(operations, name);
}

void operations_note(struct operations *operations, const struct event *event)
{
	uint16_t index = operations_find(operations, event->operation);

	if (event->status_kind != EVENT_STRANGE)
		operations->summary->operations[index].status_kind =
			(enum belay_status_kind)event->status_kind;
	free(operations->notes[index]);
	operations->notes[index] =
		strndup(event->arguments.at, event->arguments.length);
	if (!operations->notes[index])
		abort();
}

void operations_deinit(struct operations *operations)
{
	for (size_t i = 0; i < operations->count; i++)
		free(operations->notes[i]);
	free(operations->notes);
}
