/* SPDX-License-Identifier: MIT */
/*
 * channel.h - how a request reaches a server, and its reply the client
 *
 * A *message* is one call on its way: the client fills the request and sends
 * it, the server fills the reply and says so. A *channel* is the way; the one
 * of this process hands the message itself to the server's apartment
 * (channel.c), another would send the request's bytes and make the reply from
 * those that come back. Nothing else of a call knows which it is.
 *
 * Who has a message
 *
 *  (A) A message is part of a client's call (client_call.h), and its memory
 *      stays while the server has it.
 *  (B) The client has it until send() returned S_OK, then the server. Exactly
 *      one belayi_message_replied() gives it back.
 *  (C) Not so when the client has lost interest meanwhile: then whoever comes
 *      last throws the reply away. An exchange of `fate` says who that is.
 *  (D) Cancelling is a number written beside it, which only grows: the turn that
 *      follows the one that is meant. It can come at any time, and too late it
 *      means nobody.
 */
#ifndef BELAYI_COM_CHANNEL_H
#define BELAYI_COM_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "apartment.h"
#include "ndr.h"

struct belayi_channel;
struct belayi_client_call;
struct belayi_procedure;
struct belayi_stub;

#define BELAYI_CHANNEL_VERSION 1

/*
 * struct belayi_header - what every message carries, on any transport
 *
 * caller, id: the process that called, and its number for the call: by these
 *             two the server's side of a call is joined to the client's
 * slot:       the method's, in the synchronous interface's vtable
 */
struct belayi_header {
	uint64_t caller;
	uint64_t id;
	uint16_t version;
	uint16_t slot;
};

/* What has become of a message that was sent. */
enum belayi_fate {
	BELAYI_SENT,
	BELAYI_REPLIED,
	BELAYI_ABANDONED, /* the client does not want the reply */
};

/*
 * struct belayi_message - one call on its way
 *
 * task:     in this process: how it gets to the server's apartment
 * stub:     in this process: what is called
 * request, reply: kept from call to call
 * client:   whose it is; for belayi_message_replied() only
 * canceled: (D): all turns before this one; atomic
 * status:   of the transport: a failure, and there is no reply
 * result:   what the method returned, where that tells failures
 * fate:     (C); atomic
 * busy:     it is used for a turn of the client's call; atomic
 */
struct belayi_message {
	struct belayi_task task;
	struct belayi_header header;
	HRESULT status;
	HRESULT result;
	const struct belayi_procedure *procedure;
	struct belayi_stub *stub;
	struct belayi_channel *channel; /* atomic */
	struct belayi_buffer request;
	struct belayi_buffer reply;
	struct belayi_client_call *client;
	uint64_t turn;
	uint64_t canceled;
	uint32_t fate;
	bool busy;
	bool has_image;
	void *image; /* of an asynchronous call, once has_image */
	struct belayi_message *next; /* of the same client's call; atomic */
};

/* belayi_message_is_canceled() - whether the client cancelled this call */
static inline bool
belayi_message_is_canceled(const struct belayi_message *message)
{
	return __atomic_load_n(&message->canceled, __ATOMIC_ACQUIRE) >
	       message->turn;
}

/*
 * belayi_message_replied() - server: there is a reply, or a failed status
 *
 * The message is the client's again: the caller does not touch it any more.
 * Any thread.
 */
void belayi_message_replied(struct belayi_message *message);

/* belayi_message_failed() - the same, without a reply */
void belayi_message_failed(struct belayi_message *message, HRESULT status);

/*
 * struct belayi_channel_class - a transport
 *
 * send:   never waits. S_OK: (B); else the message is still the client's, and
 *         the server has not seen it
 * cancel: tells the server that the client cancelled the call of that turn,
 *         which may have ended; the message may be a later one's. Never waits
 */
struct belayi_channel_class {
	HRESULT(*send)
	(struct belayi_channel *channel, struct belayi_message *message);
	void (*cancel)(struct belayi_channel *channel,
		       struct belayi_message *message, uint64_t turn);
};

struct belayi_channel {
	const struct belayi_channel_class *class;
};

/* belayi_channel_local - the way to every apartment of this process */
extern struct belayi_channel belayi_channel_local;

#endif
