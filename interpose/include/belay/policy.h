/* SPDX-License-Identifier: MIT */
/*
 * belay/policy.h - how a policy says what is to happen to a call
 *
 * A rule names calls, conditions and a trigger: these are the host's business,
 * the same for every policy. When a rule fires at a call, its policy says what
 * is to happen, by filling in a verdict. The host carries it out; a policy
 * never touches a call, waits or calls the API.
 *
 * A policy is a library that exports one constant, `belay_policy`. It includes
 * this header and links to nothing of Belay's: what it needs is lent to it.
 *
 *     aio.read  fault  error=EIO delay=50ms  if size>=4096  when every=10
 *     \_ call   \_ policy  \_ arguments         \_ condition     \_ trigger
 *
 * Rules for every hook
 *
 *  - `load`, `config` and `unload` are called on one thread, before the first
 *    call and after the last. They may allocate, and may fail with a reason.
 *    What `config` makes lives as long as the process; nobody frees it.
 *  - All others are called on any thread and in a signal handler, at once for
 *    several calls. They must not wait, lock, allocate or change errno, and
 *    should be done within a microsecond.
 *  - Structs are lent for the call. Their `size` is what the host knows; newer
 *    members are at their end.
 *  - Hooks may be NULL. No exception may leave one.
 */
#ifndef BELAY_POLICY_H
#define BELAY_POLICY_H

#include <belay/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define BELAY_POLICY_ABI 1

/* How the value of a policy's argument is written in a rule. */
#define BELAY_VALUES(X)                                                        \
	X(FLAG, "flag", "present or absent, without a value")                  \
	X(NUMBER, "number", "an integer")                                      \
	X(DURATION, "duration", "a time with a unit: 20us, 1.5s, 2min")        \
	X(DURATIONS, "duration range", "a time, or two: 50ms..200ms")          \
	X(SIZE, "size", "bytes, with or without a unit: 512, 4k, 1MiB")        \
	X(TEXT, "text", "any text")                                            \
	X(CHOICE, "choice", "one of the words that `choices` lists")           \
	X(ERROR, "error", "an error that the calls can end with")

enum belay_value_type {
#define BELAY_VALUE_VALUE(name, word, sentence) BELAY_VALUE_##name,
	BELAY_VALUES(BELAY_VALUE_VALUE)
#undef BELAY_VALUE_VALUE
};

/*
 * struct belay_policy_argument - one argument that a rule can give the policy
 *
 * name:     "after"
 * type:     how its value is written; a wrong one never reaches the policy
 * required: a rule without it is wrong
 * bare:     its value may be left out: "cancel" as well as "cancel=50ms"
 * needs:    what a call must allow for it, bits of enum belay_fault: a rule
 *           that gives it is wrong where no call that it names has them all.
 *           An error needs the bit of its place besides, see below
 * fallback: the value, as written, where the rule says nothing, or NULL
 * choices:  of BELAY_VALUE_CHOICE: "finish begin", or NULL
 * help:     one line for people
 *
 * An error's place is what the argument "at" says, if the policy has one:
 * "begin" or, the rest, at finish. Where the rule gives the flag "force", the
 * error need not be one that the API can report. A rule that gives no argument
 * but these two asks for any error, of a policy that has an argument for one.
 */
struct belay_policy_argument {
	const char *name; /* NULL ends the table */
	enum belay_value_type type;
	bool required;
	bool bare;
	uint32_t needs;
	const char *fallback;
	const char *choices;
	const char *help;
};

/*
 * struct belay_policy_value - what a rule gives for one argument
 *
 * given:  the rule names the argument; a fallback leaves it false
 * number: the number, nanoseconds or bytes; of a choice its index
 * upper:  of a range the upper end, else the same as number
 * text:   as it is written, or NULL where there is no value
 */
struct belay_policy_value {
	bool given;
	int64_t number;
	int64_t upper;
	const char *text;
};

/*
 * struct belay_policy_config - the rule that an instance is made for
 *
 * rule:   its number, from 1
 * call:   the calls it names, "aio.*"
 * values: one for each argument of the policy's table, in its order; they and
 *         their texts live as long as the instance
 */
struct belay_policy_config {
	uint32_t size;
	uint32_t rule;
	const char *call;
	const struct belay_policy_value *values;
};

/*
 * struct belay_policy_call - the call that a rule fired at
 *
 * id:     unique on this machine while the process lives
 * key:    what the API knows the call by
 * site:   the address that Begin returns to; module is the path of what it is
 *         in ("" where not known) and offset where in it
 * thread: that began it, as gettid() says
 * n:      the n-th call at this site that the rule's conditions fit, from 1
 * random: 64 bits made of the seed, the rule, the site and n: the same in
 *         every run and in every hook of this call. The rule's `p=` has looked
 *         at them: draw from them with belay_policy_draw()
 * args:   as the operation's table names them
 * text:   the call's text, terminated; NULL where it has none, and after begin
 */
struct belay_policy_call {
	uint32_t size;
	uint32_t thread;
	uint64_t id;
	const struct belay_operation *operation;
	uint64_t key;
	uint64_t owner;
	uint64_t site;
	const char *module;
	uint64_t offset;
	uint64_t n;
	uint64_t random;
	uint64_t args[BELAY_ARGUMENTS_MAX];
	const char *text;
};

/* What is set in a verdict. */
#define BELAY_VERDICTS(X)                                                      \
	X(FAIL_BEGIN, 1U, "fail-begin", "Begin fails with `error`")            \
	X(FAIL_FINISH, 2U, "fail-finish",                                      \
	  "the call runs to its end, then ends with `error`")                  \
	X(SHORT, 4U, "short", "its result becomes `short_to` at most")         \
	X(STALL, 8U, "stall", "Begin sleeps `stall_ns` first")                 \
	X(HOLD, 16U, "hold",                                                   \
	  "its completion is held back `hold_ns`, or until it is cancelled")   \
	X(DROP, 32U, "drop", "its completion gets lost")                       \
	X(DEADLINE, 64U, "deadline",                                           \
	  "it is cancelled `deadline_ns` after Begin")                         \
	X(REFUSE_CANCEL, 128U, "refuse-cancel",                                \
	  "no cancel reaches the other side")

enum belay_policy_set {
#define BELAY_VERDICT_VALUE(name, bit, word, sentence)                         \
	BELAY_VERDICT_##name = (bit),
	BELAY_VERDICTS(BELAY_VERDICT_VALUE)
#undef BELAY_VERDICT_VALUE
};

#define BELAY_FOREVER UINT64_MAX

/*
 * struct belay_policy_verdict - what is to happen to the call
 *
 * All zero when a hook gets it. Several rules can fire at one call: the first
 * error and the first short result win, stalls and holds add up, the earliest
 * deadline wins. What the operation cannot do soundly is not done, and counted.
 *
 * So is what makes no sense, and one line on stderr says so once for each rule:
 * bits that the host does not know; an error that is none in the operation's
 * status kind, like 0; a negative short_to; a time of more than INT64_MAX, but
 * for a hold of BELAY_FOREVER. The rest of the verdict is carried out.
 */
struct belay_policy_verdict {
	uint32_t size;
	uint32_t set; /* bits of enum belay_policy_set */
	int32_t error;
	uint32_t reserved;
	int64_t short_to;
	uint64_t stall_ns;
	uint64_t hold_ns; /* BELAY_FOREVER: until it is cancelled */
	uint64_t deadline_ns;
};

/*
 * struct belay_policy_host - what is lent to a policy; lives for ever
 *
 * log:    one line on stderr, after "belay: POLICY: "; only in load, config
 *         and unload
 * error:  the status of a named error of an operation, where it can report it
 *         at that place (BELAY_ERROR_AT_FINISH or _AT_BEGIN), or, with force,
 *         anywhere; false where it cannot
 * random: one of an operation's errors at that place, by 64 random bits
 * now_ns: CLOCK_MONOTONIC
 */
struct belay_policy_host {
	uint32_t abi;
	uint32_t size;
	void (*log)(const char *text);
	bool (*error)(const struct belay_operation *operation, const char *name,
		      uint32_t at, bool force, int32_t *ret_status);
	bool (*random)(const struct belay_operation *operation, uint32_t at,
		       uint64_t random, int32_t *ret_status);
	uint64_t (*now_ns)(void);
};

/*
 * struct belay_policy - what a policy exports, as `belay_policy`
 *
 * load:       once, first. false: it cannot work, and has said why
 * config:     for each rule: makes an instance, or NULL, and has said why
 * begin:      the rule fired at this call, before the real function runs
 * cancel:     somebody cancels a call that it fired at; false refuses that
 * completing: the outcome of such a call is there, and may be changed: to
 *             BELAY_SUCCEEDED with a status that is no error and a result that
 *             is not negative, and no more than it was or, of a call that had
 *             failed, than was asked for; or to BELAY_FAILED with a status that
 *             is one, whose result becomes -1. Anything else is ignored and
 *             counted, as in a verdict
 * finish:     such a call ends
 * unload:     last of all, if the process ends well
 */
struct belay_policy {
	uint32_t abi;
	uint32_t size;
	const char *name;
	const char *title; /* one line for people */
	const struct belay_policy_argument *arguments;
	bool (*load)(const struct belay_policy_host *host);
	void *(*config)(const struct belay_policy_config *config);
	void (*begin)(void *instance, const struct belay_policy_call *call,
		      struct belay_policy_verdict *ret_verdict);
	bool (*cancel)(void *instance, const struct belay_policy_call *call,
		       enum belay_party by);
	void (*completing)(void *instance, const struct belay_policy_call *call,
			   struct belay_outcome *outcome);
	void (*finish)(void *instance, const struct belay_policy_call *call,
		       const struct belay_outcome *outcome);
	void (*unload)(void);
};

/*
 * belay_policy_draw() - 64 random bits of a call for one purpose
 *
 * index: of the purpose; two draws with one index are the same, two with
 *        different ones have nothing to do with each other
 */
static inline uint64_t belay_policy_draw(uint64_t random, uint64_t index)
{
	uint64_t bits = random + (index + 1) * UINT64_C(0x9E3779B97F4A7C15);

	bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
	return bits ^ (bits >> 31);
}

/* belay_policy_between() - what drawn bits make of a range, ends included */
static inline uint64_t belay_policy_between(uint64_t bits, uint64_t low,
					    uint64_t high)
{
	uint64_t span = high - low + 1;

	return span ? low + bits % span : bits;
}

/*
 * BELAY_POLICY() - defines the exported constant
 *
 *     BELAY_POLICY(.name = "timeout", .title = "cancels what takes too long",
 *                  .arguments = arguments, .config = config, .begin = begin);
 */
#define BELAY_POLICY(...)                                                      \
	extern __attribute__((visibility("default")))                          \
	const struct belay_policy belay_policy;                                \
	const struct belay_policy belay_policy = {                             \
		.abi = BELAY_POLICY_ABI,                                       \
		.size = sizeof(struct belay_policy),                           \
		__VA_ARGS__}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
