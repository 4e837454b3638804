/* SPDX-License-Identifier: MIT */
/*
 * report_served.h - the server's side of calls, and how it fits the client's
 *
 * A call's time has three parts: on its way and in the queue (from the client's
 * begin to the server's enter), at work (from enter to exit), and on its way
 * back. A server may go on with a call whose client has given it up.
 */
#ifndef BELAY_TOOLS_REPORT_SERVED_H
#define BELAY_TOOLS_REPORT_SERVED_H

#include <stddef.h>
#include <stdint.h>

#include "report_calls.h"
#include "report_event.h"
#include "summary.h"

/*
 * struct served_operation - what servers did for the calls of an operation
 *
 * queue, work: `finished` and the latencies are those of the times; the rest
 *              is nothing
 * unmatched:   whose begin is not in the trace, or was cancelled before
 * given_up:    whose client had ended them before they were served
 * unended:     that servers were at work on at the end
 */
struct served_operation {
	struct belay_counters queue;
	struct belay_counters work;
	uint64_t entered;
	uint64_t unmatched;
	uint64_t given_up;
	uint64_t unended;
};

/*
 * struct served - starts with served_init()
 *
 * calls: those that servers are at work on; begun there, and `cancels` set
 *        where the client has ended it as cancelled
 */
struct served {
	struct calls calls;
	struct served_operation *operations; /* as the summary's */
	size_t operations_count;
};

void served_init(struct served *served);

/*
 * served_enter() - takes a `server_enter` event
 *
 * call:      the client's, or NULL where it is not in flight
 * operation: the event's
 * process:   of the server
 */
void served_enter(struct served *served, const struct event *event,
		  struct report_call *call, uint16_t operation,
		  uint32_t process);

/*
 * served_exit() - takes a `server_exit` event
 *
 * call: the client's, or what is kept of it, or NULL
 */
void served_exit(struct served *served, const struct event *event,
		 struct report_call *call);

/* served_finish() - a client's call that is served ends */
void served_finish(struct served *served, const struct event *event);

/* served_end() - the trace is over */
void served_end(struct served *served);

/* served_of() - what servers did for an operation, or NULL for nothing */
const struct served_operation *served_of(const struct served *served,
					 size_t operation);

void served_deinit(struct served *served);

#endif
