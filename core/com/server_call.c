/* SPDX-License-Identifier: MIT */
/*
 * server_call.c - call objects of servers, as a stub drives them
 *
 * The server's call object is made part of one of ours, which answers
 * ISynchronize, ISynchronizeHandle and ICancelMethodCalls. The first Signal
 * after Begin_ was called ends the call: Finish_, reply, all of it on the
 * thread that signals. Begin_ may still read its arguments then, which stay
 * until it has returned. A Begin_ that fails ends the call, too, and so does
 * the end of the object; one of them wins, by a move of `state`.
 *
 * References: one of the call that is not over, one of Begin_ that has not
 * returned, one of the export's list; and those of the server.
 */
#define COBJMACROS
#include "server_call.h"

#include <stddef.h>

#include "channel.h"
#include "context.h"
#include "interface.h"
#include "invoke.h"
#include "server_object.h"
#include "stub.h"

static bool move(struct belayi_server_object *object,
		 enum belayi_server_state from, enum belayi_server_state to)
{
	uint32_t state = from;

	/* Acq_rel: the winner is alone with the call. */
	return __atomic_compare_exchange_n(&object->state, &state, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* --- The end of a call --------------------------------------------------- */

/* Alone with the object, and its message has a status and perhaps a reply. */
static void reply(struct belayi_server_object *object)
{
	struct belayi_message *message = object->message;
	HRESULT status =
		FAILED(message->status) ? message->status : message->result;

	belayi_context_end(object->context);
	belayi_serve_left(message, object->entered, status);
	object->message = NULL;
	/* Before the client knows: it may let go of the object then. */
	belayi_export_leave(object->export);
	belayi_message_replied(message);
	(void)belayi_server_object_unref(object);
}

static void free_arguments(struct belayi_server_object *object)
{
	belayi_ndr_free(object->procedure, &object->frame);
	belayi_buffer_deinit(&object->request);
}

static void reply_failed(struct belayi_server_object *object, HRESULT status)
{
	free_arguments(object);
	object->message->reply.size = 0;
	object->message->status = status;
	reply(object);
}

/* True to the one who is to end the call. */
static bool win(struct belayi_server_object *object,
		enum belayi_server_state from, enum belayi_server_state to)
{
	if (!move(object, from, to))
		return false;
	if (belayi_export_unpend(&object->pending))
		(void)belayi_server_object_unref(object);
	return true;
}

#define OBJECT_OF(pointer, member)                                             \
	((struct belayi_server_object *)((char *)(pointer)-offsetof(           \
		struct belayi_server_object, member)))

/* Begin_ and the early Finish_ have both passed here: the last one frees. */
static void end_early(struct belayi_server_object *object)
{
	if (!move(object, BELAYI_SERVER_SIGNALED, BELAYI_SERVER_OVER))
		free_arguments(object);
}

static void finished(struct belayi_server_object *object)
{
	if (object->is_early) {
		reply(object);
		end_early(object);
		(void)belayi_server_object_unref(object);
	} else {
		free_arguments(object);
		reply(object);
	}
}

static void died_finishing(struct belayi_service *service)
{
	struct belayi_server_object *object = OBJECT_OF(service, finishing);

	belayi_service_leave(service);
	object->message->reply.size = 0;
	object->message->status = RPC_E_SERVER_DIED;
	finished(object);
}

static void finish(struct belayi_server_object *object)
{
	struct belayi_message *message = object->message;

	belayi_service_enter(&object->finishing, NULL, object->context,
			     died_finishing);
	belayi_invoke_finish(message->procedure, &object->frame, object->async);
	belayi_service_leave(&object->finishing);
	belayi_serve_put_out(message, &object->frame);
	finished(object);
}

/* The client gets its message back, and would fill the request anew. */
static void finish_early(struct belayi_server_object *object)
{
	struct belayi_message *message = object->message;

	(void)belayi_server_object_ref(object);
	object->is_early = true;
	object->request = message->request;
	message->request = (struct belayi_buffer){.data = NULL};
	finish(object);
}

void belayi_server_signaled(struct belayi_server_object *object)
{
	/* In this order: Begin_ may return meanwhile. */
	if (win(object, BELAYI_SERVER_BEGINNING, BELAYI_SERVER_SIGNALED))
		finish_early(object);
	else if (win(object, BELAYI_SERVER_BUSY, BELAYI_SERVER_OVER))
		finish(object);
}

static void on_disconnected(struct belayi_pending *pending)
{
	struct belayi_server_object *object = OBJECT_OF(pending, pending);

	/*
	 * While Begin_ reads its arguments they stay. In this order, in which
	 * the states follow each other.
	 */
	if (!move(object, BELAYI_SERVER_IDLE, BELAYI_SERVER_CUT) &&
	    !move(object, BELAYI_SERVER_BEGINNING, BELAYI_SERVER_CUT) &&
	    move(object, BELAYI_SERVER_BUSY, BELAYI_SERVER_OVER)) {
		belayi_event_signal(&object->waitable.event);
		reply_failed(object, RPC_E_DISCONNECTED);
	}
	(void)belayi_server_object_unref(object);
}

/* --- The beginning ------------------------------------------------------- */

/*
 * The server's call object, as part of ours. A pointer to it would count on
 * ours, which then kept itself: it is not counted.
 */
static bool make_inner(struct belayi_server_object *object,
		       ICallFactory *factory, const IID *async_iid)
{
	IUnknown *outer = (IUnknown *)&object->unknown;

	if (FAILED(ICallFactory_CreateCall(factory, async_iid, outer,
					   &IID_IUnknown, &object->inner)) ||
	    !object->inner) {
		object->inner = NULL;
		return false;
	}
	if (FAILED(IUnknown_QueryInterface(object->inner, async_iid,
					   &object->async)))
		return false;
	(void)IUnknown_Release((IUnknown *)object->async);
	return true;
}

static void begun(struct belayi_server_object *object, HRESULT hr)
{
	if (SUCCEEDED(hr)) {
		if (move(object, BELAYI_SERVER_BEGINNING, BELAYI_SERVER_BUSY))
			return;
	} else if (win(object, BELAYI_SERVER_BEGINNING, BELAYI_SERVER_OVER)) {
		reply_failed(object, hr);
		return;
	}
	/* What it returned is for nobody. */
	if (move(object, BELAYI_SERVER_CUT, BELAYI_SERVER_OVER))
		reply_failed(object, RPC_E_DISCONNECTED);
	else
		end_early(object);
}

/* As if it had failed. */
static void died_beginning(struct belayi_service *service)
{
	struct belayi_server_object *object = OBJECT_OF(service, beginning);

	belayi_service_leave(service);
	begun(object, RPC_E_SERVER_DIED);
	(void)belayi_server_object_unref(object);
}

/* False: CUT before. */
static bool invoke_begin(struct belayi_server_object *object, HRESULT *ret_hr)
{
	const struct belayi_procedure *procedure = object->procedure;
	bool runs;

	belayi_service_enter(&object->beginning, NULL, object->context,
			     died_beginning);
	object->entered = belayi_serve_entered(
		object->message,
		belayi_method_of(object->async,
				 belayi_begin_slot(procedure->slot)));
	runs = move(object, BELAYI_SERVER_IDLE, BELAYI_SERVER_BEGINNING);
	if (runs)
		*ret_hr = belayi_invoke_begin(procedure, &object->frame,
					      object->async);
	belayi_service_leave(&object->beginning);
	return runs;
}

/* The references of Begin_ and of the export's list. */
static void begin(struct belayi_server_object *object)
{
	HRESULT hr = S_OK;

	(void)belayi_server_object_ref(object);
	(void)belayi_server_object_ref(object);
	object->pending.disconnected = on_disconnected;
	if (belayi_export_pend(object->export, &object->pending)) {
		if (!invoke_begin(object, &hr))
			hr = RPC_E_DISCONNECTED;
		begun(object, hr);
	} else {
		(void)belayi_server_object_unref(object);
		(void)move(object, BELAYI_SERVER_IDLE, BELAYI_SERVER_OVER);
		reply_failed(object, RPC_E_DISCONNECTED);
	}
	(void)belayi_server_object_unref(object);
}

bool belayi_server_call(struct belayi_message *message)
{
	const struct belayi_procedure *procedure = message->procedure;
	const IID *async_iid = &procedure->iface->async_iid;
	ICallFactory *factory;
	struct belayi_server_object *object;
	HRESULT hr;

	if (IsEqualIID(async_iid, &GUID_NULL))
		return false;
	factory = belayi_stub_factory(message->stub);
	object = factory ? belayi_server_object_new(message) : NULL;
	if (!object)
		return false;
	if (!make_inner(object, factory, async_iid)) {
		(void)belayi_server_object_unref(object);
		return false;
	}
	hr = belayi_ndr_get_in(procedure, &message->request, &object->frame);
	if (SUCCEEDED(hr)) {
		begin(object);
		return true;
	}
	message->status = hr;
	reply(object);
	return true;
}
