/* SPDX-License-Identifier: MIT */
/*
 * timeout.c - the policy that cancels what takes too long
 *
 *     pq.query  timeout  after=5s
 *
 * It sets a deadline; the host cancels a call that is still in progress then,
 * in the way its API offers, and reports what was asked and what came of it.
 */
#include <stdlib.h>

#include <belay/policy.h>

enum { AFTER };

static const struct belay_policy_argument arguments[] = {
	[AFTER] = {.name = "after",
		   .type = BELAY_VALUE_DURATION,
		   .required = true,
		   .help = "how long a call may take from its Begin"},
	{.name = NULL},
};

struct timeout {
	uint64_t after_ns;
};

static const struct belay_policy_host *host;

static bool load(const struct belay_policy_host *lent)
{
	host = lent;
	return true;
}

static void *config(const struct belay_policy_config *config)
{
	int64_t after_ns = config->values[AFTER].number;
	struct timeout *timeout;

	if (after_ns <= 0) {
		host->log(
			"\"after\" must be more than 0; to cancel at once say: fault cancel");
		return NULL;
	}
	timeout = malloc(sizeof(*timeout));
	if (!timeout) {
		host->log("out of memory");
		return NULL;
	}
	timeout->after_ns = (uint64_t)after_ns;
	return timeout;
}

static void begin(void *instance, const struct belay_policy_call *call,
		  struct belay_policy_verdict *ret_verdict)
{
	const struct timeout *timeout = instance;

	(void)call;
	ret_verdict->set = BELAY_VERDICT_DEADLINE;
	ret_verdict->deadline_ns = timeout->after_ns;
}

BELAY_POLICY(.name = "timeout", .title = "cancels what takes too long",
	     .arguments = arguments, .load = load, .config = config,
	     .begin = begin);
