/* SPDX-License-Identifier: MIT */
/*
 * cancel_object.c - ICancelMethodCalls of a synchronous call in one turn
 */
#define COBJMACROS
#include "cancel_object.h"

#include <stdlib.h>

#include "client_call.h"
#include "impl.h"

/* It has a hold of the client's memory, so the turn can be looked at. */
struct cancel_object {
	ICancelMethodCalls iface;
	uint32_t refs;
	struct belayi_client_call *client;
	struct belay_ref ref;
};

static struct cancel_object *
impl_from_ICancelMethodCalls(ICancelMethodCalls *iface)
{
	return (struct cancel_object *)iface;
}

static HRESULT STDMETHODCALLTYPE cancel_QueryInterface(ICancelMethodCalls *This,
						       REFIID riid,
						       void **ppvObject)
{
	return belayi_query_only(This, &IID_ICancelMethodCalls, riid,
				 ppvObject);
}

static ULONG STDMETHODCALLTYPE cancel_AddRef(ICancelMethodCalls *This)
{
	return __atomic_add_fetch(&impl_from_ICancelMethodCalls(This)->refs, 1,
				  __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE cancel_Release(ICancelMethodCalls *This)
{
	struct cancel_object *object = impl_from_ICancelMethodCalls(This);
	uint32_t left = __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL);

	if (left == 0) {
		belayi_client_drop(object->client);
		free(object);
	}
	return left;
}

static HRESULT STDMETHODCALLTYPE cancel_Cancel(ICancelMethodCalls *This,
					       ULONG ulSeconds)
{
	HRESULT hr;

	/* What comes in meanwhile may release it. */
	(void)cancel_AddRef(This);
	hr = belay_call_cancel(&impl_from_ICancelMethodCalls(This)->ref,
			       ulSeconds, BELAY_BY_APPLICATION);
	(void)cancel_Release(This);
	return hr;
}

static HRESULT STDMETHODCALLTYPE cancel_TestCancel(ICancelMethodCalls *This)
{
	return belay_call_test_cancel(&impl_from_ICancelMethodCalls(This)->ref);
}

static const ICancelMethodCallsVtbl vtbl = {
	cancel_QueryInterface, cancel_AddRef,     cancel_Release,
	cancel_Cancel,         cancel_TestCancel,
};

HRESULT belayi_cancel_object_new(struct belayi_client_call *client,
				 const struct belay_ref *ref,
				 ICancelMethodCalls **ret_object)
{
	struct cancel_object *object = malloc(sizeof(*object));

	if (!object)
		return E_OUTOFMEMORY;
	object->iface.lpVtbl = (ICancelMethodCallsVtbl *)&vtbl;
	object->refs = 1;
	object->client = client;
	object->ref = *ref;
	belayi_client_hold(client);
	*ret_object = &object->iface;
	return S_OK;
}
