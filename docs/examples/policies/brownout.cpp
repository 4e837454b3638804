/* SPDX-License-Identifier: MIT */
/*
 * brownout.cpp - a policy in C++: a service that gets worse and worse
 *
 *     pq.query  ./brownout.so  over=1000  worst=30  delay=200ms
 *
 * Over the first `over` calls at a place in the program, answers come later
 * and later, up to `delay`, and more and more of them are errors, up to `worst`
 * percent. As often, a cancel is not heard. All of it depends on a call's
 * number and random bits alone: the same seed gives the same brownout.
 *
 * See docs/write-a-policy.md.
 */
#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <new>

#include <belay/policy.h>

namespace
{

enum { OVER, WORST, DELAY };

/* What random bits are drawn for. */
enum { FAILS, WHICH_ERROR, DEAF };

const belay_policy_argument arguments[] = {
	{.name = "over",
	 .type = BELAY_VALUE_NUMBER,
	 .required = true,
	 .help = "after how many calls it is at its worst"},
	{.name = "worst",
	 .type = BELAY_VALUE_NUMBER,
	 .needs = BELAY_FAULT_FAIL_FINISH,
	 .fallback = "50",
	 .help = "percent of calls that fail then"},
	{.name = "delay",
	 .type = BELAY_VALUE_DURATION,
	 .needs = BELAY_FAULT_HOLD,
	 .fallback = "0s",
	 .help = "how late answers come then"},
	{.name = nullptr},
};

const belay_policy_host *host;

class Brownout
{
      public:
	explicit Brownout(const belay_policy_value *values)
	    : over_(values[OVER].number), worst_(values[WORST].number),
	      delay_ns_(values[DELAY].number)
	{
	}

	/* From 0, at the first call, to 1000, when it is at its worst. */
	uint64_t depth(const belay_policy_call &call) const
	{
		return std::min<uint64_t>(1000, call.n * 1000 / over_);
	}

	uint64_t delay_ns(const belay_policy_call &call) const
	{
		return delay_ns_ / 1000 * depth(call);
	}

	bool strikes(const belay_policy_call &call, unsigned int what) const
	{
		uint64_t bits = belay_policy_draw(call.random, what);

		return belay_policy_between(bits, 0, 99999) <
		       worst_ * depth(call);
	}

	std::atomic<uint64_t> begun{0};
	std::atomic<uint64_t> failed{0};
	std::atomic<uint64_t> finished{0};

      private:
	uint64_t over_;
	uint64_t worst_;
	uint64_t delay_ns_;
};

/* Rules come and go on one thread; that of the last one says what was done. */
Brownout *latest;

bool load(const belay_policy_host *lent) noexcept
{
	host = lent;
	return true;
}

void *config(const belay_policy_config *config) noexcept
{
	const belay_policy_value *values = config->values;

	if (values[OVER].number < 1 || values[WORST].number < 0 ||
	    values[WORST].number > 100) {
		host->log(
			"\"over\" must be at least 1, \"worst\" a percentage");
		return nullptr;
	}
	latest = new (std::nothrow) Brownout(values);
	return latest;
}

void begin(void *instance, const belay_policy_call *call,
	   belay_policy_verdict *ret_verdict) noexcept
{
	auto *brownout = static_cast<Brownout *>(instance);

	brownout->begun++;
	ret_verdict->hold_ns = brownout->delay_ns(*call);
	if (ret_verdict->hold_ns)
		ret_verdict->set = BELAY_VERDICT_HOLD;
}

bool cancel(void *instance, const belay_policy_call *call, belay_party) noexcept
{
	return !static_cast<Brownout *>(instance)->strikes(*call, DEAF);
}

/* A call that failed by itself keeps its own error. */
void completing(void *instance, const belay_policy_call *call,
		belay_outcome *outcome) noexcept
{
	auto *brownout = static_cast<Brownout *>(instance);
	int32_t status;

	if (outcome->ending != BELAY_SUCCEEDED ||
	    !brownout->strikes(*call, FAILS) ||
	    !host->random(call->operation, BELAY_ERROR_AT_FINISH,
			  belay_policy_draw(call->random, WHICH_ERROR),
			  &status))
		return;
	outcome->ending = BELAY_FAILED;
	outcome->status = status;
	outcome->result = -1;
	brownout->failed++;
}

void finish(void *instance, const belay_policy_call *,
	    const belay_outcome *) noexcept
{
	static_cast<Brownout *>(instance)->finished++;
}

/* In a program of several processes, only those that it struck. */
void unload() noexcept
{
	char line[100];

	if (!latest || !latest->begun)
		return;
	(void)std::snprintf(line, sizeof(line),
			    "%" PRIu64 " of %" PRIu64 " calls failed, %" PRIu64
			    " never finished",
			    latest->failed.load(), latest->begun.load(),
			    latest->begun.load() - latest->finished.load());
	host->log(line);
}

} // namespace

BELAY_POLICY(.name = "brownout", .title = "gets worse and worse",
	     .arguments = arguments, .load = load, .config = config,
	     .begin = begin, .cancel = cancel, .completing = completing,
	     .finish = finish, .unload = unload);
