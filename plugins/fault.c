/* SPDX-License-Identifier: MIT */
/*
 * fault.c - the policy that makes calls go wrong
 *
 *     aio.read    fault  error=EIO          when every=10
 *     aio.*       fault  delay=50ms..200ms  if size>=1M
 *     pq.query    fault  hang               when nth=3
 *     pq.connect  fault                     when p=0.1
 *
 * Without an argument a call ends with one of the errors that its API can
 * report. What can go together does; what contradicts itself is refused before
 * the program starts.
 */
#include <stdio.h>
#include <stdlib.h>

#include <belay/policy.h>

/* Each with its name, type and help, and what else stands in its row. */
#define ARGUMENTS(X)                                                           \
	X(ERROR, "error", ERROR, "what the call ends with, by its name")       \
	X(AT, "at", CHOICE, "where the error is reported",                     \
	  .fallback = "finish", .choices = "finish begin")                     \
	X(FORCE, "force", FLAG, "even an error that the API never reports")    \
	X(DELAY, "delay", DURATIONS,                                           \
	  "holds the completion back, not the caller",                         \
	  .needs = BELAY_FAULT_HOLD)                                           \
	X(STALL, "stall", DURATIONS, "makes Begin sleep first")                \
	X(HANG, "hang", FLAG, "holds the call until it is cancelled",          \
	  .needs = BELAY_FAULT_HOLD)                                           \
	X(DROP, "drop", FLAG, "loses the completion: the call never ends",     \
	  .needs = BELAY_FAULT_HOLD)                                           \
	X(SHORT, "short", SIZE, "makes the result so much at most",            \
	  .needs = BELAY_FAULT_SHORT)                                          \
	X(CANCEL, "cancel", DURATION,                                          \
	  "cancels the call, at once or after so long", .bare = true)          \
	X(REFUSE_CANCEL, "refuse-cancel", FLAG,                                \
	  "keeps every cancel from the other side")

enum {
#define ARGUMENT_VALUE(id, ...) id,
	ARGUMENTS(ARGUMENT_VALUE)
#undef ARGUMENT_VALUE
};

/* In the table of clashes: an error that Begin reports. */
#define AT_BEGIN 31

static const struct belay_policy_argument arguments[] = {
#define ARGUMENT_ROW(id, word, kind, sentence, ...)                            \
	[id] = {.name = (word),                                                \
		.type = BELAY_VALUE_##kind,                                    \
		.help = (sentence),                                            \
		__VA_ARGS__},
	ARGUMENTS(ARGUMENT_ROW)
#undef ARGUMENT_ROW
		{.name = NULL},
};

#define BIT(id) (1U << (id))

/* What cannot stand in one rule: the first beside any of the others. */
static const struct {
	unsigned int one;
	uint32_t others;
	const char *why;
} clashes[] = {
	{AT_BEGIN,
	 BIT(DELAY) | BIT(HANG) | BIT(DROP) | BIT(SHORT) | BIT(CANCEL) |
		 BIT(REFUSE_CANCEL),
	 "a call whose Begin fails has neither a completion nor a cancel"},
	{HANG, BIT(ERROR) | BIT(DELAY) | BIT(DROP) | BIT(SHORT),
	 "a hanging call ends when it is cancelled, as cancelled"},
	{HANG, BIT(REFUSE_CANCEL),
	 "only a cancel ends a hanging call; for one that never ends say: drop"},
	{DROP, BIT(ERROR) | BIT(DELAY) | BIT(SHORT),
	 "a completion that is lost brings no outcome"},
	{ERROR, BIT(SHORT), "a call that fails has no result"},
	{CANCEL, BIT(REFUSE_CANCEL), "the rule would refuse its own cancel"},
};

/*
 * struct fault - a rule's arguments, as a verdict that begin() only copies
 *
 * error:    the name of an error; NULL: any, where error_at is not 0
 * error_at: where to report it; 0: no error
 */
struct fault {
	struct belay_policy_verdict verdict;
	struct belay_policy_value delay;
	struct belay_policy_value stall;
	const char *error;
	uint32_t error_at;
	bool force;
};

static const struct belay_policy_host *host;

static bool load(const struct belay_policy_host *lent)
{
	host = lent;
	return true;
}

static uint32_t given(const struct belay_policy_value *values)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; arguments[i].name; i++)
		if (values[i].given)
			bits |= BIT(i);
	if (values[ERROR].given && values[AT].number == 1)
		bits |= BIT(AT_BEGIN);
	return bits;
}

static const char *name_of(unsigned int id)
{
	return id == AT_BEGIN ? "at=begin" : arguments[id].name;
}

static void log_clash(unsigned int one, unsigned int other, const char *why)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "\"%s\" and \"%s\" contradict: %s",
		       name_of(one), name_of(other), why);
	host->log(line);
}

static bool makes_sense(uint32_t bits)
{
	if ((bits & (BIT(AT) | BIT(FORCE))) && !(bits & BIT(ERROR))) {
		host->log(
			"\"at\" and \"force\" say more of an error: they need error=NAME");
		return false;
	}
	for (size_t i = 0; i < sizeof(clashes) / sizeof(*clashes); i++) {
		uint32_t others = bits & clashes[i].others;

		if ((bits & BIT(clashes[i].one)) && others) {
			log_clash(clashes[i].one,
				  (unsigned int)__builtin_ctz(others),
				  clashes[i].why);
			return false;
		}
	}
	return true;
}

static void set_verdict(struct belay_policy_verdict *verdict, uint32_t bits,
			const struct belay_policy_value *values)
{
	if (bits & (BIT(DELAY) | BIT(HANG)))
		verdict->set |= BELAY_VERDICT_HOLD;
	if (bits & BIT(HANG))
		verdict->hold_ns = BELAY_FOREVER;
	if (bits & BIT(STALL))
		verdict->set |= BELAY_VERDICT_STALL;
	if (bits & BIT(DROP))
		verdict->set |= BELAY_VERDICT_DROP;
	if (bits & BIT(SHORT))
		verdict->set |= BELAY_VERDICT_SHORT;
	verdict->short_to = values[SHORT].number;
	if (bits & BIT(CANCEL))
		verdict->set |= BELAY_VERDICT_DEADLINE;
	verdict->deadline_ns = (uint64_t)values[CANCEL].number;
	if (bits & BIT(REFUSE_CANCEL))
		verdict->set |= BELAY_VERDICT_REFUSE_CANCEL;
}

static void *config(const struct belay_policy_config *config)
{
	const struct belay_policy_value *values = config->values;
	uint32_t bits = given(values);
	struct fault *fault;

	if (!makes_sense(bits))
		return NULL;
	fault = calloc(1, sizeof(*fault));
	if (!fault) {
		host->log("out of memory");
		return NULL;
	}
	set_verdict(&fault->verdict, bits, values);
	fault->delay = values[DELAY];
	fault->stall = values[STALL];
	fault->error = values[ERROR].text;
	fault->force = values[FORCE].given;
	if (bits & BIT(AT_BEGIN))
		fault->error_at = BELAY_ERROR_AT_BEGIN;
	else if (!bits || bits & BIT(ERROR))
		fault->error_at = BELAY_ERROR_AT_FINISH;
	return fault;
}

static uint64_t draw(const struct belay_policy_call *call, unsigned int id,
		     const struct belay_policy_value *range)
{
	return belay_policy_between(belay_policy_draw(call->random, id),
				    (uint64_t)range->number,
				    (uint64_t)range->upper);
}

/* An operation that cannot report the error is left alone: a rule may name
 * several. */
static void set_error(const struct fault *fault,
		      const struct belay_policy_call *call,
		      struct belay_policy_verdict *verdict)
{
	bool found;

	if (fault->error)
		found = host->error(call->operation, fault->error,
				    fault->error_at, fault->force,
				    &verdict->error);
	else
		found = host->random(call->operation, fault->error_at,
				     belay_policy_draw(call->random, ERROR),
				     &verdict->error);
	if (found)
		verdict->set |= fault->error_at == BELAY_ERROR_AT_BEGIN
					? BELAY_VERDICT_FAIL_BEGIN
					: BELAY_VERDICT_FAIL_FINISH;
}

static void begin(void *instance, const struct belay_policy_call *call,
		  struct belay_policy_verdict *ret_verdict)
{
	const struct fault *fault = instance;

	ret_verdict->set = fault->verdict.set;
	ret_verdict->short_to = fault->verdict.short_to;
	ret_verdict->hold_ns = fault->verdict.hold_ns;
	ret_verdict->deadline_ns = fault->verdict.deadline_ns;
	if (fault->delay.given)
		ret_verdict->hold_ns = draw(call, DELAY, &fault->delay);
	if (fault->stall.given)
		ret_verdict->stall_ns = draw(call, STALL, &fault->stall);
	if (fault->error_at)
		set_error(fault, call, ret_verdict);
}

BELAY_POLICY(.name = "fault", .title = "makes calls go wrong",
	     .arguments = arguments, .load = load, .config = config,
	     .begin = begin);
