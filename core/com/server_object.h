/* SPDX-License-Identifier: MIT */
/*
 * server_object.h - what a server's call object is part of
 *
 * It answers ISynchronize, ISynchronizeHandle and ICancelMethodCalls; whatever
 * else it is asked for it asks the server's object, which it keeps.
 */
#ifndef BELAYI_COM_SERVER_OBJECT_H
#define BELAYI_COM_SERVER_OBJECT_H

#include <stdint.h>

#include <belay/com/objbase.h>

#include "context.h"
#include "export.h"
#include "ndr.h"
#include "waitable.h"

struct belayi_apartment;
struct belayi_message;

/* How far the call has come: server_call.c. */
enum belayi_server_state {
	BELAYI_SERVER_IDLE,
	BELAYI_SERVER_BEGINNING, /* Begin_ has not returned */
	BELAYI_SERVER_SIGNALED,  /* the same, or its early Finish_ has not */
	BELAYI_SERVER_BUSY,
	BELAYI_SERVER_CUT, /* before BUSY, and the object was disconnected */
	BELAYI_SERVER_OVER,
};

/*
 * struct belayi_server_object - a call that the server answers later
 *
 * state:     atomic
 * message:   the call's, until it is over
 * apartment: of the object; only compared
 * inner:     the server's call object; NULL at first
 * async:     its AsyncIXxx, which lives as long
 * entered:   when, for the observer
 * request:   the message's, taken where Begin_ still reads it
 * beginning, finishing: the services of Begin_ and Finish_
 * is_early:  Finish_ runs before Begin_ has returned
 */
struct belayi_server_object {
	const IUnknownVtbl *unknown;
	const ICancelMethodCallsVtbl *cancel;
	uint32_t refs;
	uint32_t state;
	struct belayi_message *message;
	const struct belayi_procedure *procedure;
	struct belayi_export *export;
	const struct belayi_apartment *apartment;
	struct belayi_context *context;
	IUnknown *inner;
	void *async;
	uint64_t entered;
	struct belayi_frame frame;
	struct belayi_buffer request;
	struct belayi_service beginning;
	struct belayi_service finishing;
	bool is_early;
	struct belayi_waitable waitable;
	struct belayi_pending pending;
};

/* belayi_server_object_new() - with one reference; NULL: no memory */
struct belayi_server_object *
belayi_server_object_new(struct belayi_message *message);

ULONG belayi_server_object_ref(struct belayi_server_object *object);
ULONG belayi_server_object_unref(struct belayi_server_object *object);

/* belayi_server_signaled() - Signal: ends the call, if it is in progress */
void belayi_server_signaled(struct belayi_server_object *object);

#endif
