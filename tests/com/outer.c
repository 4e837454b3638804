/* SPDX-License-Identifier: MIT */
/*
 * outer.c - a client's object that wants to be called back
 */
#define COBJMACROS
#include "outer.h"

#include <stdlib.h>

#include "ask.h"
#include "check.h"
#include "unknown.h"

static struct outer *impl_from_IUnknown(IUnknown *iface)
{
	return (struct outer *)iface;
}

static HRESULT STDMETHODCALLTYPE outer_QueryInterface(IUnknown *iface,
						      REFIID riid, void **ppv)
{
	struct outer *outer = impl_from_IUnknown(iface);

	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown))
		*ppv = &outer->unknown;
	else if (IsEqualIID(riid, &IID_ISynchronize) && outer->event)
		*ppv = &outer->sync;
	else if (outer->inner)
		return IUnknown_QueryInterface(outer->inner, riid, ppv);
	if (!*ppv)
		return E_NOINTERFACE;
	IUnknown_AddRef(iface);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE outer_AddRef(IUnknown *iface)
{
	return (ULONG)__atomic_add_fetch(&impl_from_IUnknown(iface)->refs, 1,
					 __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE outer_Release(IUnknown *iface)
{
	struct outer *outer = impl_from_IUnknown(iface);
	void (*gone)(void) = outer->gone;
	LONG refs = __atomic_sub_fetch(&outer->refs, 1, __ATOMIC_ACQ_REL);

	if (refs)
		return (ULONG)refs;
	outer->refs = 1; /* what is let go may come and go again */
	(void)outer_part(outer);
	if (outer->event)
		IUnknown_Release(outer->event);
	free(outer);
	if (gone)
		gone();
	return 0;
}

static IUnknownVtbl unknown_vtable = {
	outer_QueryInterface,
	outer_AddRef,
	outer_Release,
};

static struct outer *impl_from_ISynchronize(ISynchronize *iface)
{
	return BELAYI_IMPL(outer, sync, iface);
}

PART(ISynchronize, outer, sync)

static ISynchronize *event_of(struct outer *outer)
{
	ISynchronize *event = NULL;

	(void)IUnknown_QueryInterface(outer->event, &IID_ISynchronize,
				      (void **)&event);
	return event;
}

static HRESULT STDMETHODCALLTYPE sync_Wait(ISynchronize *iface, DWORD flags,
					   DWORD milliseconds)
{
	struct outer *outer = impl_from_ISynchronize(iface);
	ISynchronize *event = event_of(outer);
	HRESULT hr;

	(void)__atomic_add_fetch(&outer->waits, 1, __ATOMIC_ACQ_REL);
	hr = ISynchronize_Wait(event, flags, milliseconds);
	ISynchronize_Release(event);
	return hr;
}

static HRESULT STDMETHODCALLTYPE sync_Signal(ISynchronize *iface)
{
	struct outer *outer = impl_from_ISynchronize(iface);
	ISynchronize *event = event_of(outer);

	(void)__atomic_add_fetch(&outer->signals, 1, __ATOMIC_ACQ_REL);
	if (outer->in_signal)
		outer->in_signal(outer);
	(void)ISynchronize_Signal(event);
	ISynchronize_Release(event);
	return outer->signal_answer;
}

static HRESULT STDMETHODCALLTYPE sync_Reset(ISynchronize *iface)
{
	struct outer *outer = impl_from_ISynchronize(iface);
	ISynchronize *event = event_of(outer);

	if (outer->in_reset)
		outer->in_reset(outer);
	if (outer->begun)
		outer->reset_before_begun =
			!__atomic_load_n(outer->begun, __ATOMIC_ACQUIRE);
	(void)__atomic_add_fetch(&outer->resets, 1, __ATOMIC_ACQ_REL);
	(void)ISynchronize_Reset(event);
	ISynchronize_Release(event);
	return outer->reset_answer;
}

static ISynchronizeVtbl sync_vtable = {
	sync_QueryInterface, sync_AddRef, sync_Release,
	sync_Wait,           sync_Signal, sync_Reset,
};

ULONG outer_part(struct outer *outer)
{
	IUnknown *inner = outer->inner;

	outer->inner = NULL;
	return inner ? IUnknown_Release(inner) : 0;
}

struct outer *outer_new(void *calc, bool synchronizes)
{
	ICallFactory *factory = AS(calc, ICallFactory);
	struct outer *outer = calloc(1, sizeof(*outer));

	assert_non_null(outer);
	outer->unknown.lpVtbl = &unknown_vtable;
	outer->sync.lpVtbl = &sync_vtable;
	outer->refs = 1;
	if (synchronizes)
		assert_int_equal(CoCreateInstance(&CLSID_ManualResetEvent, NULL,
						  CLSCTX_INPROC_SERVER,
						  &IID_IUnknown,
						  (void **)&outer->event),
				 S_OK);
	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncICalc,
						 &outer->unknown, &IID_IUnknown,
						 &outer->inner),
			 S_OK);
	ICallFactory_Release(factory);
	return outer;
}
