/* SPDX-License-Identifier: MIT */
/*
 * report_follow.h - follows the calls of a trace from begin to finish
 *
 * Events of one trace come in the order of their time. What is lost is told
 * as *windows* of time: a call whose end may lie in one is unknown, neither
 * finished nor in flight, and a finish whose begin may lie in one is no error.
 */
#ifndef BELAY_TOOLS_REPORT_FOLLOW_H
#define BELAY_TOOLS_REPORT_FOLLOW_H

#include <stdbool.h>

#include "report_calls.h"
#include "report_cancels.h"
#include "report_event.h"
#include "report_left.h"
#include "report_operations.h"
#include "report_processes.h"
#include "report_served.h"
#include "report_slowest.h"
#include "summary.h"

/* struct scope - one trace: ids are unique, and losses count, within it */
struct scope {
	int64_t first; /* time of what was seen first */
	int64_t last;
	bool timed;         /* the two are set */
	bool lossy;         /* the next two are set */
	int64_t loss_begin; /* of the first window */
	int64_t loss_end;   /* of the latest to end */
	int64_t last_event;
	int64_t closed; /* when the first of its streams ended */
};

/* Finishes without a begin, by what explains it. */
struct strays {
	uint64_t discarded;  /* the begin may be among what was lost */
	uint64_t before;     /* it began before the trace did */
	uint64_t impossible; /* nothing explains it */
	struct event first;  /* impossible one; its texts are stale */
};

struct follow {
	struct summary summary;
	struct operations operations;
	struct processes processes;
	struct calls calls;
	struct cancels cancels;
	struct slowest slowest;
	struct served served;
	struct strays strays;
	struct scope *scopes; /* number 1 is the first */
	uint32_t scopes_count;
	struct left left;
	uint64_t events;
	uint64_t belay_events;
};

void follow_init(struct follow *follow);
void follow_deinit(struct follow *follow);

/* follow_scope() - one more trace; its number */
uint32_t follow_scope(struct follow *follow);

/* follow_time() - something of this time was seen in a trace */
static inline void follow_time(struct follow *follow, uint32_t scope,
			       int64_t time)
{
	struct scope *known = &follow->scopes[scope - 1];

	if (!known->timed || time < known->first)
		known->first = time;
	if (!known->timed || time > known->last)
		known->last = time;
	known->timed = true;
}

/* follow_event() - takes one of Belay's events */
void follow_event(struct follow *follow, const struct event *event);

/* follow_loss() - events between two times are not in the trace */
void follow_loss(struct follow *follow, uint32_t scope, int64_t begin,
		 int64_t end);

/*
 * follow_close() - one of the trace's streams ended here
 *
 * Events that others have later tell that there should be more of it.
 */
void follow_close(struct follow *follow, uint32_t scope, int64_t time);

/* follow_last_event() - when the latest of Belay's events was; or INT64_MIN */
int64_t follow_last_event(const struct follow *follow, uint32_t scope);

/* follow_end() - the trace is over: what is in flight now stays so */
void follow_end(struct follow *follow);

#endif
