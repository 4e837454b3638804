/* SPDX-License-Identifier: MIT */
/*
 * server_object.c - what a server's call object is part of
 */
#define COBJMACROS
#include "server_object.h"

#include <stdlib.h>

#include "apartment.h"
#include "channel.h"
#include "context.h"
#include "impl.h"

#define IMPL_FROM(member, pointer)                                             \
	BELAYI_IMPL(belayi_server_object, member, pointer)

/* --- IUnknown ------------------------------------------------------------ */

ULONG belayi_server_object_ref(struct belayi_server_object *object)
{
	return __atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
}

static void destroy(struct belayi_server_object *object)
{
	/* The server's object may use its outer one while it goes. */
	(void)belayi_server_object_ref(object);
	if (object->inner)
		(void)IUnknown_Release(object->inner);
	if (object->context)
		belayi_context_unref(object->context);
	belayi_frame_deinit(&object->frame);
	belayi_event_deinit(&object->waitable.event);
	free(object);
}

ULONG belayi_server_object_unref(struct belayi_server_object *object)
{
	uint32_t left = __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL);

	if (left == 0)
		destroy(object);
	return left;
}

static HRESULT query(struct belayi_server_object *object, REFIID riid,
		     void **ppv)
{
	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown))
		*ppv = &object->unknown;
	else if (IsEqualIID(riid, &IID_ISynchronize))
		*ppv = &object->waitable.synchronize;
	else if (IsEqualIID(riid, &IID_ISynchronizeHandle))
		*ppv = &object->waitable.handle;
	else if (IsEqualIID(riid, &IID_ICancelMethodCalls))
		*ppv = &object->cancel;
	else
		return object->inner ? IUnknown_QueryInterface(object->inner,
							       riid, ppv)
				     : E_NOINTERFACE;
	(void)belayi_server_object_ref(object);
	return S_OK;
}

#define UNKNOWN(Interface, member)                                             \
	BELAYI_UNKNOWN(Interface, belayi_server_object, member, query,         \
		       belayi_server_object_ref, belayi_server_object_unref)

UNKNOWN(IUnknown, unknown)

static const IUnknownVtbl unknown_vtbl = {
	unknown_QueryInterface,
	unknown_AddRef,
	unknown_Release,
};

/* --- ISynchronize -------------------------------------------------------- */

BELAYI_DELEGATE(ISynchronize, belayi_waitable, synchronize, outer)

static bool is_pending(const struct belayi_server_object *object)
{
	uint32_t state = __atomic_load_n(&object->state, __ATOMIC_ACQUIRE);

	return state == BELAYI_SERVER_BEGINNING || state == BELAYI_SERVER_BUSY;
}

static HRESULT STDMETHODCALLTYPE synchronize_Signal(ISynchronize *This)
{
	struct belayi_server_object *object =
		IMPL_FROM(waitable.synchronize, This);

	bool is_home = belayi_apartment_current() == object->apartment;

	if (!is_home && is_pending(object))
		return RPC_E_WRONG_THREAD;
	/* First: Finish_ may wait for it. */
	belayi_event_signal(&object->waitable.event);
	if (is_home)
		belayi_server_signaled(object);
	return S_OK;
}

static const ISynchronizeVtbl synchronize_vtbl = {
	synchronize_QueryInterface, synchronize_AddRef, synchronize_Release,
	belayi_waitable_wait,       synchronize_Signal, belayi_waitable_reset,
};

/* --- ICancelMethodCalls: whether the client cancelled -------------------- */

UNKNOWN(ICancelMethodCalls, cancel)

/* The server ends a call by its Signal, not so. */
static HRESULT STDMETHODCALLTYPE cancel_Cancel(ICancelMethodCalls *This,
					       ULONG ulSeconds)
{
	(void)This;
	(void)ulSeconds;
	return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE cancel_TestCancel(ICancelMethodCalls *This)
{
	return belayi_context_test_cancel(IMPL_FROM(cancel, This)->context);
}

static const ICancelMethodCallsVtbl cancel_vtbl = {
	cancel_QueryInterface, cancel_AddRef,     cancel_Release,
	cancel_Cancel,         cancel_TestCancel,
};

/* --- A new one ----------------------------------------------------------- */

struct belayi_server_object *
belayi_server_object_new(struct belayi_message *message)
{
	struct belayi_server_object *object = calloc(1, sizeof(*object));

	if (!object)
		return NULL;
	object->context = belayi_context_new(message);
	if (!object->context) {
		free(object);
		return NULL;
	}
	object->unknown = &unknown_vtbl;
	object->cancel = &cancel_vtbl;
	(void)belayi_server_object_ref(object);
	object->message = message;
	object->procedure = message->procedure;
	object->export = message->stub->export;
	object->apartment = object->export->apartment;
	belayi_waitable_init(&object->waitable, (IUnknown *)&object->unknown,
			     false);
	object->waitable.synchronize = &synchronize_vtbl;
	return object;
}
