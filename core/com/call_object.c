/* SPDX-License-Identifier: MIT */
/*
 * call_object.c - call objects of proxies
 */
#define COBJMACROS
#include "call_object.h"

#include <stdlib.h>

#include "impl.h"
#include "import.h"
#include "import_calls.h"
#include "interface.h"
#include "security.h"
#include "vtables.h"

/* Beyond its arguments; 100,000 of them may be pending. */
_Static_assert(
	sizeof(struct belayi_call_object) <= 488,
	"with what malloc adds, and its share of a page, it has 512 bytes");

#define IMPL_FROM(member, pointer)                                             \
	BELAYI_IMPL(belayi_call_object, member, pointer)

/* --- IUnknown: of the object itself, and of what it is part of ----------- */

static ULONG add_ref(struct belayi_call_object *object)
{
	return __atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
}

/*
 * The last reference: no turn is pending, or it would hold one, also on a part.
 * What the server still has is thrown away when it comes; until then the memory
 * stays.
 */
static void destroy(struct belayi_call_object *object)
{
	struct belayi_proxy *proxy = object->client.proxy;

	belayi_client_end(&object->client);
	(void)belayi_proxy_unref((IUnknown *)proxy);
	belayi_client_drop(&object->client);
}

static ULONG release(struct belayi_call_object *object)
{
	uint32_t left = __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL);

	if (left == 0)
		destroy(object);
	return left;
}

void belayi_object_hold(struct belayi_call_object *object)
{
	(void)add_ref(object);
	if (belayi_object_is_part(object))
		(void)IUnknown_AddRef(object->waitable.outer);
}

void belayi_object_let_go(struct belayi_call_object *object)
{
	if (belayi_object_is_part(object))
		(void)IUnknown_Release(object->waitable.outer);
	/* Last of all: the outer may have let go of its part, here or before. */
	(void)release(object);
}

static void **interface_of(struct belayi_call_object *object, REFIID riid)
{
	const struct {
		const IID *iid;
		void *pointer;
	} faces[] = {
		{&object->iface->async_iid, &object->async},
		{&IID_ISynchronize, &object->waitable.synchronize},
		{&IID_ICancelMethodCalls, &object->cancel},
		{&IID_ISynchronizeHandle, &object->waitable.handle},
		{&IID_IClientSecurity, &object->security},
	};

	for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++)
		if (IsEqualIID(riid, faces[i].iid))
			return faces[i].pointer;
	return NULL;
}

static HRESULT STDMETHODCALLTYPE own_QueryInterface(IUnknown *This, REFIID riid,
						    void **ppvObject)
{
	struct belayi_call_object *object = IMPL_FROM(unknown, This);

	if (!ppvObject)
		return E_POINTER;
	if (IsEqualIID(riid, &IID_IUnknown)) {
		(void)add_ref(object);
		*ppvObject = This;
		return S_OK;
	}
	*ppvObject = interface_of(object, riid);
	if (!*ppvObject)
		return E_NOINTERFACE;
	(void)IUnknown_AddRef(object->waitable.outer);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE own_AddRef(IUnknown *This)
{
	return add_ref(IMPL_FROM(unknown, This));
}

static ULONG STDMETHODCALLTYPE own_Release(IUnknown *This)
{
	return release(IMPL_FROM(unknown, This));
}

static const IUnknownVtbl unknown_vtbl = {
	own_QueryInterface,
	own_AddRef,
	own_Release,
};

#define DELEGATE(Interface, member)                                            \
	BELAYI_DELEGATE(Interface, belayi_call_object, member, waitable.outer)

/* --- ICancelMethodCalls -------------------------------------------------- */

DELEGATE(ICancelMethodCalls, cancel)

static HRESULT STDMETHODCALLTYPE cancel_Cancel(ICancelMethodCalls *This,
					       ULONG ulSeconds)
{
	struct belayi_call_object *object = IMPL_FROM(cancel, This);
	const struct belay_ref ref = belay_call_ref(&object->client.call);
	HRESULT hr;

	belayi_object_hold(object);
	hr = belay_call_cancel(&ref, ulSeconds, BELAY_BY_APPLICATION);
	belayi_object_let_go(object);
	return hr;
}

static HRESULT STDMETHODCALLTYPE cancel_TestCancel(ICancelMethodCalls *This)
{
	struct belayi_call_object *object = IMPL_FROM(cancel, This);
	const struct belay_ref ref = belay_call_ref(&object->client.call);

	return belay_call_test_cancel(&ref);
}

static const ICancelMethodCallsVtbl cancel_vtbl = {
	cancel_QueryInterface, cancel_AddRef,     cancel_Release,
	cancel_Cancel,         cancel_TestCancel,
};

/* --- AsyncIXxx ----------------------------------------------------------- */

DELEGATE(IUnknown, async)

struct belayi_call_object *belayi_object_from(void *async)
{
	return IMPL_FROM(async, async);
}

HRESULT belayi_object_begin(void *async,
			    const struct belayi_procedure *procedure,
			    void *image)
{
	struct belayi_call_object *object = belayi_object_from(async);
	HRESULT hr = belayi_proxy_check(object->client.proxy);

	if (FAILED(hr))
		return hr;
	belayi_object_hold(object);
	hr = belayi_client_begin(&object->client, procedure, image);
	belayi_object_let_go(object);
	return hr;
}

void belayi_object_finish(void *async, const struct belayi_procedure *procedure,
			  void *image, uint64_t *ret_value)
{
	struct belayi_call_object *object = belayi_object_from(async);
	HRESULT hr = belayi_proxy_check(object->client.proxy);

	if (FAILED(hr)) {
		belayi_client_failed(procedure, image, hr, ret_value);
		return;
	}
	belayi_object_hold(object);
	belayi_client_finish(&object->client, procedure, image, ret_value);
	belayi_object_let_go(object);
}

static const struct belayi_proxy_class async_class = {
	.unknown = {async_QueryInterface, async_AddRef, async_Release},
	.begin = belayi_object_begin,
	.finish = belayi_object_finish,
};

/* --- The client call's hooks --------------------------------------------- */

static struct belayi_call_object *object_from(struct belayi_client_call *client)
{
	return (struct belayi_call_object *)client;
}

static void object_begun(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_call_object *object = object_from(client);

	belayi_object_hold(object);
	if (belayi_object_is_part(object))
		belayi_outer_begin(object, turn);
	else
		belayi_event_begin(&object->waitable.event, turn);
}

static HRESULT object_reset(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_call_object *object = object_from(client);

	if (!belayi_object_is_part(object))
		return S_OK;
	return belayi_outer_reset(object, turn);
}

static void object_unbegun(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_call_object *object = object_from(client);

	if (belayi_object_is_part(object))
		belayi_outer_unbegin(object, turn);
	belayi_object_let_go(object);
}

static void object_wait(struct belayi_client_call *client)
{
	if (belayi_object_is_part(object_from(client)))
		belayi_outer_wait(object_from(client));
}

static void object_settled(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_call_object *object = object_from(client);

	if (belayi_object_is_part(object)) {
		belayi_outer_settled(object, turn);
		return;
	}
	(void)belayi_event_signal_turn(&object->waitable.event, turn);
	if (client->apartment)
		belayi_apartment_ring(client->apartment);
	(void)release(object);
}

static HRESULT object_collect(struct belayi_client_call *client, uint64_t turn)
{
	struct belayi_call_object *object = object_from(client);

	if (belayi_object_is_part(object))
		return belayi_outer_collect(object);
	/* Who settled the call may not have come so far: it was woken first. */
	(void)belayi_event_signal_turn(&object->waitable.event, turn);
	return S_OK;
}

static void object_free(struct belayi_client_call *client)
{
	struct belayi_call_object *object = object_from(client);

	belayi_client_deinit(client);
	belayi_event_deinit(&object->waitable.event);
	belayi_blanket_free(object->blanket);
	free(object);
}

static const struct belayi_client_class object_class = {
	.begun = object_begun,
	.reset = object_reset,
	.unbegun = object_unbegun,
	.wait = object_wait,
	.settled = object_settled,
	.collect = object_collect,
	.free = object_free,
};

/* --- CreateCall ---------------------------------------------------------- */

static uint32_t image_size_of(const struct belayi_interface *iface)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i + BELAYI_FIRST_SLOT < iface->slots; i++)
		if (iface->procedures[i].image_size > size)
			size = iface->procedures[i].image_size;
	return size;
}

/*
 * struct target - what a call object's calls go to
 *
 * vtable: of the call object's AsyncIXxx
 */
struct target {
	const struct belayi_interface *iface;
	const void *vtable;
	struct belayi_proxy *proxy;
};

/* Takes over the reference on the proxy. */
static struct belayi_call_object *make_object(const struct target *target,
					      IUnknown *outer)
{
	uint32_t image_size = image_size_of(target->iface);
	struct belayi_call_object *object =
		calloc(1, sizeof(*object) + image_size);

	if (!object)
		return NULL;
	belayi_client_init(&object->client, &object_class,
			   target->proxy->import->apartment);
	object->client.proxy = target->proxy;
	object->client.image_size = image_size;
	object->client.own.image = object->image;
	object->unknown = &unknown_vtbl;
	object->async = target->vtable;
	object->cancel = &cancel_vtbl;
	object->security = &belayi_object_security;
	object->iface = target->iface;
	object->refs = 1;
	belayi_waitable_init(&object->waitable,
			     outer ? outer : (IUnknown *)&object->unknown,
			     false);
	return object;
}

/* The proxy is counted. */
static HRESULT find_target(struct belayi_import *import, REFIID async_iid,
			   struct target *ret_target)
{
	const struct belayi_import_calls *own = belayi_import_calls(async_iid);
	HRESULT hr;

	if (own) {
		*ret_target =
			(struct target){own->iface, own->vtable,
					belayi_import_calls_proxy(import)};
		return S_OK;
	}
	ret_target->iface = belayi_interface_find_async(async_iid);
	if (!ret_target->iface)
		return E_NOINTERFACE;
	hr = belayi_vtable_async(ret_target->iface, &async_class,
				 &ret_target->vtable);
	if (FAILED(hr))
		return hr;
	return belayi_import_proxy(import, &ret_target->iface->iid,
				   &ret_target->proxy);
}

HRESULT belayi_call_object_create(struct belayi_import *import,
				  REFIID async_iid, IUnknown *outer, REFIID iid,
				  IUnknown **ret_object)
{
	struct belayi_call_object *object;
	struct target target;
	IUnknown *unknown;
	HRESULT hr;

	*ret_object = NULL;
	if (outer && !IsEqualIID(iid, &IID_IUnknown))
		return E_INVALIDARG;
	hr = find_target(import, async_iid, &target);
	if (FAILED(hr))
		return hr;
	object = make_object(&target, outer);
	if (!object) {
		(void)belayi_proxy_unref((IUnknown *)target.proxy);
		return E_OUTOFMEMORY;
	}
	unknown = (IUnknown *)&object->unknown;
	hr = IUnknown_QueryInterface(unknown, iid, (void **)ret_object);
	(void)IUnknown_Release(unknown);
	return hr;
}
