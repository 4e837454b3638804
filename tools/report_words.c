/* SPDX-License-Identifier: MIT */
/*
 * report_words.c - the words that both forms of a report use
 */
#include <inttypes.h>
#include <string.h>

#include <belay/rules.h>

#include "report_print.h"

void report_range(const struct report *report, int64_t *ret_first,
		  int64_t *ret_last)
{
	const struct follow *follow = &report->follow;
	bool found = false;

	*ret_first = 0;
	*ret_last = 0;
	for (uint32_t i = 0; i < follow->scopes_count; i++) {
		const struct scope *scope = &follow->scopes[i];

		if (!scope->timed)
			continue;
		if (!found || scope->first < *ret_first)
			*ret_first = scope->first;
		if (!found || scope->last > *ret_last)
			*ret_last = scope->last;
		found = true;
	}
}

void report_site(const struct report *report, const struct report_call *call,
		 char *text, size_t size)
{
	struct place place;

	processes_place(&report->follow.processes, call->process, call->site,
			&place);
	place_describe(&place, text, size);
}

void report_method(const struct report *report, const struct report_call *call,
		   char *text, size_t size)
{
	struct place place;

	processes_place(&report->follow.processes, call->server - 1,
			call->server_site, &place);
	place_describe_method(&place, text, size);
}

char *report_status(const struct report *report, uint16_t operation,
		    int64_t status, char text[32])
{
	const struct summary_operation *known =
		&report->follow.summary.operations[operation];
	const char *name = NULL;

	text[0] = '\0';
	if (status == 0)
		return text;
	if (known->status_kind == BELAY_STATUS_HRESULT) {
		name = belay_hresult_name((int32_t)status);
		if (!name)
			(void)snprintf(text, 32, "0x%08" PRIX32,
				       (uint32_t)status);
	}
	if (known->status_kind == BELAY_STATUS_ERRNO)
		name = strerrorname_np((int)status);
	if (name)
		(void)snprintf(text, 32, "%s", name);
	else if (known->status_kind != BELAY_STATUS_HRESULT)
		(void)snprintf(text, 32, "%" PRId64, status);
	return text;
}

const char *report_outcome(unsigned int outcome)
{
	static const char *const words[] = {
#define WORD(name, word, sentence) word,
		BELAY_ENDINGS(WORD)
#undef WORD
	};

	return outcome < sizeof(words) / sizeof(words[0]) ? words[outcome]
							  : "?";
}

const char *report_cancel_end(const struct first_cancel *cancel)
{
	switch ((enum cancel_end)cancel->end) {
	case CANCEL_END_FINISHED:
		return report_outcome(cancel->outcome);
	case CANCEL_END_IN_FLIGHT:
		return "in-flight";
	case CANCEL_END_UNKNOWN:
		return "unknown";
	default:
		return "begin-not-seen";
	}
}

const char *report_operation(const struct report *report, uint16_t operation)
{
	return operation == CANCELS_OPERATION_UNKNOWN
		       ? "?"
		       : report->follow.summary.operations[operation].name;
}

const char *report_note(const struct report *report, uint16_t operation)
{
	return report->follow.operations.notes[operation];
}
