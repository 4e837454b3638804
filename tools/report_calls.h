/* SPDX-License-Identifier: MIT */
/*
 * report_calls.h - the calls that are in flight at one moment of a trace
 *
 * Memory follows the calls in flight, never the calls seen.
 */
#ifndef BELAY_TOOLS_REPORT_CALLS_H
#define BELAY_TOOLS_REPORT_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include <belay/call.h>

/* struct report_call - a call in flight, as its begin event told */
struct report_call {
	uint64_t id;
	int64_t begun; /* ns; INT64_MIN without a clock */
	uint64_t site;
	uint64_t args[BELAY_ARGUMENTS_MAX];
	char *text;       /* NULL where it has none */
	int64_t queue_ns; /* from begin to the server's enter; -1: unknown */
	int64_t work_ns;  /* from there to its exit; -1: unknown */
	uint64_t server_site;
	uint32_t server_thread;
	uint32_t server;    /* its process's index plus 1; 0: not served */
	uint32_t scope;     /* the trace it came from; from 1 */
	uint32_t process;   /* index of its process */
	uint16_t operation; /* index in the summary */
	uint8_t args_count;
	uint8_t state;   /* enum belay_state, as far as seen */
	uint8_t cancels; /* at most 255 */
};

/* report_span() - from one time to another; both may be anything */
static inline int64_t report_span(int64_t from, int64_t to)
{
	return (int64_t)((uint64_t)to - (uint64_t)from);
}

struct calls {
	struct report_call *slots; /* scope 0: free */
	size_t size;
	size_t used;
};

void calls_init(struct calls *calls);
void calls_deinit(struct calls *calls);

/* calls_find() - the call, or NULL. Lent until the next add or remove. */
struct report_call *calls_find(const struct calls *calls, uint32_t scope,
			       uint64_t id);

/* calls_add() - adds a call that is not in; its text becomes the table's */
void calls_add(struct calls *calls, const struct report_call *call);

/* calls_remove() - takes out what calls_find() returned, and frees its text */
void calls_remove(struct calls *calls, struct report_call *call);

#endif
