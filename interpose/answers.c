/* SPDX-License-Identifier: MIT */
/*
 * answers.c - whether what the hooks of policies answer makes sense
 *
 * A policy is a stranger's code, and what it answers is done to a program: an
 * error that is none would let it believe in a result that is not there. What
 * makes no sense is not done, counted, and said once for each rule.
 */
#include "decisions.h"

#include <limits.h>

#include "log.h"

/* What an answer can be wrong in: how it is said, and bits of `told`. */
#define WRONGS(X)                                                              \
	X(SET, "unknown bits in set")                                          \
	X(FAIL_BEGIN, "fail-begin with an error that is none")                 \
	X(FAIL_FINISH, "fail-finish with an error that is none")               \
	X(SHORT, "a negative short_to")                                        \
	X(STALL, "stall_ns is out of range")                                   \
	X(HOLD, "hold_ns is out of range")                                     \
	X(DEADLINE, "deadline_ns is out of range")                             \
	X(ENDING, "an ending that completing cannot choose")                   \
	X(STATUS, "a status that does not fit the ending")                     \
	X(RESULT, "a result that is negative, or more than there is")

enum wrong {
#define WRONG_VALUE(name, sentence) WRONG_##name,
	WRONGS(WRONG_VALUE)
#undef WRONG_VALUE
};

static const char *const sentences[] = {
#define WRONG_SENTENCE(name, sentence) [WRONG_##name] = (sentence),
	WRONGS(WRONG_SENTENCE)
#undef WRONG_SENTENCE
};

/* What is known to this host. */
#define KNOWN                                                                  \
	(BELAY_VERDICT_FAIL_BEGIN | BELAY_VERDICT_FAIL_FINISH |                \
	 BELAY_VERDICT_SHORT | BELAY_VERDICT_STALL | BELAY_VERDICT_HOLD |      \
	 BELAY_VERDICT_DROP | BELAY_VERDICT_DEADLINE |                         \
	 BELAY_VERDICT_REFUSE_CANCEL)

static void tell(const struct belayi_decided *decided, uint8_t by,
		 enum wrong wrong)
{
	struct belayi_rule *rule = decided->fired[by].rule->rule;
	const struct belay_operation *operation = decided->site->operation;
	uint32_t bit = 1U << wrong;

	if (__atomic_fetch_or(&rule->told, bit, __ATOMIC_RELAXED) & bit)
		return;
	belayi_log("Wrong answer of a policy: rule=%u, policy=\"%s\", "
		   "call=\"%s.%s\", error=\"%s: ignored\"",
		   belayi_rule_number(rule), rule->policy->name, operation->api,
		   operation->name, sentences[wrong]);
}

/* HRESULTs are good or bad by their sign, errno values are positive. */
static bool is_error(const struct belayi_decided *decided, int32_t status)
{
	switch (decided->site->operation->status_kind) {
	case BELAY_STATUS_HRESULT:
		return status < 0;
	case BELAY_STATUS_ERRNO:
		return status > 0;
	default:
		return status != 0;
	}
}

static bool is_success(const struct belayi_decided *decided, int32_t status)
{
	return decided->site->operation->status_kind == BELAY_STATUS_HRESULT
		       ? status >= 0
		       : status == 0;
}

static bool is_time(uint64_t ns)
{
	return ns <= INT64_MAX;
}

/* Return: the bits of `set` that make no sense. */
__attribute__((noinline)) static uint32_t
wrong_bits(const struct belayi_decided *decided,
	   const struct belay_policy_verdict *verdict, uint8_t by)
{
	const struct {
		uint32_t bit;
		bool is_right;
		enum wrong wrong;
	} parts[] = {
		{~(uint32_t)KNOWN, false, WRONG_SET},
		{BELAY_VERDICT_FAIL_BEGIN, is_error(decided, verdict->error),
		 WRONG_FAIL_BEGIN},
		{BELAY_VERDICT_FAIL_FINISH, is_error(decided, verdict->error),
		 WRONG_FAIL_FINISH},
		{BELAY_VERDICT_SHORT, verdict->short_to >= 0, WRONG_SHORT},
		{BELAY_VERDICT_STALL, is_time(verdict->stall_ns), WRONG_STALL},
		{BELAY_VERDICT_HOLD,
		 is_time(verdict->hold_ns) || verdict->hold_ns == BELAY_FOREVER,
		 WRONG_HOLD},
		{BELAY_VERDICT_DEADLINE, is_time(verdict->deadline_ns),
		 WRONG_DEADLINE},
	};
	uint32_t wrong = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!(verdict->set & parts[i].bit) || parts[i].is_right)
			continue;
		wrong |= verdict->set & parts[i].bit;
		tell(decided, by, parts[i].wrong);
	}
	return wrong;
}

/* Seen at a glance, as most are: also what is not asked for is in range. */
static bool is_plainly_right(const struct belay_policy_verdict *verdict)
{
	const uint32_t others = ~(uint32_t)KNOWN | BELAY_VERDICT_FAIL_BEGIN |
				BELAY_VERDICT_FAIL_FINISH;

	return !(verdict->set & others) && verdict->short_to >= 0 &&
	       (verdict->stall_ns | verdict->hold_ns | verdict->deadline_ns) <=
		       INT64_MAX;
}

uint32_t belayi_answer_verdict(const struct belayi_decided *decided,
			       const struct belay_policy_verdict *verdict,
			       uint8_t by)
{
	if (__builtin_expect(is_plainly_right(verdict), 1))
		return verdict->set;
	return verdict->set & ~wrong_bits(decided, verdict, by);
}

/* --- Outcomes ------------------------------------------------------------ */

/*
 * How much a result can be: never more than was there. Of a call that had
 * failed, as much as it asked for.
 */
static int64_t most(const struct belayi_decided *decided,
		    const struct belay_outcome *before)
{
	const struct belay_argument *arguments =
		decided->site->operation->arguments;

	if (before->ending == BELAY_SUCCEEDED)
		return before->result;
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		if (arguments[i].type == BELAY_ARGUMENT_SIZE)
			return (int64_t)decided->args[i];
	return INT64_MAX;
}

static bool is_wrong(const struct belayi_decided *decided,
		     const struct belay_outcome *before,
		     const struct belay_outcome *outcome, enum wrong *ret_wrong)
{
	*ret_wrong = WRONG_ENDING;
	if (outcome->ending != BELAY_SUCCEEDED &&
	    outcome->ending != BELAY_FAILED)
		return true;
	*ret_wrong = WRONG_STATUS;
	if (outcome->ending == BELAY_SUCCEEDED
		    ? !is_success(decided, outcome->status)
		    : !is_error(decided, outcome->status))
		return true;
	/* What the result of a program's own call means is its own business. */
	*ret_wrong = WRONG_RESULT;
	return outcome->ending == BELAY_SUCCEEDED &&
	       !belayi_is_on_heap(decided) &&
	       (outcome->result < 0 || outcome->result > most(decided, before));
}

void belayi_answer_outcome(const struct belayi_decided *decided, uint8_t by,
			   const struct belay_outcome *before,
			   struct belay_outcome *outcome)
{
	enum wrong wrong;

	if (outcome->ending == before->ending &&
	    outcome->status == before->status &&
	    outcome->result == before->result)
		return;
	if (is_wrong(decided, before, outcome, &wrong)) {
		tell(decided, by, wrong);
		belayi_count_up(&decided->fired[by].rule->rule->state->unable);
		*outcome = *before;
		return;
	}
	if (outcome->ending == BELAY_FAILED)
		outcome->result = -1;
}
