/* SPDX-License-Identifier: MIT */
/*
 * client_message.c - the messages of a client's call, and their replies
 *
 * All that a call has are a list, which only grows. Spare ones are a stack
 * besides, linked by their tasks: any thread puts one there, only one takes at a
 * time, who is alone with the call.
 */
#include "client_message.h"

#include <stdlib.h>

#include "export.h"

/* --- Other messages than the call's own ---------------------------------- */

static struct belayi_message *take_spare(struct belayi_client_call *client)
{
	/* Acquire pairs with belayi_message_keep_other(). */
	struct belayi_task *top =
		__atomic_load_n(&client->spare, __ATOMIC_ACQUIRE);

	while (top && !__atomic_compare_exchange_n(
			      &client->spare, &top, top->next, true,
			      __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
		;
	return (struct belayi_message *)top;
}

static struct belayi_message *add_message(struct belayi_client_call *client)
{
	struct belayi_message *message =
		calloc(1, sizeof(*message) + client->image_size);

	if (!message)
		return NULL;
	belayi_message_init(message, client, message + 1);
	message->next = client->own.next;
	/* Release: a Begin_ of an older turn may be looking for its own. */
	__atomic_store_n(&client->own.next, message, __ATOMIC_RELEASE);
	return message;
}

struct belayi_message *
belayi_message_take_other(struct belayi_client_call *client)
{
	struct belayi_message *message = take_spare(client);

	return message ? message : add_message(client);
}

struct belayi_message *
belayi_message_find_other(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_message *message = &client->own;

	while (message && !belayi_message_is_for(message, turn))
		message = __atomic_load_n(&message->next, __ATOMIC_ACQUIRE);
	return message;
}

void belayi_message_keep_other(struct belayi_message *message)
{
	struct belayi_client_call *client = message->client;
	struct belayi_task *top =
		__atomic_load_n(&client->spare, __ATOMIC_RELAXED);

	/* Release: the buffers are free. */
	do {
		message->task.next = top;
	} while (!__atomic_compare_exchange_n(
		&client->spare, &top, &message->task, true, __ATOMIC_RELEASE,
		__ATOMIC_RELAXED));
}

static void deinit_message(struct belayi_message *message)
{
	belayi_buffer_deinit(&message->request);
	belayi_buffer_deinit(&message->reply);
}

void belayi_messages_deinit(struct belayi_client_call *client)
{
	struct belayi_message *message = client->own.next;

	while (message) {
		struct belayi_message *next = message->next;

		deinit_message(message);
		free(message);
		message = next;
	}
	deinit_message(&client->own);
}

/* --- Replies, wanted or not ---------------------------------------------- */

/* It is back, and its reply is not wanted. */
static void discard(struct belayi_message *message)
{
	belayi_export_unref(message->stub->export);
	if (SUCCEEDED(message->status))
		belayi_ndr_discard_out(message->procedure, &message->reply);
	belayi_message_give_back(message);
}

/* Acq_rel: who comes last sees what the other one wrote. */
static enum belayi_fate decide_fate(struct belayi_message *message,
				    enum belayi_fate fate)
{
	return (enum belayi_fate)__atomic_exchange_n(&message->fate, fate,
						     __ATOMIC_ACQ_REL);
}

/* A message that is not back needs its stub without the call. */
void belayi_message_abandon(struct belayi_message *message)
{
	belayi_export_ref(message->stub->export);
	if (decide_fate(message, BELAYI_ABANDONED) == BELAYI_REPLIED)
		discard(message);
}

void belayi_message_replied(struct belayi_message *message)
{
	struct belayi_client_call *client = message->client;
	const struct belay_ref ref = {&client->call, message->turn};
	struct belay_outcome outcome = belayi_message_outcome(message);

	if (decide_fate(message, BELAYI_REPLIED) == BELAYI_ABANDONED)
		discard(message);
	else
		(void)belay_call_complete(&ref, &outcome);
	belayi_client_drop(client);
}

void belayi_message_failed(struct belayi_message *message, HRESULT status)
{
	message->status = status;
	message->reply.size = 0;
	belayi_message_replied(message);
}
