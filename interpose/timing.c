/* SPDX-License-Identifier: MIT */
/*
 * timing.c - what rules do to a call while time goes by: cancel it at its
 * deadline, keep its completion back and give it out again
 *
 * The deadline thread comes here when a slot's time has come. The call may be
 * over by then, and another be in the slot: what is due stands in the decision
 * of a turn, and a call is only touched in that turn. The memory of a call on
 * the heap is its owner's, who waits at the end of the turn while it is
 * claimed here.
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

#include "deadlines.h"
#include "process.h"

#define NS_PER_S UINT64_C(1000000000)
#define NAP_NS 10000
#define AGAIN_NS 100000 /* between looks at what is on its way */

static struct belayi_decision *decision_of(const struct belayi_decided *decided)
{
	return &belayi_decisions[decided->slot];
}

static bool is_on_heap(const struct belayi_decided *decided)
{
	return !belayi_slot_of(decided->call);
}

static enum belay_verdict keeps(const struct belayi_decided *decided)
{
	if (decided->set & BELAY_VERDICT_DROP)
		return BELAY_DROP;
	return decided->set & BELAY_VERDICT_HOLD ? BELAY_HOLD : BELAY_DELIVER;
}

/* --- Arming -------------------------------------------------------------- */

/* The time in ticks that is `ns` after `from`; 0 for one that never comes. */
static uint64_t time_after(uint64_t from, uint64_t ns)
{
	uint64_t at;

	if (ns == BELAY_FOREVER)
		return 0;
	at = belayi_deadline_at(from, ns);
	return at == UINT64_MAX ? 0 : at;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a | b;
	return a < b ? a : b;
}

static uint64_t next_time(uint32_t slot)
{
	const struct belayi_decision *decision = &belayi_decisions[slot];

	if (!__atomic_load_n(&decision->id, __ATOMIC_SEQ_CST))
		return 0;
	return earlier(
		__atomic_load_n(&decision->cancel_at, __ATOMIC_SEQ_CST),
		__atomic_load_n(&decision->release_at, __ATOMIC_SEQ_CST));
}

/*
 * The slot's time is what its decision says now. Whoever changes the decision
 * comes here after that, so the last one to look sets the right time.
 */
static void arm(uint32_t slot)
{
	uint64_t set;

	do {
		set = next_time(slot);
		if (set)
			belayi_deadline_arm(slot, set);
		else
			belayi_deadline_disarm(slot);
	} while (next_time(slot) != set);
}

void belayi_timing_arm(const struct belayi_decided *decided)
{
	uint64_t at = time_after(decided->begun, decided->deadline_ns);

	if (!at)
		return;
	/* For readers of the call table. */
	__atomic_store_n(&belayi_process.slots[decided->slot].deadline,
			 decided->deadline_ns, __ATOMIC_RELAXED);
	/* Release: who arms or disarms after us sees it. */
	__atomic_store_n(&decision_of(decided)->cancel_at, at,
			 __ATOMIC_RELEASE);
	belayi_deadline_arm(decided->slot, at);
	belayi_decided_told(decided, decided->deadline_by, "arm",
			    decided->deadline_ns);
}

/* Once for each site: the list in the session's state names it. */
static void cannot_cancel(const struct belayi_decided *decided)
{
	const struct belayi_fired *fired =
		&decided->fired[decided->deadline_by];

	belayi_count_up(&fired->rule->rule->state->not_canceled);
	belayi_decided_told(decided, decided->deadline_by, "not-canceled",
			    decided->deadline_ns);
	if (!__atomic_exchange_n(&fired->rule->told, 1, __ATOMIC_RELAXED))
		belayi_rule_note(fired->rule->rule, BELAY_ENTRY_NOT_CANCELED,
				 decided->site->address, fired->n);
}

void belayi_timing_end(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = decision_of(decided);
	const struct timespec nap = {0, NAP_NS};
	bool armed = next_time(decided->slot) != 0;

	/* Before the time goes, or whoever arms again at this moment could see
	 * the turn and not that. Of a call on the heap before the claim is
	 * looked at, too. */
	if (is_on_heap(decided))
		__atomic_store_n(&decision->id, 0, __ATOMIC_SEQ_CST);
	else
		__atomic_store_n(&decision->id, 0, __ATOMIC_RELEASE);
	if (armed)
		belayi_deadline_end(decided->slot);
	if (keeps(decided) != BELAY_DELIVER) {
		if (__atomic_load_n(&decision->cancel_owed, __ATOMIC_SEQ_CST) ==
		    decided->id)
			cannot_cancel(decided);
		belayi_timing_release(decided);
	}
	while (is_on_heap(decided) &&
	       __atomic_load_n(&decision->claimed, __ATOMIC_SEQ_CST))
		(void)nanosleep(&nap, NULL);
}

/* --- Holding ------------------------------------------------------------- */

static int futex(uint32_t *word, int operation, uint32_t value,
		 const struct timespec *time)
{
	return (int)syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG,
			    value, time, NULL, FUTEX_BITSET_MATCH_ANY);
}

static void wake_all(uint32_t *word)
{
	int saved = errno;

	(void)futex(word, FUTEX_WAKE, INT_MAX, NULL);
	errno = saved;
}

static bool move_held(const struct belayi_decided *decided,
		      enum belayi_held from, enum belayi_held to)
{
	uint32_t word = belayi_held_word(decided, from);

	return __atomic_compare_exchange_n(&decision_of(decided)->held, &word,
					   belayi_held_word(decided, to), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
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
	return __atomic_load_n(&decision_of(decided)->held, __ATOMIC_SEQ_CST) ==
	       belayi_held_word(decided, BELAYI_HOLDING);
}

void belayi_timing_release(const struct belayi_decided *decided)
{
	if (move_held(decided, BELAYI_NOT_HELD, BELAYI_RELEASED) ||
	    !move_held(decided, BELAYI_HOLDING, BELAYI_RELEASED))
		return;
	show_held(decided, false);
	wake_all(&decision_of(decided)->held);
}

/* --- A cancel that is owed ----------------------------------------------- */

/*
 * At its deadline the other side was in the middle of a call, which is to be
 * held back after that: then it can be cancelled. Sequential: either the hold
 * is seen by who owes the cancel, or the cancel by who starts the hold.
 */
static void pay_when_held(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = decision_of(decided);
	uint64_t id = decided->id;
	uint64_t none = 0;

	if (!is_held(decided) ||
	    !__atomic_compare_exchange_n(&decision->cancel_owed, &id, 0, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	/* Where it is a next turn's by now: that looks whether it is time. */
	(void)__atomic_compare_exchange_n(
		&decision->cancel_at, &none,
		time_after(belay_clock_now(), AGAIN_NS), false,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	arm(decided->slot);
}

static bool owe_cancel(const struct belayi_decided *decided)
{
	if (keeps(decided) != BELAY_HOLD)
		return false;
	__atomic_store_n(&decision_of(decided)->cancel_owed, decided->id,
			 __ATOMIC_SEQ_CST);
	pay_when_held(decided);
	return true;
}

/* --- Holding, and looking ------------------------------------------------ */

static void start_hold(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = decision_of(decided);
	bool is_drop = keeps(decided) == BELAY_DROP;
	uint64_t now = belay_clock_now();
	uint64_t at = is_drop ? 0 : time_after(now, decided->hold_ns);

	show_held(decided, true);
	belayi_decided_told(decided, decided->hold_by,
			    is_drop ? "drop" : "hold", decided->hold_ns);
	pay_when_held(decided);
	if (!at)
		return;
	__atomic_store_n(&decision->held_from, now, __ATOMIC_RELAXED);
	__atomic_store_n(&decision->release_at, at, __ATOMIC_SEQ_CST);
	arm(decided->slot);
}

enum belay_verdict belayi_timing_hold(const struct belayi_decided *decided)
{
	enum belay_verdict verdict = keeps(decided);

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
	return belayi_decisions && ref->call && belayi_live() &&
	       belayi_slot_of(ref->call) &&
	       belayi_decided_of(ref->call,
				 belayi_slot_index(belayi_slot_of(ref->call)),
				 ret_copy) &&
	       ret_copy->turn == ref->turn;
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

enum belay_verdict belay_adapter_keeps(const struct belay_ref *ref)
{
	struct belayi_decided decided;
	enum belay_verdict verdict;

	if (!decided_of(ref, &decided))
		return BELAY_DELIVER;
	verdict = keeps(&decided);
	return verdict == BELAY_DELIVER && may_change(&decided) ? BELAY_HOLD
								: verdict;
}

bool belay_adapter_changes(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	return decided_of(ref, &decided) && may_change(&decided);
}

void belay_adapter_unable(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	if (!decided_of(ref, &decided) || keeps(&decided) == BELAY_DELIVER)
		return;
	belayi_count_up(
		&decided.fired[decided.hold_by].rule->rule->state->unable);
	belayi_decided_told(&decided, decided.hold_by, "unable", decided.set);
}

enum belay_verdict belay_adapter_look(const struct belay_ref *ref)
{
	struct belayi_decided decided;

	return decided_of(ref, &decided) ? belayi_timing_hold(&decided)
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

	if (!decided_of(ref, &decided))
		return true;
	while (in_time && is_held(&decided))
		in_time =
			futex(&decision_of(&decided)->held, FUTEX_WAIT_BITSET,
			      belayi_held_word(&decided, BELAYI_HOLDING),
			      deadline_ns == UINT64_MAX ? NULL : &until) == 0 ||
			errno == EAGAIN;
	errno = saved;
	return in_time;
}

int64_t belay_adapter_short(const struct belay_ref *ref, int64_t result)
{
	struct belayi_decided decided;

	if (!decided_of(ref, &decided) ||
	    !(decided.set & BELAY_VERDICT_SHORT) || result < decided.short_to)
		return result;
	return decided.short_to;
}

/* --- The deadline thread ------------------------------------------------- */

/* False where it is over, or a helper works on it. */
static bool claim(uint32_t slot, uint64_t id, struct belayi_decided *ret_copy)
{
	uint32_t *claimed = &belayi_decisions[slot].claimed;

	if (!belayi_decided_copy(slot, id, ret_copy))
		return false;
	if (!is_on_heap(ret_copy))
		return true;
	if (__atomic_exchange_n(claimed, 1, __ATOMIC_SEQ_CST))
		return false;
	if (__atomic_load_n(&belayi_decisions[slot].id, __ATOMIC_SEQ_CST) == id)
		return true;
	__atomic_store_n(claimed, 0, __ATOMIC_SEQ_CST);
	return false;
}

static void unclaim(const struct belayi_decided *decided)
{
	if (is_on_heap(decided))
		__atomic_store_n(&decision_of(decided)->claimed, 0,
				 __ATOMIC_SEQ_CST);
	arm(decided->slot);
}

static void cancel(const struct belayi_decided *decided)
{
	const struct belay_ref ref = {decided->call, decided->turn};
	const struct belayi_rule *rule =
		decided->fired[decided->deadline_by].rule->rule;
	HRESULT hr;

	belayi_decided_told(decided, decided->deadline_by, "deadline",
			    decided->deadline_ns);
	/* First: the program may see it, and end, before we are told. */
	belayi_count_up(&rule->state->canceled);
	hr = belay_call_cancel(&ref, 0, BELAY_BY_POLICY);
	if (hr == S_OK)
		return;
	belayi_count_back(&rule->state->canceled);
	if (hr == RPC_E_CALL_COMPLETE || hr == RPC_E_CALL_CANCELED ||
	    (hr == E_FAIL && owe_cancel(decided)))
		return;
	cannot_cancel(decided);
}

/* On a helper thread, which may wait for the deadline thread. */
static void cancel_slowly(uint64_t slot, uint64_t id)
{
	const uint64_t *now = &belayi_decisions[slot].id;
	const struct timespec nap = {0, NAP_NS};
	struct belayi_decided decided;

	while (!claim((uint32_t)slot, id, &decided)) {
		if (__atomic_load_n(now, __ATOMIC_SEQ_CST) != id)
			return;
		(void)nanosleep(&nap, NULL);
	}
	cancel(&decided);
	unclaim(&decided);
}

/* Return: whether a helper is to do it. */
static bool start_cancel(const struct belayi_decided *decided)
{
	uint32_t needs = decided->site->operation->cancel_needs;

	if (needs & BELAY_CANCEL_ON_OWNER)
		cannot_cancel(decided);
	else if (needs & BELAY_CANCEL_MAY_BLOCK)
		return true;
	else
		cancel(decided);
	return false;
}

/*
 * A call on the heap is held where its completion is chosen, after that was
 * told here. Where the thread that does it has not come so far, there is
 * nothing to release yet. Claimed: no next turn's time can be in its place.
 */
static bool release_own(const struct belayi_decided *decided,
			const struct belay_ref *ref)
{
	if (belay_call_release(ref))
		return true;
	if (belay_call_state(ref->call) == BELAY_CALL_SETTLING)
		__atomic_store_n(&decision_of(decided)->release_at,
				 time_after(belay_clock_now(), AGAIN_NS),
				 __ATOMIC_SEQ_CST);
	return false;
}

static void end_hold(const struct belayi_decided *decided)
{
	const struct belay_ref ref = {decided->call, decided->turn};
	const struct belay_operation *operation = decided->site->operation;

	if (is_on_heap(decided) && !release_own(decided, &ref))
		return;
	if (!move_held(decided, BELAYI_HOLDING, BELAYI_RELEASED))
		return;
	show_held(decided, false);
	if (!is_on_heap(decided) && operation->deliver)
		operation->deliver(&ref);
	wake_all(&decision_of(decided)->held);
	if (operation->wake)
		operation->wake(&ref);
}

/*
 * Whether Begin is on its way yet: the call has no operation before Begin is
 * done with the rules, and some APIs do not know it before they have taken it.
 */
static bool is_starting(const struct belayi_decided *decided)
{
	uint32_t needs = decided->site->operation->cancel_needs;

	/* Acquire pairs with belay_call_begin(): as a cancel will see it. */
	return !__atomic_load_n(&decided->call->operation, __ATOMIC_ACQUIRE) ||
	       ((needs & BELAY_CANCEL_ACCEPTED) &&
		belay_call_state(decided->call) == BELAY_CALL_STARTING);
}

/* A time that comes too early comes again a little later. */
static uint64_t left_to_cancel(const struct belayi_decided *decided)
{
	uint64_t left =
		belayi_deadline_left(decided->begun, decided->deadline_ns);

	return !left && is_starting(decided) ? AGAIN_NS : left;
}

static uint64_t left_to_release(const struct belayi_decided *decided)
{
	return belayi_deadline_left(
		__atomic_load_n(&decision_of(decided)->held_from,
				__ATOMIC_RELAXED),
		decided->hold_ns);
}

/*
 * The turn is looked at between: a next turn's time is another one, and is
 * left alone.
 * Return: whether it is time; if it is not quite, *time is set anew.
 */
static bool is_time(const struct belayi_decided *decided, uint64_t *time,
		    uint64_t (*left_of)(const struct belayi_decided *decided))
{
	uint64_t at = __atomic_load_n(time, __ATOMIC_SEQ_CST);
	uint64_t now = belay_clock_now();
	uint64_t left;

	if (!at || at > now ||
	    __atomic_load_n(&decision_of(decided)->id, __ATOMIC_SEQ_CST) !=
		    decided->id)
		return false;
	left = left_of(decided);
	return __atomic_compare_exchange_n(
		       time, &at, left ? time_after(now, left) : 0, false,
		       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) &&
	       left == 0;
}

void belayi_timing_due(uint32_t slot)
{
	struct belayi_decision *decision = &belayi_decisions[slot];
	uint64_t id = __atomic_load_n(&decision->id, __ATOMIC_SEQ_CST);
	struct belayi_decided decided;
	bool helper = false;

	/* Where a helper has claimed the call, it arms again. */
	if (!id || !belayi_live() || !claim(slot, id, &decided))
		return;
	if (is_time(&decided, &decision->release_at, left_to_release))
		end_hold(&decided);
	if (is_time(&decided, &decision->cancel_at, left_to_cancel) &&
	    (decided.set & BELAY_VERDICT_DEADLINE))
		helper = start_cancel(&decided);
	unclaim(&decided);
	if (helper && !belayi_helper_run(cancel_slowly, slot, id) &&
	    claim(slot, id, &decided)) {
		cannot_cancel(&decided);
		unclaim(&decided);
	}
}
