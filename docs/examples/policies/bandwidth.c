/* SPDX-License-Identifier: MIT */
/*
 * bandwidth.c - a policy that makes files as slow as you like
 *
 *     aio.read  ./bandwidth.so  limit=1M
 *
 * The calls on one file descriptor share `limit` bytes a second: each is held
 * back until the calls before it, and itself, would have passed a line of that
 * width. What a call turns out not to have moved is given back.
 *
 * See docs/write-a-policy.md, which walks through this file.
 */
#include <stdlib.h>

#include <belay/policy.h>

#define LINES 256
#define SECOND_NS 1000000000U

enum { LIMIT };

static const struct belay_policy_argument arguments[] = {
	[LIMIT] = {.name = "limit",
		   .type = BELAY_VALUE_SIZE,
		   .required = true,
		   .needs = BELAY_FAULT_HOLD,
		   .help = "bytes a second that one descriptor may move"},
	{.name = NULL},
};

/*
 * struct bandwidth - one rule's instance
 *
 * free_ns: when the line of a descriptor is free again. Descriptors that are
 *          LINES apart share one.
 */
struct bandwidth {
	uint64_t limit;
	uint64_t free_ns[LINES];
};

static const struct belay_policy_host *host;

static bool load(const struct belay_policy_host *lent)
{
	host = lent;
	return true;
}

static void *config(const struct belay_policy_config *config)
{
	int64_t limit = config->values[LIMIT].number;
	struct bandwidth *bandwidth;

	if (limit <= 0) {
		host->log(
			"\"limit\" must be more than 0; for no answer at all say: fault hang");
		return NULL;
	}
	bandwidth = calloc(1, sizeof(*bandwidth));
	if (!bandwidth) {
		host->log("out of memory");
		return NULL;
	}
	bandwidth->limit = (uint64_t)limit;
	return bandwidth;
}

/* The call's first argument of a type; 0 where it has none. */
static uint64_t argument(const struct belay_policy_call *call,
			 enum belay_argument_type type)
{
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		if (call->operation->arguments[i].type == type)
			return call->args[i];
	return 0;
}

static uint64_t *line_of(struct bandwidth *bandwidth,
			 const struct belay_policy_call *call)
{
	return &bandwidth->free_ns[argument(call, BELAY_ARGUMENT_FD) % LINES];
}

/* How long so many bytes take, in nanoseconds. */
static uint64_t time_of(const struct bandwidth *bandwidth, uint64_t bytes)
{
	return (uint64_t)((double)bytes * SECOND_NS / (double)bandwidth->limit);
}

static void begin(void *instance, const struct belay_policy_call *call,
		  struct belay_policy_verdict *ret_verdict)
{
	struct bandwidth *bandwidth = instance;
	uint64_t *line = line_of(bandwidth, call);
	uint64_t time = time_of(bandwidth, argument(call, BELAY_ARGUMENT_SIZE));
	uint64_t now = host->now_ns();
	uint64_t before = __atomic_load_n(line, __ATOMIC_RELAXED);
	uint64_t after;

	/* Calls begin on several threads at once: none may wait for another. */
	do
		after = (before > now ? before : now) + time;
	while (!__atomic_compare_exchange_n(line, &before, after, true,
					    __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED));
	ret_verdict->set = BELAY_VERDICT_HOLD;
	ret_verdict->hold_ns = after - now;
}

/* A short read, a failed or a cancelled one has not used all of its time. */
static void finish(void *instance, const struct belay_policy_call *call,
		   const struct belay_outcome *outcome)
{
	struct bandwidth *bandwidth = instance;
	uint64_t asked = argument(call, BELAY_ARGUMENT_SIZE);
	uint64_t moved = outcome->ending == BELAY_SUCCEEDED
				 ? (uint64_t)outcome->result
				 : 0;

	if (moved < asked)
		(void)__atomic_fetch_sub(line_of(bandwidth, call),
					 time_of(bandwidth, asked - moved),
					 __ATOMIC_RELAXED);
}

BELAY_POLICY(.name = "bandwidth", .title = "lets files be so fast and no more",
	     .arguments = arguments, .load = load, .config = config,
	     .begin = begin, .finish = finish);
