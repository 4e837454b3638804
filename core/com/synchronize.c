/* SPDX-License-Identifier: MIT */
/*
 * synchronize.c - CLSID_ManualResetEvent and CLSID_StdEvent
 *
 * One object, three vtables: the unknown that does not delegate (an outer's
 * only way to it), ISynchronize, and, where others have their
 * ISynchronizeHandle, ISynchronizeEvent, which begins with its methods. Any
 * thread may use it: marshaled within the process it is itself, unless it is
 * part of an outer, which decides.
 */
#define COBJMACROS
#define CONST_VTABLE

#include <stdlib.h>

#include "builtin.h"
#include "impl.h"
#include "waitable.h"

struct event_object {
	IUnknown inner;
	struct belayi_waitable waitable; /* outer: &inner if not aggregated */
	IUnknown *marshaler; /* made when somebody asks for IMarshal */
	uint32_t references;
};

static struct event_object *impl_from_IUnknown(IUnknown *iface)
{
	return BELAYI_IMPL(event_object, inner, iface);
}

static struct belayi_event *event_of(ISynchronizeEvent *iface)
{
	return &BELAYI_IMPL(belayi_waitable, handle, iface)->event;
}

/* What does not delegate */

static HRESULT query_marshal(struct event_object *object, void **ppv)
{
	IUnknown *made, *known;
	HRESULT hr;

	known = __atomic_load_n(&object->marshaler, __ATOMIC_ACQUIRE);
	if (!known) {
		hr = CoCreateFreeThreadedMarshaler(&object->inner, &made);
		if (FAILED(hr))
			return hr;
		if (__atomic_compare_exchange_n(&object->marshaler, &known,
						made, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			known = made;
		else
			(void)IUnknown_Release(made);
	}
	return IUnknown_QueryInterface(known, &IID_IMarshal, ppv);
}

static HRESULT inner_QueryInterface(IUnknown *iface, REFIID riid, void **ppv)
{
	struct event_object *object = impl_from_IUnknown(iface);
	IUnknown *found = NULL;

	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IMarshal) && object->waitable.outer == iface)
		return query_marshal(object, ppv);
	if (IsEqualIID(riid, &IID_IUnknown))
		found = &object->inner;
	else if (IsEqualIID(riid, &IID_ISynchronize))
		found = (IUnknown *)&object->waitable.synchronize;
	else if (IsEqualIID(riid, &IID_ISynchronizeHandle) ||
		 IsEqualIID(riid, &IID_ISynchronizeEvent))
		found = (IUnknown *)&object->waitable.handle;
	*ppv = found;
	if (!found)
		return E_NOINTERFACE;
	(void)IUnknown_AddRef(found);
	return S_OK;
}

static ULONG inner_AddRef(IUnknown *iface)
{
	struct event_object *object = impl_from_IUnknown(iface);

	return __atomic_add_fetch(&object->references, 1, __ATOMIC_RELAXED);
}

static ULONG inner_Release(IUnknown *iface)
{
	struct event_object *object = impl_from_IUnknown(iface);
	ULONG left =
		__atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL);

	if (left)
		return left;
	if (object->marshaler)
		(void)IUnknown_Release(object->marshaler);
	belayi_event_deinit(&object->waitable.event);
	free(object);
	return 0;
}

static const IUnknownVtbl inner_vtbl = {
	inner_QueryInterface,
	inner_AddRef,
	inner_Release,
};

/* ISynchronizeEvent */

BELAYI_DELEGATE(ISynchronizeEvent, belayi_waitable, handle, outer)

static HRESULT handle_GetHandle(ISynchronizeEvent *iface, HANDLE *ph)
{
	if (!ph)
		return E_INVALIDARG;
	return belayi_event_handle(event_of(iface), ph);
}

static HRESULT handle_SetEventHandle(ISynchronizeEvent *iface, HANDLE *ph)
{
	if (!ph)
		return E_INVALIDARG;
	return belayi_event_set_handle(event_of(iface), *ph);
}

static const ISynchronizeEventVtbl event_vtbl = {
	handle_QueryInterface, handle_AddRef,         handle_Release,
	handle_GetHandle,      handle_SetEventHandle,
};

HRESULT belayi_event_object_new(bool automatic, IUnknown *outer, REFIID riid,
				void **ppv)
{
	struct event_object *object = malloc(sizeof(*object));
	HRESULT hr;

	if (!object)
		return E_OUTOFMEMORY;
	*object = (struct event_object){
		.inner = {.lpVtbl = &inner_vtbl},
		.references = 1,
	};
	belayi_waitable_init(&object->waitable, outer ? outer : &object->inner,
			     automatic);
	object->waitable.handle = (const ISynchronizeHandleVtbl *)&event_vtbl;
	hr = IUnknown_QueryInterface(&object->inner, riid, ppv);
	(void)IUnknown_Release(&object->inner);
	return hr;
}
