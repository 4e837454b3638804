/* SPDX-License-Identifier: MIT */
/*
 * call.c - the verbs of the call object
 *
 * Each verb moves the state word (state.c), and whoever wins a move tells the
 * observer, before others can see the move where the order of events matters.
 */
#include <errno.h>
#include <string.h>

#include <belay/call.h>

#include "observer.h"
#include "state.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

void belay_call_init(struct belay_call *call)
{
	memset(call, 0, sizeof(*call));
}

struct belay_ref belay_call_ref(const struct belay_call *call)
{
	uint64_t word = __atomic_load_n(&call->word, __ATOMIC_ACQUIRE);

	return (struct belay_ref){(struct belay_call *)call, belayi_turn(word)};
}

uint64_t belay_call_id(const struct belay_ref *ref)
{
	/* Acquire: the word is read again only after the id. */
	uint64_t id = __atomic_load_n(&ref->call->id, __ATOMIC_ACQUIRE);
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_RELAXED);

	return belayi_turn(word) == ref->turn ? id : 0;
}

/* Relaxed: a Begin of a later turn may write it meanwhile. */
static const struct belay_operation *operation_of(const struct belay_call *call)
{
	return __atomic_load_n(&call->operation, __ATOMIC_RELAXED);
}

enum belay_state belay_call_state(const struct belay_call *call)
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

/* --- Begin --------------------------------------------------------------- */

static bool observed_begin(const struct belay_ref *ref,
			   const struct belay_begin *begin)
{
	const struct belay_observer *observer = BELAYI_HOOK(begin);
	struct belay_outcome fault = {BELAY_FAILED, E_FAIL, 0};

	if (!observer || observer->begin(ref->call, begin, ref->turn, &fault))
		return true;
	store_outcome(ref->call, &fault);
	return false;
}

static HRESULT pending(struct belay_call *call,
		       const struct belay_operation *operation)
{
	const struct belay_observer *observer = BELAYI_HOOK(refuse);

	if (observer)
		observer->refuse(call, operation, RPC_E_CALL_PENDING, true);
	return RPC_E_CALL_PENDING;
}

static HRESULT failed_begin(const struct belay_ref *ref)
{
	bool hresult =
		ref->call->operation->status_kind == BELAY_STATUS_HRESULT;
	int32_t status = ref->call->status;

	(void)belay_call_refuse(ref, status);
	return hresult && FAILED(status) ? status : E_FAIL;
}

HRESULT belay_call_begin(struct belay_call *call,
			 const struct belay_begin *begin,
			 struct belay_ref *ret_ref)
{
	struct belay_ref ref = belay_call_ref(call);
	struct belay_begin with_site;

	if (!belayi_advance(&call->word, ref.turn, BELAY_CALL_STARTING, NULL))
		return pending(call, begin->operation);
	/* Relaxed: a finisher in STARTING only compares it. */
	__atomic_store_n(&call->operation, begin->operation, __ATOMIC_RELAXED);
	__atomic_store_n(&call->id, belay_id_new(), __ATOMIC_RELAXED);
	call->completed = 0;
	call->cancels = 0;
	__atomic_store_n(&call->begun, belay_clock_now(), __ATOMIC_RELAXED);
	if (__builtin_expect(!begin->site, 0)) {
		with_site = *begin;
		with_site.site = __builtin_return_address(0);
		begin = &with_site;
	}
	if (!observed_begin(&ref, begin))
		return failed_begin(&ref);
	*ret_ref = ref;
	return S_OK;
}

bool belay_call_accept(const struct belay_ref *ref)
{
	return belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_PENDING,
			      NULL);
}

bool belay_call_refuse(const struct belay_ref *ref, int32_t status)
{
	const struct belay_observer *observer = BELAYI_HOOK(refuse);
	struct belay_call *call = ref->call;

	/* First alone with the call: a cancel may come in the middle. */
	if (!belayi_advance(&call->word, ref->turn, BELAY_CALL_FINISHING, NULL))
		return false;
	if (observer)
		observer->refuse(call, call->operation, status, false);
	(void)belayi_advance(&call->word, ref->turn, BELAY_CALL_IDLE, NULL);
	return true;
}

/* --- Complete ------------------------------------------------------------ */

/* Alone in SETTLING: says that the outcome is chosen, and publishes it. */
static void publish(const struct belay_ref *ref,
		    const struct belay_outcome *outcome)
{
	const struct belay_observer *observer = BELAYI_HOOK(complete);

	ref->call->completed = belay_clock_now();
	if (observer)
		observer->complete(ref->call, outcome);
	(void)belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_COMPLETED,
			     NULL);
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

bool belay_call_complete(const struct belay_ref *ref,
			 struct belay_outcome *outcome)
{
	enum belay_verdict verdict;

	if (!belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_SETTLING,
			    NULL))
		return false;
	verdict = choose(ref->call, outcome, BELAY_AT_COMPLETE);
	store_outcome(ref->call, outcome);
	if (verdict != BELAY_DELIVER) {
		(void)belayi_mark(&ref->call->word, ref->turn, BELAYI_HELD);
		return false;
	}
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

/* --- Wait ---------------------------------------------------------------- */

static uint64_t deadline_in(uint64_t ns)
{
	return belay_clock_pair().ns + ns;
}

/*
 * Waits until the call has an outcome to collect, or its turn is over.
 * Return: false when the time is over.
 */
static bool wait_settled(const struct belay_ref *ref, uint64_t deadline_ns)
{
	uint64_t *word = &ref->call->word;

	for (bool in_time = true;;) {
		uint64_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);

		if (belayi_turn(seen) != ref->turn ||
		    belayi_state(seen) >= BELAY_CALL_COMPLETED)
			return true;
		if (!in_time)
			return false;
		(void)belayi_mark(word, ref->turn, BELAYI_WAITED);
		seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
		if (belayi_turn(seen) == ref->turn &&
		    belayi_state(seen) < BELAY_CALL_COMPLETED)
			in_time = belayi_sleep(word, seen, deadline_ns);
	}
}

HRESULT belay_call_wait(const struct belay_ref *ref, uint32_t milliseconds)
{
	uint64_t deadline = 0;

	if (milliseconds == INFINITE)
		deadline = UINT64_MAX;
	else if (milliseconds)
		deadline = deadline_in(milliseconds * NS_PER_MS);
	return wait_settled(ref, deadline) ? S_OK : RPC_S_CALLPENDING;
}

/* --- Cancel -------------------------------------------------------------- */

static bool can_cancel(const struct belay_operation *operation)
{
	return operation && operation->cancel_mode != BELAY_CANCEL_NONE;
}

HRESULT belay_call_query_cancel(struct belay_call *call,
				const struct belay_operation *operation,
				struct belay_ref *ret_cancel)
{
	if (!can_cancel(operation))
		return E_NOINTERFACE;
	*ret_cancel = belay_call_ref(call);
	return S_OK;
}

static void tell_answer(const struct belay_ref *ref, enum belay_party by,
			enum belay_answer answer, int32_t status)
{
	const struct belay_observer *observer = BELAYI_HOOK(answered);
	uint8_t *cancels = &ref->call->cancels;
	uint8_t before = __atomic_load_n(cancels, __ATOMIC_RELAXED);

	/* Relaxed, and two at once may count as one: it is for people. */
	if (before < UINT8_MAX)
		__atomic_store_n(cancels, before + 1, __ATOMIC_RELAXED);
	if (observer)
		observer->answered(ref->call, ref->turn, by, answer, status);
}

bool belay_call_allows_cancel(const struct belay_ref *ref, enum belay_party by)
{
	const struct belay_observer *observer = BELAYI_HOOK(cancel);

	return !observer || observer->cancel(ref->call, by);
}

void belay_call_answered(const struct belay_ref *ref, enum belay_party by,
			 enum belay_answer answer, int32_t status)
{
	tell_answer(ref, by, answer, status);
	if (answer == BELAY_ANSWER_CANCELED)
		(void)belayi_advance(&ref->call->word, ref->turn,
				     BELAY_CALL_CANCELED, NULL);
}

/* What a Cancel finds: S_OK where there is something to cancel. */
static HRESULT cancelable(const struct belay_ref *ref, uint64_t word)
{
	if (belayi_turn(word) != ref->turn)
		return RPC_E_CALL_COMPLETE;
	switch (belayi_state(word)) {
	case BELAY_CALL_STARTING:
	case BELAY_CALL_PENDING:
		return S_OK;
	case BELAY_CALL_SETTLING:
		return word & BELAYI_HELD ? S_OK : RPC_E_CALL_COMPLETE;
	case BELAY_CALL_CANCELWAIT:
	case BELAY_CALL_CANCELED:
		return RPC_E_CALL_CANCELED;
	default:
		return RPC_E_CALL_COMPLETE;
	}
}

/* What it means that the word has moved on before our move. */
static HRESULT lost_to(const struct belay_ref *ref)
{
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_ACQUIRE);
	HRESULT hr = cancelable(ref, word);

	return hr == S_OK ? RPC_E_CALL_COMPLETE : hr;
}

/* Abandons the call: the client is released, whatever the other side does. */
static HRESULT abandon(const struct belay_ref *ref)
{
	if (belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_CANCELED,
			   NULL))
		return S_OK;
	return lost_to(ref);
}

static HRESULT abandon_after(const struct belay_ref *ref, uint32_t seconds)
{
	uint64_t deadline = UINT64_MAX;

	if (seconds != (uint32_t)RPC_C_CANCEL_INFINITE_TIMEOUT)
		deadline = deadline_in(seconds * NS_PER_S);
	if (wait_settled(ref, deadline))
		return lost_to(ref);
	return abandon(ref);
}

struct answer {
	enum belay_answer answer;
	int32_t status;
};

static struct answer ask_other_side(const struct belay_ref *ref)
{
	const struct belay_operation *operation = operation_of(ref->call);
	struct answer said = {BELAY_ANSWER_ASKED, S_OK};

	if (operation->size > offsetof(struct belay_operation, cancel) &&
	    operation->cancel)
		said.answer = operation->cancel(ref->call, &said.status);
	return said;
}

/* Asks, and does what the answer means. */
static HRESULT ask(const struct belay_ref *ref, uint32_t seconds,
		   struct answer *said)
{
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_ACQUIRE);
	HRESULT hr;

	/* Where the outcome is held back, the other side has ended already. */
	if (belayi_state(word) != BELAY_CALL_SETTLING) {
		if (seconds && !belayi_advance(&ref->call->word, ref->turn,
					       BELAY_CALL_CANCELWAIT, NULL))
			return lost_to(ref);
		*said = ask_other_side(ref);
	}
	if (said->answer == BELAY_ANSWER_NOT_CANCELED ||
	    said->answer == BELAY_ANSWER_ERROR)
		return E_FAIL;
	if (said->answer == BELAY_ANSWER_COMPLETE)
		return RPC_E_CALL_COMPLETE;
	hr = seconds && said->answer == BELAY_ANSWER_ASKED
		     ? abandon_after(ref, seconds)
		     : abandon(ref);
	if (hr == S_OK)
		said->answer = BELAY_ANSWER_CANCELED;
	return hr;
}

HRESULT belay_call_cancel(const struct belay_ref *cancel, uint32_t seconds,
			  enum belay_party by)
{
	uint64_t word = __atomic_load_n(&cancel->call->word, __ATOMIC_ACQUIRE);
	struct answer said = {BELAY_ANSWER_ASKED, S_OK};
	HRESULT hr = cancelable(cancel, word);

	if (belayi_turn(word) != cancel->turn ||
	    belayi_state(word) == BELAY_CALL_IDLE)
		return RPC_E_CALL_COMPLETE;
	if (!can_cancel(operation_of(cancel->call)))
		return E_NOINTERFACE;
	if (hr == S_OK && !belay_call_allows_cancel(cancel, by)) {
		said.answer = BELAY_ANSWER_REFUSED;
		hr = E_ACCESSDENIED;
	} else if (hr == S_OK) {
		hr = ask(cancel, seconds, &said);
	}
	if (hr == RPC_E_CALL_COMPLETE)
		said.answer = BELAY_ANSWER_COMPLETE;
	if (hr == RPC_E_CALL_CANCELED)
		said.answer = BELAY_ANSWER_CANCELED;
	tell_answer(cancel, by, said.answer, said.status ? said.status : hr);
	return hr;
}

HRESULT belay_call_test_cancel(const struct belay_ref *ref)
{
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_ACQUIRE);

	if (belayi_turn(word) != ref->turn ||
	    belayi_state(word) == BELAY_CALL_IDLE)
		return RPC_E_CALL_COMPLETE;
	if (belayi_state(word) == BELAY_CALL_CANCELWAIT ||
	    (word & BELAYI_ABANDONED))
		return RPC_E_CALL_CANCELED;
	return RPC_S_CALLPENDING;
}

/* --- Finish -------------------------------------------------------------- */

/* Alone in FINISHING: tells the outcome and ends the turn. */
static void end_turn(const struct belay_ref *ref,
		     const struct belay_outcome *outcome)
{
	const struct belay_observer *observer = BELAYI_HOOK(finish);

	if (observer)
		observer->finish(ref->call, ref->turn, outcome);
	(void)belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_IDLE,
			     NULL);
}

static struct belay_outcome canceled_outcome(const struct belay_call *call)
{
	bool is_errno = call->operation->status_kind == BELAY_STATUS_ERRNO;

	return (struct belay_outcome){
		BELAY_CANCELED, is_errno ? ECANCELED : RPC_E_CALL_CANCELED, 0};
}

HRESULT belay_call_finish(struct belay_call *call,
			  const struct belay_operation *operation,
			  struct belay_outcome *ret_outcome)
{
	struct belay_ref ref = belay_call_ref(call);
	enum belay_state state = belay_call_state(call);
	struct belay_outcome outcome;
	uint64_t old;

	if (state == BELAY_CALL_IDLE || state == BELAY_CALL_FINISHING ||
	    operation_of(call) != operation)
		return RPC_E_CALL_COMPLETE;
	if (!belayi_mark(&call->word, ref.turn, BELAYI_CLAIMED))
		return RPC_E_CALL_COMPLETE;
	(void)wait_settled(&ref, UINT64_MAX);
	if (!belayi_advance(&call->word, ref.turn, BELAY_CALL_FINISHING, &old))
		return RPC_E_CALL_COMPLETE;
	if (old & BELAYI_ABANDONED)
		outcome = canceled_outcome(call);
	else
		load_outcome(call, &outcome);
	end_turn(&ref, &outcome);
	*ret_outcome = outcome;
	return S_OK;
}

bool belay_call_collect(const struct belay_ref *ref,
			struct belay_outcome *outcome)
{
	enum belay_ending ending = outcome->ending;
	uint64_t old;

	if (!belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_FINISHING,
			    &old))
		return false;
	if (belayi_state(old) == BELAY_CALL_COMPLETED)
		load_outcome(ref->call, outcome);
	else if (belayi_state(old) != BELAY_CALL_CANCELED)
		(void)choose(ref->call, outcome, BELAY_AT_FINISH);
	if (ending == BELAY_UNCOLLECTED)
		outcome->ending = ending;
	end_turn(ref, outcome);
	return true;
}
