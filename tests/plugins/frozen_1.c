/* SPDX-License-Identifier: MIT */
/*
 * frozen_1.c - a policy as somebody wrote it for ABI 1
 *
 * It must work with every later version that says ABI 1: this file includes
 * nothing of Belay's and is never changed. What stands here is what
 * <belay/policy.h> and <belay/call.h> said then.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* --- The headers of ABI 1 ------------------------------------------------ */

enum value_type {
	FLAG,
	NUMBER,
	DURATION,
	DURATIONS,
	SIZE,
	TEXT,
	CHOICE,
	ERROR
};
enum party { BY_APPLICATION, BY_POLICY, BY_OPERATOR };
enum ending { SUCCEEDED, FAILED, CANCELED, UNCOLLECTED };
enum { AT_FINISH = 1, AT_BEGIN = 2 };
enum { CAN_HOLD = 8 };
enum {
	FAIL_BEGIN = 1,
	FAIL_FINISH = 2,
	SHORT = 4,
	STALL = 8,
	HOLD = 16,
	DROP = 32,
	DEADLINE = 64,
	REFUSE_CANCEL = 128,
};

struct operation;

struct policy_argument {
	const char *name;
	enum value_type type;
	bool required;
	bool bare;
	uint32_t needs;
	const char *fallback;
	const char *choices;
	const char *help;
};

struct policy_value {
	bool given;
	int64_t number;
	int64_t upper;
	const char *text;
};

struct policy_config {
	uint32_t size;
	uint32_t rule;
	const char *call;
	const struct policy_value *values;
};

struct policy_call {
	uint32_t size;
	uint32_t thread;
	uint64_t id;
	const struct operation *operation;
	uint64_t key;
	uint64_t owner;
	uint64_t site;
	const char *module;
	uint64_t offset;
	uint64_t n;
	uint64_t random;
	uint64_t args[4];
	const char *text;
};

struct policy_verdict {
	uint32_t size;
	uint32_t set;
	int32_t error;
	uint32_t reserved;
	int64_t short_to;
	uint64_t stall_ns;
	uint64_t hold_ns;
	uint64_t deadline_ns;
};

struct outcome {
	enum ending ending;
	int32_t status;
	int64_t result;
};

struct policy_host {
	uint32_t abi;
	uint32_t size;
	void (*log)(const char *text);
	bool (*error)(const struct operation *operation, const char *name,
		      uint32_t at, bool force, int32_t *ret_status);
	bool (*random)(const struct operation *operation, uint32_t at,
		       uint64_t random, int32_t *ret_status);
	uint64_t (*now_ns)(void);
};

struct policy {
	uint32_t abi;
	uint32_t size;
	const char *name;
	const char *title;
	const struct policy_argument *arguments;
	bool (*load)(const struct policy_host *host);
	void *(*config)(const struct policy_config *config);
	void (*begin)(void *instance, const struct policy_call *call,
		      struct policy_verdict *ret_verdict);
	bool (*cancel)(void *instance, const struct policy_call *call,
		       enum party by);
	void (*completing)(void *instance, const struct policy_call *call,
			   struct outcome *outcome);
	void (*finish)(void *instance, const struct policy_call *call,
		       const struct outcome *outcome);
	void (*unload)(void);
};

/* --- The policy: begins with a verdict made of all that it is shown ------ */

static const struct policy_argument arguments[] = {
	{.name = "width",
	 .type = SIZE,
	 .required = true,
	 .needs = CAN_HOLD,
	 .help = "what deadlines are made of"},
	{.name = "mode",
	 .type = CHOICE,
	 .fallback = "slow",
	 .choices = "fast slow",
	 .help = "what holds are made of"},
	{.name = NULL},
};

struct frozen {
	int64_t width;
	int64_t mode;
	uint32_t rule;
};

static const struct policy_host *host;

static bool load(const struct policy_host *lent)
{
	host = lent;
	return lent->abi == 1 && lent->size >= sizeof(*lent);
}

static void *config(const struct policy_config *config)
{
	struct frozen *frozen = malloc(sizeof(*frozen));

	if (!frozen || config->size < sizeof(*config))
		return NULL;
	frozen->width = config->values[0].number;
	frozen->mode = config->values[1].number;
	frozen->rule = config->rule;
	host->log(config->call);
	return frozen;
}

static void begin(void *instance, const struct policy_call *call,
		  struct policy_verdict *ret_verdict)
{
	const struct frozen *frozen = instance;

	if (call->size < sizeof(*call) ||
	    ret_verdict->size < sizeof(*ret_verdict))
		return;
	ret_verdict->set = SHORT | STALL | HOLD | DEADLINE;
	ret_verdict->short_to = (int64_t)(call->n + call->args[3]);
	ret_verdict->stall_ns = call->random;
	ret_verdict->hold_ns = host->now_ns() + (uint64_t)frozen->mode;
	ret_verdict->deadline_ns = (uint64_t)frozen->width + frozen->rule;
	if (call->text && host->error(call->operation, call->text, AT_BEGIN,
				      false, &ret_verdict->error))
		ret_verdict->set = FAIL_BEGIN;
}

static bool cancel(void *instance, const struct policy_call *call,
		   enum party by)
{
	(void)instance;
	return by == BY_POLICY && call->key == 0x1000 && call->owner == 0x2000;
}

static void completing(void *instance, const struct policy_call *call,
		       struct outcome *outcome)
{
	(void)instance;
	if (outcome->ending == SUCCEEDED && outcome->result == 4096 &&
	    host->random(call->operation, AT_FINISH, 0, &outcome->status))
		outcome->ending = FAILED;
}

static void finish(void *instance, const struct policy_call *call,
		   const struct outcome *outcome)
{
	struct frozen *frozen = instance;

	if (call->site == 0x3000 && call->offset == 0x30 &&
	    outcome->ending == CANCELED)
		frozen->mode = 100;
}

static void unload(void)
{
	host->log("unloaded");
}

extern __attribute__((visibility("default"))) const struct policy belay_policy;
const struct policy belay_policy = {
	.abi = 1,
	.size = sizeof(struct policy),
	.name = "frozen",
	.title = "was written for ABI 1",
	.arguments = arguments,
	.load = load,
	.config = config,
	.begin = begin,
	.cancel = cancel,
	.completing = completing,
	.finish = finish,
	.unload = unload,
};
