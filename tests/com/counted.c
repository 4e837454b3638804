/* SPDX-License-Identifier: MIT */
/*
 * counted.c - an object that tests marshal
 */
#define COBJMACROS

#include "counted.h"

#include <pthread.h>
#include <stdlib.h>

#include "tally.h"

const IID counted_unregistered = {
	0xb1a7ca1c, 0x0002, 0x4e5a, {0x9c, 0x11, 0x5d, 0x1f, 0x0a, 0x6b, 0, 1}};

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;

static uint32_t alive;

static struct counted *of(ICalcMemory *calc)
{
	return (struct counted *)calc;
}

static void look_at_thread(struct counted *counted)
{
	if (counted->thread && counted->thread != (uintptr_t)pthread_self())
		__atomic_add_fetch(&counted->wrong_threads, 1,
				   __ATOMIC_RELAXED);
}

static HRESULT STDMETHODCALLTYPE query(ICalcMemory *This, REFIID iid,
				       void **ret_object)
{
	struct counted *counted = of(This);

	look_at_thread(counted);
	*ret_object = NULL;
	if (IsEqualIID(iid, &IID_ICalcMemory))
		__atomic_add_fetch(&counted->queries, 1, __ATOMIC_RELAXED);
	if (IsEqualIID(iid, &IID_IMarshal) && counted->inner)
		return IUnknown_QueryInterface(counted->inner, iid, ret_object);
	if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_ICalc) &&
	    !IsEqualIID(iid, &IID_ICalcMemory) &&
	    !IsEqualIID(iid, &counted_unregistered))
		return E_NOINTERFACE;
	ICalcMemory_AddRef(This);
	*ret_object = This;
	return S_OK;
}

static ULONG STDMETHODCALLTYPE ref(ICalcMemory *This)
{
	return __atomic_add_fetch(&of(This)->refs, 1, __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE unref(ICalcMemory *This)
{
	struct counted *counted = of(This);
	uint32_t refs;

	look_at_thread(counted);
	if (__atomic_load_n(&counted->wrong_threads, __ATOMIC_RELAXED))
		abort();
	refs = __atomic_sub_fetch(&counted->refs, 1, __ATOMIC_ACQ_REL);
	if (refs)
		return refs;
	if (counted->inner)
		IUnknown_Release(counted->inner);
	free(counted);
	(void)tally_take(&alive);
	return 0;
}

static HRESULT STDMETHODCALLTYPE add(ICalcMemory *This, LONG a, LONG b,
				     LONG *sum)
{
	(void)This;
	*sum = a + b;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE slow(ICalcMemory *This, ULONG milliseconds,
				      ULONG *ret_slept)
{
	(void)This;
	*ret_slept = milliseconds;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE fail(ICalcMemory *This, HRESULT hr,
				      LONG *value)
{
	(void)This;
	*value = 42;
	return hr;
}

static HRESULT STDMETHODCALLTYPE next(ICalcMemory *This, LONG *value)
{
	(void)This;
	++*value;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE upper(ICalcMemory *This, const char *text,
				       char **ret_text)
{
	(void)This, (void)text;
	*ret_text = NULL;
	return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE upper_wide(ICalcMemory *This,
					    const WCHAR *text, WCHAR **ret_text)
{
	(void)This, (void)text;
	*ret_text = NULL;
	return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE store(ICalcMemory *This, LONG value)
{
	of(This)->memory = value;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE recall(ICalcMemory *This, LONG *value)
{
	*value = of(This)->memory;
	return S_OK;
}

static CONST_VTBL ICalcMemoryVtbl vtable = {
	query, ref,   unref,      add,   slow,   fail,
	next,  upper, upper_wide, store, recall,
};

void counted_register(void)
{
	if (FAILED(belay_register_proxies(&calc_ProxyFileInfo)))
		abort();
}

struct counted *counted_new(bool bound)
{
	struct counted *counted = calloc(1, sizeof(*counted));

	if (!counted)
		abort();
	counted->calc.lpVtbl = &vtable;
	counted->refs = 1;
	if (bound)
		counted->thread = (uintptr_t)pthread_self();
	(void)tally_add(&alive);
	return counted;
}

uint32_t counted_alive(void)
{
	return __atomic_load_n(&alive, __ATOMIC_ACQUIRE);
}

uint32_t counted_refs(const struct counted *counted)
{
	return __atomic_load_n(&counted->refs, __ATOMIC_ACQUIRE);
}

bool counted_go(void)
{
	return tally_await_most(&alive, 0);
}
