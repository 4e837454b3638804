/* SPDX-License-Identifier: MIT */
/*
 * inflight.h - calls in flight, as lines of `belay ps`
 */
#ifndef BELAY_TOOLS_INFLIGHT_H
#define BELAY_TOOLS_INFLIGHT_H

#include <stddef.h>
#include <stdio.h>

#include "tables.h"

struct inflight_call;

/* struct inflight - starts as {0} */
struct inflight {
	struct inflight_call *calls;
	size_t count;
	size_t room;
};

/* inflight_add() - adds the calls in progress of a process */
void inflight_add(struct inflight *inflight, struct table *table);

/* inflight_print() - prints them, by process, the oldest first */
void inflight_print(struct inflight *inflight, FILE *to);

void inflight_deinit(struct inflight *inflight);

#endif
