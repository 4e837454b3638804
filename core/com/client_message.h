/* SPDX-License-Identifier: MIT */
/*
 * client_message.h - the messages of a client's call
 *
 * Each turn has one to itself, nearly always the call's own. Where the server
 * still has that one from a cancelled turn there are others, which stay for
 * later turns. What every call does is inline, what is rare is not.
 */
#ifndef BELAYI_COM_CLIENT_MESSAGE_H
#define BELAYI_COM_CLIENT_MESSAGE_H

#include "client_call.h"

/* belayi_message_init() - of memory that is all zero */
static inline void belayi_message_init(struct belayi_message *message,
				       struct belayi_client_call *client,
				       void *image)
{
	message->client = client;
	message->image = image;
	message->header.version = BELAYI_CHANNEL_VERSION;
}

/* belayi_messages_deinit() - of all that the call has */
void belayi_messages_deinit(struct belayi_client_call *client);

static inline bool belayi_message_is_busy(const struct belayi_message *message)
{
	/* Acquire: pairs with giving back: the buffers are free. */
	return __atomic_load_n(&message->busy, __ATOMIC_ACQUIRE);
}

static inline bool belayi_message_is_for(const struct belayi_message *message,
					 uint64_t turn)
{
	/* Relaxed: that of our turn was written by this thread. */
	return message && belayi_message_is_busy(message) &&
	       __atomic_load_n(&message->turn, __ATOMIC_RELAXED) == turn;
}

/* Of the functions that follow: where it is not the call's own. */
struct belayi_message *
belayi_message_take_other(struct belayi_client_call *client);
struct belayi_message *
belayi_message_find_other(struct belayi_client_call *client, uint64_t turn);
void belayi_message_keep_other(struct belayi_message *message);

/*
 * belayi_message_take() - one for the next turn; alone with the call
 *
 * Return: NULL: no memory.
 */
static inline struct belayi_message *
belayi_message_take(struct belayi_client_call *client)
{
	if (!belayi_message_is_busy(&client->own))
		return &client->own;
	return belayi_message_take_other(client);
}

/*
 * belayi_message_find() - who began the turn finds its message
 *
 * Also when the turn is over and another thread has begun the next one: then it
 * has to look for it.
 *
 * Return: NULL: the turn has none.
 */
static inline struct belayi_message *
belayi_message_find(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_message *message =
		__atomic_load_n(&client->message, __ATOMIC_ACQUIRE);

	if (__builtin_expect(belayi_message_is_for(message, turn), 1))
		return message;
	return belayi_message_find_other(client, turn);
}

/* belayi_message_give_back() - its buffers are free, for another turn */
static inline void belayi_message_give_back(struct belayi_message *message)
{
	bool is_own = message == &message->client->own;

	__atomic_store_n(&message->busy, false, __ATOMIC_RELEASE);
	if (__builtin_expect(!is_own, 0))
		belayi_message_keep_other(message);
}

/*
 * belayi_message_abandon() - alone with the call, whose reply is not wanted
 *
 * Where the server still has the message, or Begin_ has not sent it yet, it is
 * given back when the reply comes.
 */
void belayi_message_abandon(struct belayi_message *message);

/* belayi_message_outcome() - of the call, as the reply tells it */
static inline struct belay_outcome
belayi_message_outcome(const struct belayi_message *message)
{
	HRESULT hr =
		FAILED(message->status) ? message->status : message->result;

	return (struct belay_outcome){
		FAILED(hr) ? BELAY_FAILED : BELAY_SUCCEEDED,
		FAILED(hr) ? hr : S_OK,
		(int64_t)message->reply.size,
	};
}

#endif
