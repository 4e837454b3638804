/* SPDX-License-Identifier: MIT */
/*
 * channel.c - the channel of this process: a message is its own transport
 *
 * Nothing is copied: the server's apartment gets the message that the client
 * filled, and writes the reply into it.
 */
#include "channel.h"

#include "apartment.h"
#include "export.h"
#include "stub.h"

static struct belayi_message *message_of(struct belayi_task *task)
{
	return (struct belayi_message *)task;
}

static void run(struct belayi_task *task)
{
	belayi_serve(message_of(task));
}

static void drop(struct belayi_task *task)
{
	struct belayi_message *message = message_of(task);

	belayi_export_unqueue(message->stub->export);
	belayi_ndr_discard_in(message->procedure, &message->request);
	belayi_message_failed(message, RPC_E_DISCONNECTED);
}

static HRESULT local_send(struct belayi_channel *channel,
			  struct belayi_message *message)
{
	struct belayi_export *export = message->stub->export;

	(void)channel;
	message->task.run = run;
	message->task.drop = drop;
	if (!belayi_export_queue(export))
		return RPC_E_DISCONNECTED;
	if (belayi_apartment_post(export->apartment, &message->task))
		return S_OK;
	belayi_export_unqueue(export);
	return RPC_E_DISCONNECTED;
}

static void local_cancel(struct belayi_channel *channel,
			 struct belayi_message *message, uint64_t turn)
{
	uint64_t seen = __atomic_load_n(&message->canceled, __ATOMIC_RELAXED);

	(void)channel;
	/* Release pairs with belayi_message_is_canceled(). */
	while (seen <= turn &&
	       !__atomic_compare_exchange_n(&message->canceled, &seen, turn + 1,
					    true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
}

static const struct belayi_channel_class local_class = {
	.send = local_send,
	.cancel = local_cancel,
};

struct belayi_channel belayi_channel_local = {&local_class};
