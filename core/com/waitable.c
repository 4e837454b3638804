/* SPDX-License-Identifier: MIT */
/*
 * waitable.c - ISynchronize and ISynchronizeHandle of whatever has an event
 */
#define COBJMACROS
#include "waitable.h"

#include <stddef.h>

#define IMPL_FROM(member, pointer)                                             \
	((struct belayi_waitable *)((char *)(pointer)-offsetof(                \
		struct belayi_waitable, member)))

/* --- ISynchronize -------------------------------------------------------- */

HRESULT STDMETHODCALLTYPE belayi_waitable_query(ISynchronize *This, REFIID riid,
						void **ppv)
{
	return IUnknown_QueryInterface(IMPL_FROM(synchronize, This)->outer,
				       riid, ppv);
}

ULONG STDMETHODCALLTYPE belayi_waitable_ref(ISynchronize *This)
{
	return IUnknown_AddRef(IMPL_FROM(synchronize, This)->outer);
}

ULONG STDMETHODCALLTYPE belayi_waitable_unref(ISynchronize *This)
{
	return IUnknown_Release(IMPL_FROM(synchronize, This)->outer);
}

HRESULT STDMETHODCALLTYPE belayi_waitable_wait(ISynchronize *This,
					       DWORD dwFlags,
					       DWORD dwMilliseconds)
{
	/* One event, and no messages: none of the flags changes anything. */
	(void)dwFlags;
	return belayi_event_wait(&IMPL_FROM(synchronize, This)->event,
				 dwMilliseconds);
}

static HRESULT STDMETHODCALLTYPE signal_event(ISynchronize *This)
{
	belayi_event_signal(&IMPL_FROM(synchronize, This)->event);
	return S_OK;
}

HRESULT STDMETHODCALLTYPE belayi_waitable_reset(ISynchronize *This)
{
	belayi_event_reset(&IMPL_FROM(synchronize, This)->event);
	return S_OK;
}

static const ISynchronizeVtbl synchronize_vtbl = {
	belayi_waitable_query, belayi_waitable_ref, belayi_waitable_unref,
	belayi_waitable_wait,  signal_event,        belayi_waitable_reset,
};

/* --- ISynchronizeHandle -------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE handle_QueryInterface(ISynchronizeHandle *This,
						       REFIID riid, void **ppv)
{
	return IUnknown_QueryInterface(IMPL_FROM(handle, This)->outer, riid,
				       ppv);
}

static ULONG STDMETHODCALLTYPE handle_AddRef(ISynchronizeHandle *This)
{
	return IUnknown_AddRef(IMPL_FROM(handle, This)->outer);
}

static ULONG STDMETHODCALLTYPE handle_Release(ISynchronizeHandle *This)
{
	return IUnknown_Release(IMPL_FROM(handle, This)->outer);
}

static HRESULT STDMETHODCALLTYPE handle_GetHandle(ISynchronizeHandle *This,
						  HANDLE *ph)
{
	if (!ph)
		return E_POINTER;
	return belayi_event_handle(&IMPL_FROM(handle, This)->event, ph);
}

static const ISynchronizeHandleVtbl handle_vtbl = {
	handle_QueryInterface,
	handle_AddRef,
	handle_Release,
	handle_GetHandle,
};

void belayi_waitable_init(struct belayi_waitable *waitable, IUnknown *outer,
			  bool automatic)
{
	waitable->synchronize = &synchronize_vtbl;
	waitable->handle = &handle_vtbl;
	waitable->outer = outer;
	belayi_event_init(&waitable->event, automatic);
}
