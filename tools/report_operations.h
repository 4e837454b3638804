/* SPDX-License-Identifier: MIT */
/*
 * report_operations.h - the operations of a trace, by name
 */
#ifndef BELAY_TOOLS_REPORT_OPERATIONS_H
#define BELAY_TOOLS_REPORT_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "report_event.h"
#include "summary.h"

struct operations {
	struct summary *summary; /* its operations have the same indexes */
	char **notes; /* "fd:fd size:size"; NULL: no such event was seen */
	size_t count;
	uint16_t latest; /* the one looked up last */
};

/* operations_find() - the index of an operation, which is added if new */
uint16_t operations_find(struct operations *operations, struct event_text name);

/* operations_note() - takes an `operation` event */
void operations_note(struct operations *operations, const struct event *event);

void operations_deinit(struct operations *operations);

#endif
