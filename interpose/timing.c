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

static uint32_t slot_of(const struct belayi_decision *decision)
{
	return (uint32_t)(decision - belayi_decisions);
}

static uint64_t id_of(const struct belayi_decision *decision)
{
	return __atomic_load_n(&decision->id, __ATOMIC_ACQUIRE);
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

static uint64_t next_time(const struct belayi_decision *decision)
{
	if (!id_of(decision))
		return 0;
	return earlier(
		__atomic_load_n(&decision->cancel_at, __ATOMIC_RELAXED),
		__atomic_load_n(&decision->release_at, __ATOMIC_RELAXED));
}

/*
 * The slot's time is what its decision says now. Whoever changes the decision
 * comes here after that, so the last one to look sets the right time.
 */
static void arm(struct belayi_decision *decision)
{
	uint64_t set;

	do {
		set = next_time(decision);
		if (set)
			belayi_deadline_arm(slot_of(decision), set);
		else
			belayi_deadline_disarm(slot_of(decision));
	} while (next_time(decision) != set);
}

void belayi_timing_arm(struct belayi_decision *decision)
{
	uint64_t at = time_after(decision->begun, decision->deadline_ns);

	if (!at)
		return;
	belayi_process.slots[slot_of(decision)].deadline = at;
	__atomic_store_n(&decision->cancel_at, at, __ATOMIC_RELAXED);
	belayi_deadline_arm(slot_of(decision), at);
}

void belayi_timing_end(struct belayi_decision *decision)
{
	const struct timespec nap = {0, NAP_NS};
	bool armed = next_time(decision) != 0;

	__atomic_store_n(&decision->id, 0, __ATOMIC_SEQ_CST);
	if (armed)
		belayi_deadline_disarm(slot_of(decision));
	belayi_timing_release(decision);
	if (belayi_slot_of(decision->call))
		return;
	while (__atomic_load_n(&decision->claimed, __ATOMIC_SEQ_CST))
		(void)nanosleep(&nap, NULL);
}

/* --- Holding ------------------------------------------------------------- */

static int futex(uint32_t *word, int operation, uint32_t value,
		 const struct timespec *time)
{
	return (int)syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG,
			    value, time, NULL, FUTEX_BITSET_MATCH_ANY);
}

void belayi_timing_release(struct belayi_decision *decision)
{
	int saved = errno;

	if (__atomic_exchange_n(&decision->held, BELAYI_RELEASED,
				__ATOMIC_SEQ_CST) == BELAYI_HOLDING)
		(void)futex(&decision->held, FUTEX_WAKE, INT_MAX, NULL);
	errno = saved;
}

static enum belay_verdict keeps(const struct belayi_decision *decision)
{
	if (decision->set & BELAY_VERDICT_DROP)
		return BELAY_DROP;
	return decision->set & BELAY_VERDICT_HOLD ? BELAY_HOLD : BELAY_DELIVER;
}

enum belay_verdict belayi_timing_hold(struct belayi_decision *decision)
{
	enum belay_verdict verdict = keeps(decision);
	uint32_t held = BELAYI_NOT_HELD;
	uint64_t at;

	if (verdict == BELAY_DELIVER)
		return verdict;
	if (!__atomic_compare_exchange_n(&decision->held, &held, BELAYI_HOLDING,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return held == BELAYI_HOLDING ? verdict : BELAY_DELIVER;
	belayi_decision_told(decision, decision->hold_by,
			     verdict == BELAY_DROP ? "drop" : "hold",
			     decision->hold_ns);
	if (verdict == BELAY_DROP)
		return verdict;
	decision->held_from = belay_clock_now();
	at = time_after(decision->held_from, decision->hold_ns);
	if (at) {
		__atomic_store_n(&decision->release_at, at, __ATOMIC_RELAXED);
		arm(decision);
	}
	return verdict;
}

static struct belayi_decision *decision_of(const struct belay_ref *ref)
{
	struct belayi_decision *decision;

	if (!belayi_decisions || !ref->call || !belayi_live() ||
	    !belayi_slot_of(ref->call))
		return NULL;
	decision = belayi_decision_of(
		ref->call, belayi_slot_index(belayi_slot_of(ref->call)));
	return decision && decision->turn == ref->turn ? decision : NULL;
}

enum belay_verdict belay_adapter_keeps(const struct belay_ref *ref)
{
	const struct belayi_decision *decision = decision_of(ref);

	return decision ? keeps(decision) : BELAY_DELIVER;
}

enum belay_verdict belay_adapter_look(const struct belay_ref *ref)
{
	struct belayi_decision *decision = decision_of(ref);

	return decision ? belayi_timing_hold(decision) : BELAY_DELIVER;
}

bool belay_adapter_wait(const struct belay_ref *ref, uint64_t deadline_ns)
{
	struct belayi_decision *decision = decision_of(ref);
	const struct timespec until = {
		(time_t)(deadline_ns / NS_PER_S),
		(long)(deadline_ns % NS_PER_S),
	};
	int saved = errno;
	bool in_time = true;

	while (in_time && decision && decision_of(ref) &&
	       __atomic_load_n(&decision->held, __ATOMIC_ACQUIRE) ==
		       BELAYI_HOLDING)
		in_time =
			futex(&decision->held, FUTEX_WAIT_BITSET,
			      BELAYI_HOLDING,
			      deadline_ns == UINT64_MAX ? NULL : &until) == 0 ||
			errno == EAGAIN;
	errno = saved;
	return in_time;
}

int64_t belay_adapter_short(const struct belay_ref *ref, int64_t result)
{
	const struct belayi_decision *decision = decision_of(ref);

	if (!decision || !(decision->set & BELAY_VERDICT_SHORT) ||
	    result < decision->short_to)
		return result;
	return decision->short_to;
}

/* --- The deadline thread ------------------------------------------------- */

/*
 * What is worked on is a copy: in the slot the next turn may begin meanwhile.
 * Only a call on the heap must be claimed.
 */
static bool claim(struct belayi_decision *decision, uint64_t id,
		  struct belayi_decision *ret_copy)
{
	*ret_copy = *decision;
	if (id_of(decision) != id)
		return false;
	if (belayi_slot_of(ret_copy->call))
		return true;
	if (__atomic_exchange_n(&decision->claimed, 1, __ATOMIC_SEQ_CST))
		return false;
	if (__atomic_load_n(&decision->id, __ATOMIC_SEQ_CST) == id)
		return true;
	__atomic_store_n(&decision->claimed, 0, __ATOMIC_SEQ_CST);
	return false;
}

static void unclaim(struct belayi_decision *decision,
		    const struct belayi_decision *copy)
{
	if (!belayi_slot_of(copy->call))
		__atomic_store_n(&decision->claimed, 0, __ATOMIC_SEQ_CST);
	arm(decision);
}

/* Once for each site: the list in the session's state names it. */
static void cannot_cancel(const struct belayi_decision *copy)
{
	struct belayi_site_rule *rule = copy->fired[copy->deadline_by].rule;

	belayi_count_up(&rule->rule->state->not_canceled);
	belayi_decision_told(copy, copy->deadline_by, "not-canceled",
			     copy->deadline_ns);
	if (!__atomic_exchange_n(&rule->told, 1, __ATOMIC_RELAXED))
		belayi_rule_note(rule->rule, BELAY_ENTRY_NOT_CANCELED,
				 copy->site->address,
				 copy->fired[copy->deadline_by].n);
}

static void cancel(const struct belayi_decision *copy)
{
	const struct belay_ref ref = {copy->call, copy->turn};
	const struct belayi_rule *rule =
		copy->fired[copy->deadline_by].rule->rule;
	HRESULT hr;

	belayi_decision_told(copy, copy->deadline_by, "deadline",
			     copy->deadline_ns);
	hr = belay_call_cancel(&ref, 0, BELAY_BY_POLICY);
	if (hr == S_OK)
		belayi_count_up(&rule->state->canceled);
	else if (hr != RPC_E_CALL_COMPLETE && hr != RPC_E_CALL_CANCELED)
		cannot_cancel(copy);
}

/* On a helper thread. */
static void cancel_slowly(uint64_t slot, uint64_t id)
{
	struct belayi_decision *decision = &belayi_decisions[slot];
	struct belayi_decision copy;

	if (!claim(decision, id, &copy))
		return;
	cancel(&copy);
	unclaim(decision, &copy);
}

/* Return: whether a helper is to do it. */
static bool start_cancel(const struct belayi_decision *copy)
{
	uint32_t needs = copy->site->operation->cancel_needs;

	if (copy->deadline_by >= copy->fired_count)
		return false;
	if (needs & BELAY_CANCEL_ON_OWNER)
		cannot_cancel(copy);
	else if (needs & BELAY_CANCEL_MAY_BLOCK)
		return true;
	else
		cancel(copy);
	return false;
}

static void end_hold(struct belayi_decision *decision,
		     const struct belayi_decision *copy)
{
	const struct belay_ref ref = {copy->call, copy->turn};
	const struct belay_operation *operation = copy->site->operation;
	uint32_t holding = BELAYI_HOLDING;

	if (!__atomic_compare_exchange_n(&decision->held, &holding,
					 BELAYI_RELEASED, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	if (!belayi_slot_of(copy->call))
		(void)belay_call_release(&ref);
	else if (operation->deliver)
		operation->deliver(&ref);
	(void)futex(&decision->held, FUTEX_WAKE, INT_MAX, NULL);
	if (operation->wake)
		operation->wake(&ref);
}

/* Return: whether it is time; if it is not quite, *time is set anew. */
static bool is_time(uint64_t *time, uint64_t from, uint64_t ns)
{
	uint64_t at = __atomic_load_n(time, __ATOMIC_ACQUIRE);
	uint64_t now = belay_clock_now();
	uint64_t left;

	if (!at || at > now)
		return false;
	left = belayi_deadline_left(from, ns);
	return __atomic_compare_exchange_n(
		       time, &at, left ? time_after(now, left) : 0, false,
		       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) &&
	       left == 0;
}

void belayi_timing_due(uint32_t slot)
{
	struct belayi_decision *decision = &belayi_decisions[slot];
	struct belayi_decision copy;
	uint64_t id = id_of(decision);
	bool helper = false;

	/* Where a helper has claimed the call, it arms again. */
	if (!id || !belayi_live() || !claim(decision, id, &copy))
		return;
	if (is_time(&decision->release_at, copy.held_from, copy.hold_ns))
		end_hold(decision, &copy);
	if (is_time(&decision->cancel_at, copy.begun, copy.deadline_ns))
		helper = start_cancel(&copy);
	unclaim(decision, &copy);
	if (helper && !belayi_helper_run(cancel_slowly, slot, id) &&
	    claim(decision, id, &copy)) {
		cannot_cancel(&copy);
		unclaim(decision, &copy);
	}
}
