/* SPDX-License-Identifier: MIT */
/*
 * client_call.c - the client's side of a call: request out, reply in
 *
 * A turn: begun() takes a message while it is alone with the call; the message
 * is the turn's own from then on, whatever becomes of the call. Begin_ fills
 * and sends it. Finish_, alone again, reads the reply in it.
 */
#include "client_call.h"

#include <string.h>

#include "call_site.h"
#include "client_message.h"
#include "client_parts.h"
#include "import.h"
#include "interface.h"
#include "vtables.h"

#define PROCESS_BIT 40 /* of a call's id, see belay_id_new() */

/* --- The memory ---------------------------------------------------------- */

void belayi_client_init(struct belayi_client_call *client,
			const struct belayi_client_class *class,
			struct belayi_apartment *apartment)
{
	belay_call_init(&client->call);
	client->class = class;
	client->holds = 1;
	if (belayi_apartment_is_single(apartment))
		client->apartment = belayi_apartment_ref(apartment);
	belayi_message_init(&client->own, client, NULL);
}

void belayi_client_deinit(struct belayi_client_call *client)
{
	belayi_messages_deinit(client);
	if (client->apartment)
		(void)belayi_apartment_unref(client->apartment);
}

void belayi_client_hold(struct belayi_client_call *client)
{
	(void)__atomic_add_fetch(&client->holds, 1, __ATOMIC_RELAXED);
}

void belayi_client_drop(struct belayi_client_call *client)
{
	/* Acq_rel: whoever frees has seen what all others did. */
	if (__atomic_sub_fetch(&client->holds, 1, __ATOMIC_ACQ_REL) == 0)
		client->class->free(client);
}

bool belayi_client_is_out(const struct belayi_client_call *client)
{
	return belayi_message_is_busy(&client->own);
}

/* --- A turn begins ------------------------------------------------------- */

/* The id while the turn is certain: Begin_ may send when it is over. */
static void prepare(struct belayi_client_call *client,
		    struct belayi_message *message, const struct belay_ref *ref)
{
	belayi_client_hold(client);
	__atomic_store_n(&message->turn, ref->turn, __ATOMIC_RELAXED);
	message->header.id = belay_call_id(ref);
	message->header.caller = message->header.id >> PROCESS_BIT;
	message->status = S_OK;
	message->stub = client->proxy->stub;
	/* Relaxed: a cancel that is late may look, and finds the same. */
	__atomic_store_n(&message->channel, client->proxy->channel,
			 __ATOMIC_RELAXED);
	message->has_image = false;
	__atomic_store_n(&message->fate, BELAYI_SENT, __ATOMIC_RELAXED);
	/* Release: from now on it is found by its turn. */
	__atomic_store_n(&message->busy, true, __ATOMIC_RELEASE);
}

void belayi_client_begun(const struct belay_ref *ref)
{
	struct belayi_client_call *client = belayi_client_of(ref);
	struct belayi_message *message = belayi_message_take(client);

	client->class->begun(client, ref->turn);
	if (message)
		prepare(client, message, ref);
	/* Release: for a cancel, which can come once this has returned. */
	__atomic_store_n(&client->message, message, __ATOMIC_RELEASE);
}

/* --- Begin --------------------------------------------------------------- */

static HRESULT send_request(struct belayi_client_call *client,
			    const struct belayi_procedure *procedure,
			    const void *image, struct belayi_message *message)
{
	struct belayi_channel *channel = message->channel;
	HRESULT hr = belayi_ndr_put_in(procedure, image, &message->request);

	if (FAILED(hr))
		return hr;
	if (client->image_size) {
		memcpy(message->image, image, procedure->image_size);
		/* Release: Finish_ of a cancelled call may come meanwhile. */
		__atomic_store_n(&message->has_image, true, __ATOMIC_RELEASE);
	}
	message->procedure = procedure;
	message->header.slot = procedure->slot;
	message->result = S_OK;
	message->reply.size = 0;
	hr = channel->class->send(channel, message);
	if (FAILED(hr))
		belayi_ndr_discard_in(procedure, &message->request);
	return hr;
}

/*
 * The object is idle again, as if nothing had been begun. Where a cancel came
 * in between, nobody is told of the call, so nobody else needs to finish it.
 * Another thread may have, and may have begun the next one.
 *
 * Return: whether the turn was ended here.
 */
static bool not_begun(struct belayi_client_call *client,
		      const struct belay_ref *ref, HRESULT hr)
{
	struct belay_outcome outcome = {BELAY_CANCELED, RPC_E_CALL_CANCELED, 0};

	if (belay_call_refuse(ref, hr)) {
		client->class->unbegun(client, ref->turn);
		return true;
	}
	(void)belay_call_wait(ref, INFINITE);
	return belay_call_collect(ref, &outcome);
}

/*
 * It was not sent: as if it had failed on its way. Who finishes the cancelled
 * call abandons it, before or after that; else it is abandoned here.
 */
static void take_back(struct belayi_message *message, HRESULT hr, bool is_ended)
{
	if (is_ended)
		belayi_message_abandon(message);
	belayi_message_failed(message, hr);
}

HRESULT belayi_client_begin(struct belayi_client_call *client,
			    const struct belayi_procedure *procedure,
			    const void *image)
{
	const struct belay_begin begin = {
		.operation = &procedure->operation,
		.site = belayi_call_site_take(),
	};
	struct belayi_message *message;
	struct belay_ref ref;
	bool is_ended;
	HRESULT hr = belay_call_begin(&client->call, &begin, &ref);

	if (hr != S_OK)
		return hr;
	message = belayi_message_find(client, ref.turn);
	if (client->class->reset)
		hr = client->class->reset(client, ref.turn);
	if (SUCCEEDED(hr))
		hr = message ? send_request(client, procedure, image, message)
			     : E_OUTOFMEMORY;
	if (SUCCEEDED(hr)) {
		(void)belay_call_accept(&ref);
		return S_OK;
	}
	is_ended = not_begun(client, &ref, hr);
	if (message)
		take_back(message, hr, is_ended);
	return hr;
}

/* --- Finish -------------------------------------------------------------- */

void belayi_client_failed(const struct belayi_procedure *procedure, void *image,
			  HRESULT status, uint64_t *ret_value)
{
	belayi_ndr_zero_out(procedure, image);
	*ret_value = procedure->is_hresult ? (uint64_t)(int64_t)status : 0;
}

/* Whether a policy chose another outcome than what the server replied. */
static HRESULT chosen(const struct belayi_message *message,
		      const struct belay_outcome *outcome)
{
	struct belay_outcome real = belayi_message_outcome(message);

	if (outcome->ending == real.ending && outcome->status == real.status)
		return message->status;
	return FAILED(outcome->status) ? outcome->status : E_FAIL;
}

/*
 * Alone in FINISHING. The message is given back, or left to the server.
 * hr:     a failure that comes before all others
 * Return: what Finish_ fails with, where there are no results.
 */
static HRESULT collect(struct belayi_client_call *client,
		       const struct belayi_procedure *procedure, void *image,
		       const struct belay_outcome *outcome, HRESULT hr,
		       uint64_t *ret_value)
{
	struct belayi_message *message = client->message;

	if (outcome->ending == BELAY_CANCELED)
		hr = FAILED(outcome->status) ? outcome->status
					     : RPC_E_CALL_CANCELED;
	else if (SUCCEEDED(hr))
		hr = chosen(message, outcome);
	if (FAILED(hr)) {
		if (message)
			belayi_message_abandon(message);
		return hr;
	}
	hr = belayi_ndr_get_out(procedure, image, &message->reply, ret_value);
	belayi_message_give_back(message);
	return hr;
}

/* An asynchronous call's arguments: those of Begin_ with those of Finish_. */
static void *arguments_of(const struct belayi_client_call *client,
			  const struct belayi_procedure *procedure,
			  void *finish_image)
{
	const struct belayi_message *message = client->message;

	if (!message || !__atomic_load_n(&message->has_image, __ATOMIC_ACQUIRE))
		return finish_image;
	belayi_image_join(procedure, message->image, finish_image);
	return message->image;
}

void belayi_client_finish(struct belayi_client_call *client,
			  const struct belayi_procedure *procedure, void *image,
			  uint64_t *ret_value)
{
	struct belay_outcome outcome;
	struct belay_ref ref;
	HRESULT hr = belay_call_claim(&client->call, &procedure->operation,
				      &ref, &outcome);

	if (hr != S_OK) {
		belayi_client_failed(procedure, image, hr, ret_value);
		return;
	}
	if (client->class->collect)
		hr = client->class->collect(client, ref.turn);
	image = arguments_of(client, procedure, image);
	hr = collect(client, procedure, image, &outcome, hr, ret_value);
	if (FAILED(hr)) {
		belayi_client_failed(procedure, image, hr, ret_value);
		if (outcome.ending == BELAY_SUCCEEDED)
			outcome = (struct belay_outcome){BELAY_FAILED, hr, 0};
	}
	belay_call_conclude(&ref, &outcome);
}

void belayi_client_end(struct belayi_client_call *client)
{
	const struct belay_operation *operation =
		__atomic_load_n(&client->call.operation, __ATOMIC_ACQUIRE);
	struct belay_outcome outcome;
	struct belay_ref ref;

	if (!operation ||
	    belay_call_claim(&client->call, operation, &ref, &outcome) != S_OK)
		return;
	if (outcome.ending != BELAY_CANCELED)
		outcome.ending = BELAY_UNCOLLECTED;
	if (client->message)
		belayi_message_abandon(client->message);
	belay_call_conclude(&ref, &outcome);
}
