/* SPDX-License-Identifier: MIT */
/*
 * calc_call.c - a call object of a calc, as an author of a server writes one
 *
 * What it is; what its methods do stands in calc_async.c.
 */
#define COBJMACROS
#include "calc_call.h"

#include <stdlib.h>

#include "impl.h"

/* --- ICancelMethodCalls, for direct use ---------------------------------- */

static struct calc_call *impl_from_ICancelMethodCalls(ICancelMethodCalls *iface)
{
	return BELAYI_IMPL(calc_call, cancel, iface);
}

BELAYI_DELEGATE(ICancelMethodCalls, calc_call, cancel, outer)

static HRESULT STDMETHODCALLTYPE cancel_Cancel(ICancelMethodCalls *iface,
					       ULONG seconds)
{
	struct calc_call *call = impl_from_ICancelMethodCalls(iface);

	(void)seconds;
	if (__atomic_load_n(&call->method, __ATOMIC_ACQUIRE) == NONE)
		return RPC_E_CALL_COMPLETE;
	if (__atomic_exchange_n(&call->canceled, true, __ATOMIC_ACQ_REL))
		return RPC_E_CALL_CANCELED;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE cancel_TestCancel(ICancelMethodCalls *iface)
{
	struct calc_call *call = impl_from_ICancelMethodCalls(iface);

	return __atomic_load_n(&call->canceled, __ATOMIC_ACQUIRE)
		       ? RPC_E_CALL_CANCELED
		       : RPC_S_CALLPENDING;
}

static ICancelMethodCallsVtbl cancel_vtable = {
	cancel_QueryInterface, cancel_AddRef,     cancel_Release,
	cancel_Cancel,         cancel_TestCancel,
};

/* --- The inner unknown --------------------------------------------------- */

static struct calc_call *impl_from_IUnknown(IUnknown *iface)
{
	return BELAYI_IMPL(calc_call, inner, iface);
}

static HRESULT STDMETHODCALLTYPE inner_QueryInterface(IUnknown *iface,
						      REFIID riid, void **ppv)
{
	struct calc_call *call = impl_from_IUnknown(iface);

	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown)) {
		*ppv = &call->inner;
		IUnknown_AddRef(&call->inner);
		return S_OK;
	}
	if (IsEqualIID(riid, &IID_AsyncICalc))
		*ppv = &call->async;
	else if (IsEqualIID(riid, &IID_ICancelMethodCalls) && call->direct &&
		 call->calc->flags & CALC_CANCELS)
		*ppv = &call->cancel;
	else if (call->event)
		return IUnknown_QueryInterface(call->event, riid, ppv);
	if (!*ppv)
		return E_NOINTERFACE;
	IUnknown_AddRef(call->outer);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE inner_AddRef(IUnknown *iface)
{
	struct calc_call *call = impl_from_IUnknown(iface);

	return (ULONG)__atomic_add_fetch(&call->refs, 1, __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE inner_Release(IUnknown *iface)
{
	struct calc_call *call = impl_from_IUnknown(iface);
	LONG refs = __atomic_sub_fetch(&call->refs, 1, __ATOMIC_ACQ_REL);

	if (refs)
		return (ULONG)refs;
	if (call->method == UPPER)
		CoTaskMemFree(call->text);
	if (call->method == UPPER_WIDE)
		CoTaskMemFree(call->wide);
	if (call->event) {
		call->refs = 1; /* the event gives back what it is asked */
		IUnknown_Release(call->event);
	}
	ICalcMemory_Release(&call->calc->calc);
	free(call);
	calc_gone();
	return 0;
}

static IUnknownVtbl inner_vtable = {
	inner_QueryInterface,
	inner_AddRef,
	inner_Release,
};

static HRESULT new_call(struct calc *calc, IUnknown *outer, IUnknown **ret)
{
	struct calc_call *call = calloc(1, sizeof(*call));
	HRESULT hr = S_OK;

	if (!call)
		return E_OUTOFMEMORY;
	calc_born();
	call->inner.lpVtbl = &inner_vtable;
	call->async.lpVtbl = &calc_async_vtable;
	call->cancel.lpVtbl = &cancel_vtable;
	call->outer = outer ? outer : &call->inner;
	call->direct = !outer;
	call->refs = 1;
	call->calc = calc;
	ICalcMemory_AddRef(&calc->calc);
	if (!outer)
		hr = CoCreateInstance(&CLSID_ManualResetEvent, &call->inner,
				      CLSCTX_INPROC_SERVER, &IID_IUnknown,
				      (void **)&call->event);
	*ret = &call->inner;
	return hr;
}

HRESULT calc_create_call(struct calc *calc, REFIID riid, IUnknown *outer,
			 REFIID riid2, IUnknown **ppv)
{
	IUnknown *inner = NULL;
	HRESULT hr;

	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (calc->flags & CALC_BROKEN)
		return E_OUTOFMEMORY;
	if (!IsEqualIID(riid, &IID_AsyncICalc))
		return E_NOINTERFACE;
	if (outer && !IsEqualIID(riid2, &IID_IUnknown))
		return E_INVALIDARG;
	if (outer)
		calc_add(calc, aggregated);
	hr = new_call(calc, outer, &inner);
	if (hr == S_OK)
		hr = IUnknown_QueryInterface(inner, riid2, (void **)ppv);
	if (inner)
		IUnknown_Release(inner);
	return hr;
}
