/* SPDX-License-Identifier: MIT */
/*
 * holding.c - keeps completions back, and answers adapters that ask for it
 *
 * One word for each turn says whether its completion is kept back, see enum
 * belayi_held. Whoever waits for a call sleeps on that.
 */
#include "decisions.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <belay/adapter.h>
#include <belay/clock.h>

#include "process.h"

#define NS_PER_S UINT64_C(1000000000)
#define AGAIN_NS 100000 /* before a cancel that was owed */

static int futex(uint32_t *word, int operation, uint32_t value,
		 const struct timespec *time)
{
	return (int)syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG,
			    value, time, NULL, FUTEX_BITSET_MATCH_ANY);
}

void belayi_hold_wake(const struct belayi_decided *decided)
{
	int saved = errno;

	(void)futex(&belayi_decision_of(decided)->held, FUTEX_WAKE, INT_MAX,
		    NULL);
	errno = saved;
}

static bool move_held(const struct belayi_decided *decided,
		      enum belayi_held from, enum belayi_held to)
{
	uint32_t word = belayi_held_word(decided, from);

	return __atomic_compare_exchange_n(&belayi_decision_of(decided)->held,
					   &word, belayi_held_word(decided, to),
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* For readers of the call table. */
static void show_held(const struct belayi_decided *decided, bool held)
{
	struct belay_acted *shown = belayi_decided_shown(decided);

	if (shown)
		__atomic_store_n(&shown->held, held, __ATOMIC_RELAXED);
}

static bool is_held(const struct belayi_decided *decided)
{
	return __atomic_load_n(&belayi_decision_of(decided)->held,
			       __ATOMIC_SEQ_CST) ==
	       belayi_held_word(decided, BELAYI_HOLDING);
}

bool belayi_hold_end(const struct belayi_decided *decided)
{
	if (!move_held(decided, BELAYI_HOLDING, BELAYI_RELEASED))
		return false;
	show_held(decided, false);
	return true;
}

void belayi_hold_release(const struct belayi_decided *decided)
{
	if (!move_held(decided, BELAYI_NOT_HELD, BELAYI_RELEASED) &&
	    belayi_hold_end(decided))
		belayi_hold_wake(decided);
}

/* --- A cancel that is owed ----------------------------------------------- */

/*
 * At its deadline the other side was in the middle of a call, which is to be
 * held back after that: then it can be cancelled. Sequential: either the hold
 * is seen by who owes the cancel, or the cancel by who starts the hold.
 */
static void pay_when_held(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = belayi_decision_of(decided);
	uint64_t id = decided->id;
	uint64_t none = 0;

	if (!is_held(decided) ||
	    !__atomic_compare_exchange_n(&decision->cancel_owed, &id, 0, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	/* Where it is a next turn's by now: that looks whether it is time. */
	(void)__atomic_compare_exchange_n(
		&decision->cancel_at, &none,
		belayi_timing_after(belay_clock_now(), AGAIN_NS), false,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	belayi_timing_set(decided->slot);
}

bool belayi_hold_owe(const struct belayi_decided *decided)
{
	if (belayi_decided_keeps(decided) != BELAY_HOLD)
		return false;
	__atomic_store_n(&belayi_decision_of(decided)->cancel_owed, decided->id,
			 __ATOMIC_SEQ_CST);
	pay_when_held(decided);
	return true;
}

/* --- Holding, and looking ------------------------------------------------ */

static void start_hold(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = belayi_decision_of(decided);
	bool is_drop = belayi_decided_keeps(decided) == BELAY_DROP;
	uint64_t now = belay_clock_now();
	uint64_t at = is_drop ? 0 : belayi_timing_after(now, decided->hold_ns);

	show_held(decided, true);
	belayi_decided_told(decided, decided->hold_by,
			    is_drop ? "drop" : "hold", decided->hold_ns);
	pay_when_held(decided);
	if (!at)
		return;
	__atomic_store_n(&decision->held_from, now, __ATOMIC_RELAXED);
	__atomic_store_n(&decision->release_at, at, __ATOMIC_SEQ_CST);
	belayi_timing_set(decided->slot);
}

enum belay_verdict belayi_hold_start(const struct belayi_decided *decided)
{
	enum belay_verdict verdict = belayi_decided_keeps(decided);

	if (verdict == BELAY_DELIVER)
		return verdict;
	if (move_held(decided, BELAYI_NOT_HELD, BELAYI_HOLDING)) {
		start_hold(decided);
		return verdict;
	}
	return is_held(decided) ? verdict : BELAY_DELIVER;
}

/* What an adapter says of a call of its own, in that turn. */
static bool decided_of(const struct belay_ref *ref,
		       struct belayi_decided *ret_copy)
{
	return belayi_decided_of(ref->call,
				 belayi_slot_index(belayi_slot_of(ref->call)),
				 ret_copy) &&
	       ret_copy->turn == ref->turn;
}

/* Whether there is something of it to read. */
static inline bool is_decided(const struct belay_ref *ref)
{
	const struct belay_slot *slot;

	if (__builtin_expect(!belayi_has_decided(), 1) || !ref->call ||
	    !belayi_live())
		return false;
	slot = belayi_slot_of(ref->call);
	return slot && belayi_is_decided(&slot->call, belayi_slot_index(slot));
}

static bool may_change(const struct belayi_decided *decided)
{
	if (decided->set & (BELAY_VERDICT_FAIL_FINISH | BELAY_VERDICT_SHORT))
		return true;
	for (uint8_t i = 0; i < decided->fired_count; i++)
		if (decided->fired[i].rule->rule->policy->completing)
			return true;
	return false;
}

__attribute__((noinline)) static enum belay_verdict
keeps(const struct belay_ref *ref)
{
	struct belayi_decided decided;
	enum belay_verdict verdict;

	if (!decided_of(ref, &decided))
		return BELAY_DELIVER;
	verdict = belayi_decided_keeps(&decided);
	return verdict == BELAY_DELIVER && may_change(&decided) ? BELAY_HOLD
								: verdict;
}

BELAYI_EACH_CALL enum belay_verdict
belay_adapter_keeps(const struct belay_ref *ref)
{
	return __builtin_expect(is_decided(ref), 0) ? keeps(ref)
						    : BELAY_DELIVER;
}

bool belay_adapter_changes(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	return is_decided(ref) && decided_of(ref, &decided) &&
	       may_change(&decided);
}

bool belay_adapter_cancels(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	if (!is_decided(ref) || !decided_of(ref, &decided))
		return false;
	if (decided.set &
	    (BELAY_VERDICT_DEADLINE | BELAY_VERDICT_REFUSE_CANCEL))
		return true;
	for (uint8_t i = 0; i < decided.fired_count; i++)
		if (decided.fired[i].rule->rule->policy->cancel)
			return true;
	return false;
}

void belay_adapter_unable(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	if (!is_decided(ref) || !decided_of(ref, &decided) ||
	    belayi_decided_keeps(&decided) == BELAY_DELIVER)
		return;
	belayi_count_up(
		&decided.fired[decided.hold_by].rule->rule->state->unable);
	belayi_decided_told(&decided, decided.hold_by, "unable", decided.set);
}

enum belay_verdict belay_adapter_look(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	return is_decided(ref) && decided_of(ref, &decided)
		       ? belayi_hold_start(&decided)
		       : BELAY_DELIVER;
}

bool belay_adapter_wait(const struct belay_ref *ref, uint64_t deadline_ns)
{
	const struct timespec until = {
		(time_t)(deadline_ns / NS_PER_S),
		(long)(deadline_ns % NS_PER_S),
	};
	struct belayi_decided decided;
	int saved = errno;
	bool in_time = true;

	if (!is_decided(ref) || !decided_of(ref, &decided))
		return true;
	while (in_time && is_held(&decided))
		in_time =
			futex(&belayi_decision_of(&decided)->held,
			      FUTEX_WAIT_BITSET,
			      belayi_held_word(&decided, BELAYI_HOLDING),
			      deadline_ns == UINT64_MAX ? NULL : &until) == 0 ||
			errno == EAGAIN;
	errno = saved;
	return in_time;
}

int64_t belay_adapter_short(const struct belay_ref *ref, int64_t result)
{
	struct belayi_decided decided;

	if (!is_decided(ref) || !decided_of(ref, &decided) ||
	    !(decided.set & BELAY_VERDICT_SHORT) || result <= decided.short_to)
		return result;
	belayi_decided_shortened(&decided);
	return decided.short_to;
}
