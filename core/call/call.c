/* SPDX-License-Identifier: MIT */
/*
 * call.c - the verbs of the call object
 *
 * Each verb moves the state word (state.c), and whoever wins a move tells the
 * observer, before others can see the move where the order of events matters.
 * Waiting moves nothing (wait.c), cancelling has its own moves (cancel.c).
 */
#include <errno.h>
#include <string.h>

#include <belay/call.h>
#include <belay/clock.h>

#include "observer.h"
#include "state.h"
#include "verbs.h"

/* How long a collector waits for a thread that is choosing the outcome. */
#define SETTLE_NS BELAYI_NS_PER_S

void belay_call_init(struct belay_call *call)
{
	memset(call, 0, sizeof(*call));
}

__attribute__((hot)) struct belay_ref
belay_call_ref(const struct belay_call *call)
{
	uint64_t word = __atomic_load_n(&call->word, __ATOMIC_ACQUIRE);

	return (struct belay_ref){(struct belay_call *)call, belayi_turn(word)};
}

__attribute__((hot)) uint64_t belay_call_id(const struct belay_ref *ref)
{
	/* Acquire: the word is read again only after the id. */
	uint64_t id = __atomic_load_n(&ref->call->id, __ATOMIC_ACQUIRE);
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_RELAXED);

	return belayi_turn(word) == ref->turn ? id : 0;
}

__attribute__((hot)) enum belay_state
belay_call_state(const struct belay_call *call)
{
	return belayi_state(__atomic_load_n(&call->word, __ATOMIC_ACQUIRE));
}

static void store_outcome(struct belay_call *call,
			  const struct belay_outcome *outcome)
{
	call->ending = (uint8_t)outcome->ending;
	call->status = outcome->status;
	call->result = outcome->result;
}

static void load_outcome(const struct belay_call *call,
			 struct belay_outcome *outcome)
{
	outcome->ending = (enum belay_ending)call->ending;
	outcome->status = call->status;
	outcome->result = call->result;
}

/*
 * Alone in FINISHING: the object is idle. Relaxed: the move publishes it. What
 * is left of the old turn must not be taken for the next one's, whose Begin
 * wins its turn before it can write.
 */
static void end_turn(const struct belay_ref *ref)
{
	__atomic_store_n(&ref->call->operation, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&ref->call->id, 0, __ATOMIC_RELAXED);
	(void)belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_IDLE,
			     NULL);
}

/* --- Begin --------------------------------------------------------------- */

static HRESULT pending(struct belay_call *call,
		       const struct belay_operation *operation)
{
	const struct belay_observer *observer = BELAYI_HOOK(refuse);

	if (observer)
		observer->refuse(call, operation, RPC_E_CALL_PENDING, true);
	return RPC_E_CALL_PENDING;
}

static void refuse(const struct belay_ref *ref,
		   const struct belay_operation *operation, int32_t status)
{
	const struct belay_observer *observer = BELAYI_HOOK(refuse);

	if (observer)
		observer->refuse(ref->call, operation, status, false);
	end_turn(ref);
}

/* The operation is not published yet, so nobody else moves the call. */
static HRESULT failed_begin(const struct belay_ref *ref,
			    const struct belay_operation *operation,
			    const struct belay_outcome *fault)
{
	bool hresult = operation->status_kind == BELAY_STATUS_HRESULT;

	(void)belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_FINISHING,
			     NULL);
	store_outcome(ref->call, fault);
	refuse(ref, operation, fault->status);
	return hresult && FAILED(fault->status) ? fault->status : E_FAIL;
}

static bool observed_begin(const struct belay_ref *ref,
			   const struct belay_begin *begin,
			   struct belay_outcome *ret_fault)
{
	const struct belay_observer *observer = BELAYI_HOOK(begin);

	return !observer ||
	       observer->begin(ref->call, begin, ref->turn, ret_fault);
}

HRESULT belay_call_begin(struct belay_call *call,
			 const struct belay_begin *begin,
			 struct belay_ref *ret_ref)
{
	struct belay_outcome fault = {BELAY_FAILED, E_FAIL, 0};
	struct belay_ref ref = belay_call_ref(call);
	struct belay_begin with_site;

	if (!belayi_advance(&call->word, ref.turn, BELAY_CALL_STARTING, NULL))
		return pending(call, begin->operation);
	/* Relaxed: late parties of the old turn look, and lose by the turn. */
	__atomic_store_n(&call->id, belay_id_new(), __ATOMIC_RELAXED);
	__atomic_store_n(&call->cancels, 0, __ATOMIC_RELAXED);
	call->completed = 0;
	__atomic_store_n(&call->begun, belay_clock_now(), __ATOMIC_RELAXED);
	if (__builtin_expect(!begin->site, 0)) {
		with_site = *begin;
		with_site.site = __builtin_return_address(0);
		begin = &with_site;
	}
	if (!observed_begin(&ref, begin, &fault))
		return failed_begin(&ref, begin->operation, &fault);
	if (BELAYI_CAN(begin->operation, begun))
		begin->operation->begun(&ref);
	/* Release: from here on the call can be cancelled and finished. */
	__atomic_store_n(&call->operation, begin->operation, __ATOMIC_RELEASE);
	*ret_ref = ref;
	return S_OK;
}

bool belay_call_accept(const struct belay_ref *ref)
{
	return belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_PENDING,
			      NULL);
}

/*
 * A call that has settled is its settled hook's: what the turn holds is given
 * back there, so it must not be given back for a Begin that failed, too.
 */
static bool may_refuse(const struct belay_operation *operation, uint64_t word,
		       uint64_t turn)
{
	return belayi_may_move(word, turn, BELAY_CALL_FINISHING) &&
	       (belayi_state(word) < BELAY_CALL_COMPLETED ||
		!BELAYI_CAN(operation, settled));
}

bool belay_call_refuse(const struct belay_ref *ref, int32_t status)
{
	const struct belay_operation *operation =
		belayi_operation_of(ref->call);
	uint64_t *word = &ref->call->word;
	uint64_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	/* First alone with the call: a cancel may come in the middle. */
	do {
		if (!operation || !may_refuse(operation, old, ref->turn))
			return false;
	} while (!belayi_swap(word, &old,
			      belayi_moved(old, BELAY_CALL_FINISHING)));
	if (old & BELAYI_WAITED)
		belayi_wake(word);
	refuse(ref, operation, status);
	return true;
}

/* --- Complete ------------------------------------------------------------ */

void belayi_settle(const struct belay_ref *ref, enum belay_state to)
{
	const struct belay_operation *operation =
		belayi_operation_of(ref->call);

	(void)belayi_advance(&ref->call->word, ref->turn, to, NULL);
	if (operation && BELAYI_CAN(operation, settled))
		operation->settled(ref);
}

/* Alone in SETTLING: says that the outcome is chosen, and publishes it. */
static void publish(const struct belay_ref *ref,
		    const struct belay_outcome *outcome)
{
	const struct belay_observer *observer = BELAYI_HOOK(complete);

	ref->call->completed = belay_clock_now();
	if (observer)
		observer->complete(ref->call, outcome);
	belayi_settle(ref, BELAY_CALL_COMPLETED);
}

static enum belay_verdict choose(struct belay_call *call,
				 struct belay_outcome *outcome,
				 enum belay_moment moment)
{
	const struct belay_observer *observer = BELAYI_HOOK(completing);

	if (!observer)
		return BELAY_DELIVER;
	return observer->completing(call, outcome, moment);
}

__attribute__((hot)) bool belay_call_complete(const struct belay_ref *ref,
					      struct belay_outcome *outcome)
{
	enum belay_verdict verdict;

	if (!belayi_is_known(ref) ||
	    !belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_SETTLING,
			    NULL))
		return false;
	verdict = choose(ref->call, outcome, BELAY_AT_COMPLETE);
	store_outcome(ref->call, outcome);
	if (verdict != BELAY_DELIVER &&
	    belayi_hold(&ref->call->word, ref->turn))
		return false;
	publish(ref, outcome);
	return true;
}

bool belay_call_release(const struct belay_ref *ref)
{
	struct belay_outcome outcome;

	if (!belayi_unhold(&ref->call->word, ref->turn))
		return false;
	load_outcome(ref->call, &outcome);
	publish(ref, &outcome);
	return true;
}

/* --- Finish -------------------------------------------------------------- */

void belay_call_conclude(const struct belay_ref *ref,
			 const struct belay_outcome *outcome)
{
	const struct belay_observer *observer = BELAYI_HOOK(finish);

	if (observer)
		observer->finish(ref->call, ref->turn, outcome);
	end_turn(ref);
}

static struct belay_outcome
canceled_outcome(const struct belay_operation *operation)
{
	bool is_errno = operation->status_kind == BELAY_STATUS_ERRNO;

	return (struct belay_outcome){
		BELAY_CANCELED, is_errno ? ECANCELED : RPC_E_CALL_CANCELED, 0};
}

HRESULT belay_call_claim(struct belay_call *call,
			 const struct belay_operation *operation,
			 struct belay_ref *ret_ref,
			 struct belay_outcome *ret_outcome)
{
	struct belay_ref ref = belay_call_ref(call);
	enum belay_state state = belay_call_state(call);
	uint64_t old;

	if (state == BELAY_CALL_IDLE || state == BELAY_CALL_FINISHING ||
	    belayi_operation_of(call) != operation)
		return RPC_E_CALL_COMPLETE;
	if (!belayi_mark(&call->word, ref.turn, BELAYI_CLAIMED))
		return RPC_E_CALL_COMPLETE;
	(void)belayi_wait_settled(&ref, UINT64_MAX, true);
	if (!belayi_advance(&call->word, ref.turn, BELAY_CALL_FINISHING, &old))
		return RPC_E_CALL_COMPLETE;
	if (old & BELAYI_ABANDONED)
		*ret_outcome = canceled_outcome(operation);
	else
		load_outcome(call, ret_outcome);
	*ret_ref = ref;
	return S_OK;
}

HRESULT belay_call_finish(struct belay_call *call,
			  const struct belay_operation *operation,
			  struct belay_outcome *ret_outcome)
{
	struct belay_outcome outcome;
	struct belay_ref ref;
	HRESULT hr = belay_call_claim(call, operation, &ref, &outcome);

	if (hr != S_OK)
		return hr;
	belay_call_conclude(&ref, &outcome);
	*ret_outcome = outcome;
	return S_OK;
}

/*
 * Moves to FINISHING; where another thread is just choosing the outcome, when
 * it has. That is short: the time is bounded for a signal handler that
 * interrupted this very thread.
 */
static bool claim_to_collect(const struct belay_ref *ref, uint64_t *ret_old)
{
	uint64_t *word = &ref->call->word;
	uint64_t seen;

	if (belayi_advance(word, ref->turn, BELAY_CALL_FINISHING, ret_old))
		return true;
	(void)belayi_owe(word, ref->turn);
	seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	if (belayi_state(seen) == BELAY_CALL_SETTLING && !(seen & BELAYI_HELD))
		(void)belayi_sleep_settled(ref, belayi_deadline_in(SETTLE_NS));
	return belayi_advance(word, ref->turn, BELAY_CALL_FINISHING, ret_old);
}

__attribute__((hot)) bool belay_call_collect(const struct belay_ref *ref,
					     struct belay_outcome *outcome)
{
	enum belay_ending ending = outcome->ending;
	uint64_t old;

	if (!belayi_is_known(ref) || !claim_to_collect(ref, &old))
		return false;
	if (belayi_state(old) == BELAY_CALL_COMPLETED)
		load_outcome(ref->call, outcome);
	else if (belayi_state(old) != BELAY_CALL_CANCELED)
		(void)choose(ref->call, outcome, BELAY_AT_FINISH);
	if (ending == BELAY_UNCOLLECTED)
		outcome->ending = ending;
	belay_call_conclude(ref, outcome);
	return true;
}
