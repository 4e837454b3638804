/* SPDX-License-Identifier: MIT */
/*
 * report_rules.h - what rules did, from the events of a trace
 */
#ifndef BELAY_TOOLS_REPORT_RULES_H
#define BELAY_TOOLS_REPORT_RULES_H

#include "report_find.h"
#include "report_follow.h"

/* rules_take_process() - takes the rules of a `process` event, if it has any */
void rules_take_process(struct follow *follow, const struct event *event);

/*
 * rules_take_policy() - takes a `policy` event
 *
 * call: NULL where its begin was not seen
 */
void rules_take_policy(struct follow *follow, const struct event *event,
		       uint32_t process, const struct report_call *call);

/* rules_find_files() - reads what `belay trace` wrote of them beside a trace */
void rules_find_files(struct follow *follow, const struct folders *folders);

#endif
