/* SPDX-License-Identifier: MIT */
/*
 * client_operation.c - what can be done to clients' calls: how they are
 * cancelled and waited for, and what rules may do
 */
#include <stdlib.h>

#include "apartment.h"
#include "client_parts.h"

static enum belay_answer client_cancel(const struct belay_ref *ref,
				       int32_t *ret_status)
{
	struct belayi_client_call *client = belayi_client_of(ref);
	struct belayi_message *message =
		__atomic_load_n(&client->message, __ATOMIC_ACQUIRE);
	struct belayi_channel *channel;

	(void)ret_status;
	if (!message)
		return BELAY_ANSWER_ASKED;
	channel = __atomic_load_n(&message->channel, __ATOMIC_RELAXED);
	channel->class->cancel(channel, message, ref->turn);
	return BELAY_ANSWER_ASKED;
}

static bool is_settled(void *data)
{
	return belay_call_wait(data, 0) == S_OK;
}

#define LOOK_NS UINT64_C(5000000)

/*
 * A single-threaded apartment that cancels another one's call and waits for it
 * is not rung: it looks now and then.
 */
static enum belayi_waited wait_single(const struct belay_ref *ref,
				      uint64_t deadline_ns,
				      uint64_t *finish_since)
{
	enum belayi_waited waited;
	uint64_t until;

	if (finish_since)
		return belayi_apartment_wait_again(is_settled, (void *)ref,
						   deadline_ns, finish_since);
	if (belayi_apartment_current() == belayi_client_of(ref)->apartment)
		return belayi_apartment_wait(is_settled, (void *)ref,
					     deadline_ns, false);
	do {
		until = belayi_until(1) + LOOK_NS;
		if (until > deadline_ns)
			until = deadline_ns;
		waited = belayi_apartment_wait(is_settled, (void *)ref, until,
					       false);
	} while (waited == BELAYI_TIME_OVER && until != deadline_ns);
	return waited;
}

/*
 * Whether the call's own way of waiting comes to an end. Before Begin_ has sent
 * the request it may fail, and then nobody is told.
 */
static bool will_settle(const struct belay_ref *ref)
{
	enum belay_state state = belay_call_state(ref->call);

	return (state == BELAY_CALL_PENDING || state == BELAY_CALL_SETTLING) &&
	       belay_call_id(ref) != 0;
}

static bool client_wait(const struct belay_ref *ref, uint64_t deadline_ns,
			bool to_finish)
{
	struct belayi_client_call *client = belayi_client_of(ref);
	struct belayi_apartment *apartment = belayi_apartment_current();
	uint64_t since = 0;

	if (to_finish && client->class->wait && will_settle(ref))
		client->class->wait(client);
	if (!apartment || !belayi_apartment_is_single(apartment))
		return true;
	for (;;) {
		switch (wait_single(ref, deadline_ns,
				    to_finish ? &since : NULL)) {
		case BELAYI_TIME_OVER:
			return false;
		case BELAYI_FILTERED:
			/* Where it is refused, the wait goes on, and serves. */
			(void)belay_call_cancel(ref, 0, BELAY_BY_APPLICATION);
			break;
		default:
			return true;
		}
	}
}

static void client_settled(const struct belay_ref *ref)
{
	struct belayi_client_call *client = belayi_client_of(ref);

	client->class->settled(client, ref->turn);
}

/* --- What rules can do --------------------------------------------------- */

#define ANYWHERE (BELAY_ERROR_AT_FINISH | BELAY_ERROR_AT_BEGIN)
#define ERROR(status)                                                          \
	{                                                                      \
		status, ANYWHERE, #status                                      \
	}

static const struct belay_error errors[] = {
	ERROR(RPC_E_DISCONNECTED),
	ERROR(RPC_E_SERVER_DIED),
	ERROR(RPC_E_SERVERFAULT),
	ERROR(RPC_E_CALL_REJECTED),
	ERROR(RPC_E_SERVERCALL_RETRYLATER),
	ERROR(RPC_E_TIMEOUT),
	ERROR(E_OUTOFMEMORY),
	ERROR(E_ACCESSDENIED),
	ERROR(E_FAIL),
	{0},
};

/* An HRESULT that says failure, as a number. */
static bool client_error_named(const char *name, int32_t *ret_status)
{
	char *end;
	unsigned long long number = strtoull(name, &end, 0);

	if (end == name || *end || number > UINT32_MAX ||
	    !FAILED((HRESULT)(uint32_t)number))
		return false;
	*ret_status = (HRESULT)(uint32_t)number;
	return true;
}

const struct belay_operation belayi_client_operation = {
	.size = sizeof(struct belay_operation),
	.cancel_needs = BELAY_CANCEL_TELLS,
	.api = "com",
	.errors = errors,
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.cancel = client_cancel,
	.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |
		  BELAY_FAULT_HOLD,
	.no_faults = "A method's results have no length of their own",
	.error_named = client_error_named,
	.begun = belayi_client_begun,
	.wait = client_wait,
	.settled = client_settled,
};
