/* SPDX-License-Identifier: MIT */
/*
 * report_rules.c - what rules did, from the events of a trace
 */
#include "report_rules.h"

#include <stdlib.h>
#include <string.h>

#include "trace_rules.h"

#define NOT_CANCELED "not-canceled"

static uint32_t set_of(struct follow *follow, uint64_t seed, const char *text)
{
	struct summary_rules *set = summary_rules(&follow->summary, seed, text);

	return (uint32_t)(set - follow->summary.rules) + 1;
}

void rules_take_process(struct follow *follow, const struct event *event)
{
	uint32_t process = processes_current(&follow->processes, event->scope,
					     (uint32_t)event->pid);
	char *text;

	if (!event->rules.length)
		return;
	text = strndup(event->rules.at, event->rules.length);
	if (!text)
		abort();
	follow->processes.list[process].rules =
		set_of(follow, event->seed, text);
	free(text);
}

static void take_stuck(struct follow *follow, struct summary_rules *set,
		       const struct report_call *call, uint64_t rule)
{
	struct summary_stuck stuck = {
		.rule = (uint32_t)rule,
		.pid = follow->processes.list[call->process].pid,
	};

	processes_place(&follow->processes, call->process, call->site,
			&stuck.place);
	summary_rules_stuck(set, &stuck);
}

void rules_take_policy(struct follow *follow, const struct event *event,
		       uint32_t process, const struct report_call *call)
{
	uint32_t *rules = &follow->processes.list[process].rules;
	struct summary_rules *set;

	if (!*rules)
		*rules = set_of(follow, 0, "");
	set = &follow->summary.rules[*rules - 1];
	summary_rules_act(set, event->rule, event->action.at,
			  event->action.length);
	if (call && event->action.length == strlen(NOT_CANCELED) &&
	    memcmp(event->action.at, NOT_CANCELED, strlen(NOT_CANCELED)) == 0)
		take_stuck(follow, set, call, event->rule);
}

/* The text of an event may have been cut. */
static bool is_of(const struct summary_rules *set,
		  const struct trace_rules *file)
{
	return set->seed == file->seed && *set->text &&
	       strncmp(set->text, file->text, strlen(set->text)) == 0;
}

static void take_file(struct follow *follow, struct trace_rules *file)
{
	for (size_t i = 0; i < follow->summary.rules_count; i++) {
		struct summary_rules *set = &follow->summary.rules[i];

		if (set->again || !is_of(set, file))
			continue;
		summary_rules_whole(set, file->text);
		set->again = file->again;
		file->again = NULL;
		return;
	}
}

void rules_find_files(struct follow *follow, const struct folders *folders)
{
	struct trace_rules file;

	for (size_t i = 0; i < folders->rules_count; i++) {
		if (!trace_rules_read(folders->rules[i], &file))
			continue;
		take_file(follow, &file);
		trace_rules_deinit(&file);
	}
}
