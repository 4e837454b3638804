/* SPDX-License-Identifier: MIT */
/*
 * report_cancels.h - who cancelled what, what was answered, what came of it
 */
#ifndef BELAY_TOOLS_REPORT_CANCELS_H
#define BELAY_TOOLS_REPORT_CANCELS_H

#include <stddef.h>
#include <stdint.h>

#include "report_calls.h"
#include "report_event.h"

#define CANCELS_FIRST 10

/* One more than there are words: for values that we have no name for. */
#define CANCELS_PARTIES 4
#define CANCELS_ANSWERS 7

/* The operation of a cancel whose call was not seen to begin. */
#define CANCELS_OPERATION_UNKNOWN UINT16_MAX

/* What finally happened to a cancelled call. */
enum cancel_end {
	CANCEL_END_FINISHED, /* `outcome` says how */
	CANCEL_END_IN_FLIGHT,
	CANCEL_END_UNKNOWN,  /* it may have ended in lost events */
	CANCEL_END_NOT_SEEN, /* it was not seen to begin */
};

struct first_cancel {
	uint64_t id;
	uint32_t scope;
	uint16_t operation;
	uint8_t by;
	uint8_t answer;
	uint8_t end;     /* enum cancel_end */
	uint8_t outcome; /* enum belay_ending, once finished */
	int64_t status;
	int64_t time;
	int64_t age_ns;   /* of the call then; -1: not known */
	int64_t later_ns; /* from cancel to finish; -1: not known */
};

struct cancel_counts {
	uint64_t counts[CANCELS_PARTIES][CANCELS_ANSWERS];
};

struct cancels {
	struct cancel_counts *operations; /* as the summary's */
	size_t operations_count;
	struct cancel_counts strays; /* of calls not seen to begin */
	struct first_cancel first[CANCELS_FIRST];
	size_t first_count;
};

/* cancels_take() - counts a cancel; call: NULL if it was not seen to begin */
void cancels_take(struct cancels *cancels, const struct event *event,
		  const struct report_call *call);

/* cancels_finish() - a cancelled call has finished */
void cancels_finish(struct cancels *cancels, const struct report_call *call,
		    const struct event *event);

/* cancels_abandon() - a cancelled call's end was not seen */
void cancels_abandon(struct cancels *cancels, const struct report_call *call,
		     enum cancel_end end);

void cancels_deinit(struct cancels *cancels);

/* cancels_party(), cancels_answer() - the word for a number; "?" for others */
const char *cancels_party(size_t by);
const char *cancels_answer(size_t answer);

#endif
