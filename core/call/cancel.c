/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - Cancel: who may, what the other side says, what it comes to
 *
 * A Cancel that wins the call claims it first, in SETTLING, and tells the
 * observer there, before a waiting finisher can go on: the cancel of a call is
 * on record before its finish.
 */
#include <errno.h>

#include <belay/call.h>

#include "observer.h"
#include "state.h"
#include "verbs.h"

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
	bool won = answer == BELAY_ANSWER_CANCELED && belayi_is_known(ref) &&
		   belayi_abandon(&ref->call->word, ref->turn);

	tell_answer(ref, by, answer, status);
	if (won)
		belayi_settle(ref, BELAY_CALL_CANCELED);
}

static HRESULT cancelable_word(uint64_t word, uint64_t turn)
{
	if (belayi_turn(word) != turn)
		return RPC_E_CALL_COMPLETE;
	switch (belayi_state(word)) {
	case BELAY_CALL_STARTING:
	case BELAY_CALL_PENDING:
		return S_OK;
	case BELAY_CALL_SETTLING:
		return word & BELAYI_ABANDONED ? RPC_E_CALL_CANCELED : S_OK;
	case BELAY_CALL_CANCELWAIT:
	case BELAY_CALL_CANCELED:
		return RPC_E_CALL_CANCELED;
	default:
		return RPC_E_CALL_COMPLETE;
	}
}

/*
 * What a Cancel finds: S_OK where there is something to cancel. While the
 * outcome is being chosen it may still come to be held back; who answers that
 * the call completed must see to it that it does, or Finish would wait for ever.
 */
static HRESULT cancelable(const struct belay_ref *ref)
{
	uint64_t *word = &ref->call->word;

	if (belayi_owe(word, ref->turn))
		return RPC_E_CALL_COMPLETE;
	return cancelable_word(__atomic_load_n(word, __ATOMIC_ACQUIRE),
			       ref->turn);
}

/* A Cancel on its way: the call, who cancels, what the other side said. */
struct cancel {
	const struct belay_ref *ref;
	enum belay_party by;
	enum belay_answer answer;
	int32_t status;
};

static void ask_other_side(struct cancel *cancel,
			   const struct belay_operation *operation)
{
	int saved = errno;

	if (BELAYI_CAN(operation, cancel))
		cancel->answer =
			operation->cancel(cancel->ref, &cancel->status);
	errno = saved;
}

/*
 * Abandons the call: the client is released, whatever the other side does. It
 * is told before a waiting finisher can go on, so Cancel comes before Finish.
 * It is tried again only after somebody else has moved the call on.
 *
 * Where the other side says that it cancelled the call, that is so. Its client
 * may have seen it there, completed and even finished the call meanwhile.
 *
 * to_tell: whose other side is to hear of it now; or NULL
 */
static HRESULT abandon(struct cancel *cancel,
		       const struct belay_operation *to_tell)
{
	const struct belay_ref *ref = cancel->ref;
	bool won = true;

	while (!belayi_abandon(&ref->call->word, ref->turn)) {
		HRESULT hr = cancelable(ref);

		if (hr == RPC_E_CALL_COMPLETE &&
		    cancel->answer == BELAY_ANSWER_CANCELED) {
			won = false;
			break;
		}
		if (hr != S_OK)
			return hr;
	}
	if (won && to_tell)
		ask_other_side(cancel, to_tell);
	if (belay_call_id(ref))
		tell_answer(ref, cancel->by, BELAY_ANSWER_CANCELED,
			    cancel->status);
	if (won)
		belayi_settle(ref, BELAY_CALL_CANCELED);
	return S_OK;
}

static HRESULT abandon_after(struct cancel *cancel, uint32_t seconds)
{
	const struct belay_ref *ref = cancel->ref;
	uint64_t deadline = UINT64_MAX;
	HRESULT hr;

	if (!belayi_advance(&ref->call->word, ref->turn, BELAY_CALL_CANCELWAIT,
			    NULL)) {
		hr = cancelable(ref);
		if (hr != S_OK)
			return hr;
	}
	if (seconds != (uint32_t)RPC_C_CANCEL_INFINITE_TIMEOUT)
		deadline = belayi_deadline_in(seconds * BELAYI_NS_PER_S);
	if (belayi_wait_settled(ref, deadline, false))
		return cancelable(ref);
	return abandon(cancel, NULL);
}

/*
 * Asks, and does what the answer means. Asks first: a call that will not stop
 * must be left pending, which CANCELWAIT is not. Where nothing can be said to
 * it, and nobody waits, the call is abandoned first.
 */
static HRESULT ask(struct cancel *cancel, uint32_t seconds)
{
	const struct belay_ref *ref = cancel->ref;
	/* The operation before the word: it is not a later turn's, then. */
	const struct belay_operation *operation =
		belayi_operation_of(ref->call);
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_ACQUIRE);
	bool is_out;

	if (!operation || belayi_turn(word) != ref->turn)
		return RPC_E_CALL_COMPLETE;
	/* Where the outcome is held back, the other side has ended already. */
	is_out = belayi_state(word) != BELAY_CALL_SETTLING;
	if (!seconds && (operation->cancel_needs & BELAY_CANCEL_TELLS))
		return abandon(cancel, is_out ? operation : NULL);
	if (is_out)
		ask_other_side(cancel, operation);
	if (cancel->answer == BELAY_ANSWER_NOT_CANCELED ||
	    cancel->answer == BELAY_ANSWER_ERROR)
		return E_FAIL;
	if (cancel->answer == BELAY_ANSWER_COMPLETE)
		return RPC_E_CALL_COMPLETE;
	return seconds && cancel->answer == BELAY_ANSWER_ASKED
		       ? abandon_after(cancel, seconds)
		       : abandon(cancel, NULL);
}

static HRESULT try_cancel(struct cancel *cancel, uint32_t seconds)
{
	HRESULT hr = cancelable(cancel->ref);

	if (hr == S_OK && !belay_call_allows_cancel(cancel->ref, cancel->by)) {
		cancel->answer = BELAY_ANSWER_REFUSED;
		return E_ACCESSDENIED;
	}
	if (hr == S_OK)
		hr = ask(cancel, seconds);
	if (hr == RPC_E_CALL_COMPLETE)
		cancel->answer = BELAY_ANSWER_COMPLETE;
	if (hr == RPC_E_CALL_CANCELED)
		cancel->answer = BELAY_ANSWER_CANCELED;
	return hr;
}

HRESULT belay_call_cancel(const struct belay_ref *ref, uint32_t seconds,
			  enum belay_party by)
{
	struct cancel cancel = {ref, by, BELAY_ANSWER_ASKED, S_OK};
	uint64_t word = __atomic_load_n(&ref->call->word, __ATOMIC_ACQUIRE);
	const struct belay_operation *operation =
		belayi_operation_of(ref->call);
	HRESULT hr;

	if (!operation || belayi_turn(word) != ref->turn)
		return RPC_E_CALL_COMPLETE;
	if (!can_cancel(operation))
		return E_NOINTERFACE;
	hr = try_cancel(&cancel, seconds);
	if (hr != S_OK)
		tell_answer(ref, by, cancel.answer,
			    cancel.status ? cancel.status : hr);
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
