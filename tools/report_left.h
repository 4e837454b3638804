/* SPDX-License-Identifier: MIT */
/*
 * report_left.h - calls that never ended, until their places are looked up
 */
#ifndef BELAY_TOOLS_REPORT_LEFT_H
#define BELAY_TOOLS_REPORT_LEFT_H

#include <stddef.h>
#include <stdint.h>

#include "report_calls.h"
#include "report_processes.h"
#include "summary.h"

struct left_call {
	uint64_t site;
	int64_t age_ns;
	uint32_t process;
	uint16_t operation;
	uint8_t state;
};

struct left {
	struct left_call *calls;
	size_t count;
};

/* left_add() - a call did not end, and is so old when the trace does */
void left_add(struct left *left, const struct report_call *call,
	      int64_t age_ns);

/* left_tell() - adds them to the summary, by operation and place */
void left_tell(struct left *left, const struct processes *processes,
	       struct summary *summary);

void left_deinit(struct left *left);

#endif
