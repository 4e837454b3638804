/* SPDX-License-Identifier: MIT */
/*
 * report_cancels.c - who cancelled what, what was answered, what came of it
 */
#include "report_cancels.h"

#include <stdlib.h>
#include <string.h>

static struct cancel_counts *counts_of(struct cancels *cancels,
				       size_t operation)
{
	size_t count = cancels->operations_count;

	if (operation >= count) {
		cancels->operations =
			realloc(cancels->operations,
				(operation + 1) * sizeof(*cancels->operations));
		if (!cancels->operations)
			abort();
		memset(&cancels->operations[count], 0,
		       (operation + 1 - count) * sizeof(*cancels->operations));
		cancels->operations_count = operation + 1;
	}
	return &cancels->operations[operation];
}

static size_t within(uint64_t value, size_t size)
{
	return value < size ? (size_t)value : size - 1;
}

static void note_first(struct cancels *cancels, const struct event *event,
		       const struct report_call *call)
{
	struct first_cancel *first;

	if (cancels->first_count == CANCELS_FIRST)
		return;
	first = &cancels->first[cancels->first_count++];
	*first = (struct first_cancel){
		.id = event->id,
		.scope = event->scope,
		.operation = call ? call->operation : CANCELS_OPERATION_UNKNOWN,
		.by = (uint8_t)within(event->by, CANCELS_PARTIES),
		.answer = (uint8_t)within(event->answer, CANCELS_ANSWERS),
		.status = event->status,
		.time = event->time,
		.age_ns = -1,
		.later_ns = -1,
		.end = call ? CANCEL_END_IN_FLIGHT : CANCEL_END_NOT_SEEN,
	};
	if (call && call->begun != INT64_MIN && event->time != INT64_MIN)
		first->age_ns = report_span(call->begun, event->time);
}

void cancels_take(struct cancels *cancels, const struct event *event,
		  const struct report_call *call)
{
	struct cancel_counts *counts =
		call ? counts_of(cancels, call->operation) : &cancels->strays;

	counts->counts[within(event->by, CANCELS_PARTIES)]
		      [within(event->answer, CANCELS_ANSWERS)]++;
	note_first(cancels, event, call);
}

/* A cancel among the first ones that still waits for what became of `call`. */
static struct first_cancel *
next_open(struct cancels *cancels, const struct report_call *call, size_t from)
{
	for (size_t i = from; i < cancels->first_count; i++)
		if (cancels->first[i].id == call->id &&
		    cancels->first[i].scope == call->scope &&
		    cancels->first[i].end == CANCEL_END_IN_FLIGHT)
			return &cancels->first[i];
	return NULL;
}

void cancels_finish(struct cancels *cancels, const struct report_call *call,
		    const struct event *event)
{
	struct first_cancel *first = next_open(cancels, call, 0);

	for (; first; first = next_open(cancels, call, 0)) {
		first->end = CANCEL_END_FINISHED;
		first->outcome = (uint8_t)event->outcome;
		if (first->time != INT64_MIN && event->time != INT64_MIN)
			first->later_ns = report_span(first->time, event->time);
	}
}

void cancels_abandon(struct cancels *cancels, const struct report_call *call,
		     enum cancel_end end)
{
	struct first_cancel *first = next_open(cancels, call, 0);

	for (; first; first = next_open(cancels, call,
					(size_t)(first - cancels->first) + 1))
		first->end = end;
}

void cancels_deinit(struct cancels *cancels)
{
	free(cancels->operations);
}

const char *cancels_party(size_t by)
{
	static const char *const words[] = {
#define WORD(name, word) word,
		BELAY_PARTIES(WORD)
#undef WORD
	};

	return by < sizeof(words) / sizeof(words[0]) ? words[by] : "?";
}

const char *cancels_answer(size_t answer)
{
	static const char *const words[] = {
#define WORD(name, word, sentence) word,
		BELAY_ANSWERS(WORD)
#undef WORD
	};

	return answer < sizeof(words) / sizeof(words[0]) ? words[answer] : "?";
}
