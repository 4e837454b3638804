/* SPDX-License-Identifier: MIT */
/*
 * waitable.c - ISynchronize and ISynchronizeHandle of whatever has an event
 */
#define COBJMACROS
#include "waitable.h"

#include "impl.h"

#define FROM(pointer) BELAYI_IMPL(belayi_waitable, synchronize, pointer)

/* --- ISynchronize -------------------------------------------------------- */

BELAYI_DELEGATE(ISynchronize, belayi_waitable, synchronize, outer)

HRESULT STDMETHODCALLTYPE belayi_waitable_wait(ISynchronize *This,
					       DWORD dwFlags,
					       DWORD dwMilliseconds)
{
	struct belayi_waitable *waitable = FROM(This);
	IUnknown *outer = waitable->outer;
	HRESULT hr;

	/* One event, and no messages: none of the flags changes anything. */
	(void)dwFlags;
	/* What comes in meanwhile may release the object. */
	(void)IUnknown_AddRef(outer);
	hr = belayi_event_wait(&waitable->event, dwMilliseconds);
	(void)IUnknown_Release(outer);
	return hr;
}

static HRESULT STDMETHODCALLTYPE synchronize_Signal(ISynchronize *This)
{
	belayi_event_signal(&FROM(This)->event);
	return S_OK;
}

HRESULT STDMETHODCALLTYPE belayi_waitable_reset(ISynchronize *This)
{
	belayi_event_reset(&FROM(This)->event);
	return S_OK;
}

static const ISynchronizeVtbl synchronize_vtbl = {
	synchronize_QueryInterface, synchronize_AddRef, synchronize_Release,
	belayi_waitable_wait,       synchronize_Signal, belayi_waitable_reset,
};

/* --- ISynchronizeHandle -------------------------------------------------- */

BELAYI_DELEGATE(ISynchronizeHandle, belayi_waitable, handle, outer)

static HRESULT STDMETHODCALLTYPE handle_GetHandle(ISynchronizeHandle *This,
						  HANDLE *ph)
{
	if (!ph)
		return E_POINTER;
	return belayi_event_handle(
		&BELAYI_IMPL(belayi_waitable, handle, This)->event, ph);
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
