/* SPDX-License-Identifier: MIT */
/*
 * wrong.c - a policy that answers what its rule says, sense or nonsense
 */
#include <stdlib.h>

#include <belay/policy.h>

enum { SET, STATUS, SHORT, TIME, ENDING, RESULT };

static const struct belay_policy_argument arguments[] = {
	[SET] = {.name = "set", .type = BELAY_VALUE_NUMBER},
	[STATUS] = {.name = "status", .type = BELAY_VALUE_NUMBER},
	[SHORT] = {.name = "to", .type = BELAY_VALUE_NUMBER},
	[TIME] = {.name = "time", .type = BELAY_VALUE_NUMBER},
	[ENDING] = {.name = "ending", .type = BELAY_VALUE_NUMBER},
	[RESULT] = {.name = "result", .type = BELAY_VALUE_NUMBER},
	{.name = NULL},
};

static void *config(const struct belay_policy_config *config)
{
	return (void *)(uintptr_t)config->values;
}

static void begin(void *instance, const struct belay_policy_call *call,
		  struct belay_policy_verdict *ret_verdict)
{
	const struct belay_policy_value *values = instance;

	(void)call;
	ret_verdict->set = (uint32_t)values[SET].number;
	ret_verdict->error = (int32_t)values[STATUS].number;
	ret_verdict->short_to = values[SHORT].number;
	ret_verdict->stall_ns = (uint64_t)values[TIME].number;
	ret_verdict->hold_ns = (uint64_t)values[TIME].number;
	ret_verdict->deadline_ns = (uint64_t)values[TIME].number;
}

static void completing(void *instance, const struct belay_policy_call *call,
		       struct belay_outcome *outcome)
{
	const struct belay_policy_value *values = instance;

	(void)call;
	if (values[SET].given)
		return;
	if (values[ENDING].given)
		outcome->ending = (enum belay_ending)values[ENDING].number;
	if (values[STATUS].given)
		outcome->status = (int32_t)values[STATUS].number;
	if (values[RESULT].given)
		outcome->result = values[RESULT].number;
}

BELAY_POLICY(.name = "wrong", .title = "answers anything",
	     .arguments = arguments, .config = config, .begin = begin,
	     .completing = completing);
