/* SPDX-License-Identifier: MIT */
/*
 * tracing.h - the tracing module, as `belay trace` uses it
 */
#ifndef BELAY_TOOLS_TRACING_H
#define BELAY_TOOLS_TRACING_H

#include <stdbool.h>
#include <stdint.h>

#include "variables.h"
#include "watch.h"

struct tracing;

/* tracing_open() - Return: 0, or the exit status, and it has been said why. */
int tracing_open(const struct watch *watch, const char *program,
		 struct tracing **ret_tracing);

/* tracing_environment() - adds what the traced program needs */
void tracing_environment(const struct tracing *tracing,
			 struct variables *variables);

/* tracing_output() - the folder that the trace is written to */
const char *tracing_output(const struct tracing *tracing);

/* tracing_look() - Return: false: it cannot go on, and has ended; see trace.h */
bool tracing_look(struct tracing *tracing);

/*
 * tracing_close() - ends the trace
 *
 * Return: how many events were discarded.
 */
uint64_t tracing_close(struct tracing *tracing);

/* tracing_free() - frees it; tell: says where the trace is */
void tracing_free(struct tracing *tracing, bool tell);

#endif
