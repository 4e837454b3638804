/* SPDX-License-Identifier: MIT */
/*
 * timing.c - what is due at a call's time: its cancel, the end of its hold
 *
 * The deadline thread comes here when a slot's time has come. The call may be
 * over by then, and another be in the slot: what is due stands in the decision
 * of a turn, and a call is only touched in that turn. The memory of a call on
 * the heap is its owner's, who waits at the end of the turn while it is
 * claimed here.
 */
#include "decisions.h"

#include <time.h>

#include <belay/clock.h>

#include "deadlines.h"
#include "guard.h"
#include "process.h"

#define NAP_NS 10000
#define AGAIN_NS 100000  /* between looks at what is on its way */
#define LATER_NS 1000000 /* and at what a helper does */

/* --- Arming -------------------------------------------------------------- */

uint64_t belayi_timing_after(uint64_t from, uint64_t ns)
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
void belayi_timing_set(uint32_t slot)
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
	uint64_t at = belayi_timing_after(decided->begun, decided->deadline_ns);

	if (!at)
		return;
	/* For readers of the call table. */
	__atomic_store_n(&belayi_process.slots[decided->slot].deadline,
			 decided->deadline_ns, __ATOMIC_RELAXED);
	/* Release: who arms or disarms after us sees it. */
	__atomic_store_n(&belayi_decision_of(decided)->cancel_at, at,
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

/*
 * Whether another thread works on the call. The one that has claimed it can
 * come here itself: what it cancels or releases may end the turn at once (see
 * belay_operation.settled). It touches the call no more then.
 */
static bool is_claimed_by_another(const struct belayi_decision *decision)
{
	uint32_t thread = __atomic_load_n(&decision->claimed, __ATOMIC_SEQ_CST);

	return thread && thread != belayi_thread_id(NULL);
}

void belayi_timing_end(const struct belayi_decided *decided,
		       const struct belay_outcome *outcome)
{
	struct belayi_decision *decision = belayi_decision_of(decided);
	const struct timespec nap = {0, NAP_NS};
	bool armed = next_time(decided->slot) != 0;
	bool on_heap = belayi_is_on_heap(decided);

	if (outcome && outcome->ending != BELAY_SUCCEEDED &&
	    (decided->set & BELAY_VERDICT_DEADLINE))
		belayi_asked_end(decided, outcome->ending);
	/* Before the time goes, or whoever arms again at this moment could see
	 * the turn and not that. Of a call on the heap before the claim is
	 * looked at, too. */
	if (on_heap)
		__atomic_store_n(&decision->id, 0, __ATOMIC_SEQ_CST);
	else
		__atomic_store_n(&decision->id, 0, __ATOMIC_RELEASE);
	if (armed)
		belayi_deadline_end(decided->slot);
	if (belayi_decided_keeps(decided) != BELAY_DELIVER) {
		if (__atomic_load_n(&decision->cancel_owed, __ATOMIC_SEQ_CST) ==
		    decided->id)
			cannot_cancel(decided);
		belayi_hold_release(decided);
	}
	while (on_heap && is_claimed_by_another(decision))
		(void)nanosleep(&nap, NULL);
}

/* --- The deadline thread ------------------------------------------------- */

/* False where it is over, or a helper works on it. */
static bool claim(uint32_t slot, uint64_t id, struct belayi_decided *ret_copy)
{
	uint32_t *claimed = &belayi_decisions[slot].claimed;
	uint32_t nobody = 0;

	if (!belayi_decided_copy(slot, id, ret_copy))
		return false;
	if (!belayi_is_on_heap(ret_copy))
		return true;
	if (!__atomic_compare_exchange_n(claimed, &nobody,
					 belayi_thread_id(NULL), false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	if (__atomic_load_n(&belayi_decisions[slot].id, __ATOMIC_SEQ_CST) == id)
		return true;
	__atomic_store_n(claimed, 0, __ATOMIC_SEQ_CST);
	return false;
}

/* Only our own: it may have been given back already, and be another's now. */
static void give_claim_back(const struct belayi_decided *decided)
{
	uint32_t own = belayi_thread_id(NULL);

	(void)__atomic_compare_exchange_n(&belayi_decision_of(decided)->claimed,
					  &own, 0, false, __ATOMIC_SEQ_CST,
					  __ATOMIC_RELAXED);
}

static void unclaim(const struct belayi_decided *decided)
{
	if (belayi_is_on_heap(decided))
		give_claim_back(decided);
	belayi_timing_set(decided->slot);
}

/*
 * Whether settling a call runs code of others: of the program, for all we know.
 * It may wait for a thread that finishes the call, and so that must not wait for
 * ours; and it may take long, so it is not for the deadline thread.
 */
static bool has_settled(const struct belayi_decided *decided)
{
	const struct belay_operation *operation = decided->site->operation;

	return operation->size > offsetof(struct belay_operation, settled) &&
	       operation->settled;
}

void belayi_timing_settles(const struct belayi_decided *decided)
{
	uint32_t claimed = __atomic_load_n(
		&belayi_decision_of(decided)->claimed, __ATOMIC_RELAXED);

	if (!claimed || !has_settled(decided) ||
	    claimed != belayi_thread_id(NULL))
		return;
	(void)belayi_hold_end(decided);
	give_claim_back(decided);
}

static void cancel(const struct belayi_decided *decided)
{
	const struct belay_ref ref = {decided->call, decided->turn};
	const struct belayi_rule *rule =
		decided->fired[decided->deadline_by].rule->rule;
	HRESULT hr;

	belayi_decided_told(decided, decided->deadline_by, "deadline",
			    decided->deadline_ns);
	belayi_asked_count(decided);
	hr = belay_call_cancel(&ref, 0, BELAY_BY_POLICY);
	if (hr == S_OK)
		return;
	if (hr == E_FAIL && belayi_hold_owe(decided))
		return;
	if (!belayi_asked_forget(decided))
		return;
	if (hr == RPC_E_CALL_COMPLETE || hr == RPC_E_CALL_CANCELED)
		belayi_count_back(&rule->state->asked);
	else
		cannot_cancel(decided);
}

/* A helper is done with it: the hold may end. */
static void end_cancelling(const struct belayi_decided *decided)
{
	uint64_t id = decided->id;

	(void)__atomic_compare_exchange_n(
		&belayi_decision_of(decided)->cancelling, &id, 0, false,
		__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* On a helper thread, which may wait for others of ours; false: it is over. */
static bool claim_patiently(uint32_t slot, uint64_t id,
			    struct belayi_decided *ret_copy)
{
	const uint64_t *now = &belayi_decisions[slot].id;
	const struct timespec nap = {0, NAP_NS};

	while (!claim(slot, id, ret_copy)) {
		if (__atomic_load_n(now, __ATOMIC_SEQ_CST) != id)
			return false;
		(void)nanosleep(&nap, NULL);
	}
	return true;
}

static void cancel_slowly(uint64_t slot, uint64_t id)
{
	struct belayi_decided decided;

	if (!claim_patiently((uint32_t)slot, id, &decided))
		return;
	cancel(&decided);
	end_cancelling(&decided);
	unclaim(&decided);
}

/* Return: whether a helper is to do it, and the hold not to end before. */
static bool start_cancel(const struct belayi_decided *decided)
{
	uint32_t needs = decided->site->operation->cancel_needs;

	if (needs & BELAY_CANCEL_ON_OWNER) {
		cannot_cancel(decided);
		return false;
	}
	if (!(needs & BELAY_CANCEL_MAY_BLOCK) && !has_settled(decided)) {
		cancel(decided);
		return false;
	}
	__atomic_store_n(&belayi_decision_of(decided)->cancelling, decided->id,
			 __ATOMIC_SEQ_CST);
	return true;
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
		__atomic_store_n(
			&belayi_decision_of(decided)->release_at,
			belayi_timing_after(belay_clock_now(), AGAIN_NS),
			__ATOMIC_SEQ_CST);
	return false;
}

static void end_hold(const struct belayi_decided *decided)
{
	const struct belay_ref ref = {decided->call, decided->turn};
	const struct belay_operation *operation = decided->site->operation;

	if (belayi_is_on_heap(decided) &&
	    (!release_own(decided, &ref) || has_settled(decided)))
		return;
	if (!belayi_hold_end(decided))
		return;
	if (!belayi_is_on_heap(decided) && operation->deliver)
		operation->deliver(&ref);
	belayi_hold_wake(decided);
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
	const struct belayi_decision *decision = belayi_decision_of(decided);
	uint64_t left = belayi_deadline_left(
		__atomic_load_n(&decision->held_from, __ATOMIC_RELAXED),
		decided->hold_ns);
	uint64_t cancelling =
		__atomic_load_n(&decision->cancelling, __ATOMIC_SEQ_CST);

	return !left && cancelling == decided->id ? LATER_NS : left;
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
	    __atomic_load_n(&belayi_decision_of(decided)->id,
			    __ATOMIC_SEQ_CST) != decided->id)
		return false;
	left = left_of(decided);
	return __atomic_compare_exchange_n(
		       time, &at, left ? belayi_timing_after(now, left) : 0,
		       false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) &&
	       left == 0;
}

/* On a helper thread. */
static void release_slowly(uint64_t slot, uint64_t id)
{
	struct belayi_decided decided;

	if (!claim_patiently((uint32_t)slot, id, &decided))
		return;
	end_hold(&decided);
	unclaim(&decided);
}

/* What a helper is to do. */
enum { TO_CANCEL = 1, TO_RELEASE = 2 };

/*
 * What is due, the earlier time first: when we are late, both have come, and a
 * call whose deadline came before the end of its hold is not to be delivered.
 * Return: what a helper is to do.
 */
static unsigned int do_what_is_due(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = belayi_decision_of(decided);
	uint64_t at = __atomic_load_n(&decision->cancel_at, __ATOMIC_SEQ_CST);
	uint64_t release =
		__atomic_load_n(&decision->release_at, __ATOMIC_SEQ_CST);
	bool cancels_first = at && release && at <= release;
	unsigned int helper = 0;

	if (!cancels_first &&
	    is_time(decided, &decision->release_at, left_to_release)) {
		if (has_settled(decided))
			helper |= TO_RELEASE;
		else
			end_hold(decided);
	}
	if (is_time(decided, &decision->cancel_at, left_to_cancel) &&
	    (decided->set & BELAY_VERDICT_DEADLINE) && start_cancel(decided))
		helper |= TO_CANCEL;
	return helper;
}

void belayi_timing_due(uint32_t slot)
{
	uint64_t id =
		__atomic_load_n(&belayi_decisions[slot].id, __ATOMIC_SEQ_CST);
	struct belayi_decided decided;
	unsigned int helper;

	/* Where a helper has claimed the call, it arms again. */
	if (!id || !belayi_live() || !claim(slot, id, &decided))
		return;
	helper = do_what_is_due(&decided);
	unclaim(&decided);
	if ((helper & TO_RELEASE) &&
	    !belayi_helper_run(release_slowly, slot, id))
		release_slowly(slot, id);
	if ((helper & TO_CANCEL) &&
	    !belayi_helper_run(cancel_slowly, slot, id) &&
	    claim(slot, id, &decided)) {
		cannot_cancel(&decided);
		end_cancelling(&decided);
		unclaim(&decided);
	}
}
