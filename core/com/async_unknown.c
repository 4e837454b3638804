/* SPDX-License-Identifier: MIT */
/*
 * async_unknown.c - AsyncIUnknown of an import
 */
#define COBJMACROS

#include "faces.h"
#include "impl.h"
#include "import_calls.h"

BELAYI_DELEGATE(AsyncIUnknown, belayi_call_object, async, waitable.outer)

static HRESULT STDMETHODCALLTYPE begin_query(AsyncIUnknown *This, REFIID riid)
{
	const struct belayi_query wanted = {.iid = *riid,
					    .result = BELAYI_UNANSWERED};
	struct belayi_query_image image = {This, &wanted, NULL};

	return belayi_import_begin(This, BELAYI_CALL_QUERY, &image,
				   __builtin_return_address(0));
}

static HRESULT STDMETHODCALLTYPE finish_query(AsyncIUnknown *This,
					      void **ppvObject)
{
	struct belayi_import *import =
		belayi_object_from(This)->client.proxy->import;
	struct belayi_query found;
	struct belayi_query_image image = {This, NULL, &found};
	uint64_t result = 0;
	HRESULT hr;

	if (!ppvObject)
		return E_POINTER;
	*ppvObject = NULL;
	/* What comes in meanwhile may release the call object, and it. */
	(void)belayi_import_ref(import);
	belayi_import_finish(This, BELAYI_CALL_QUERY, &image, &result);
	hr = (HRESULT)result;
	/* Nothing has to be asked any more. */
	if (SUCCEEDED(hr))
		hr = belayi_faces_query(import, &found.iid, ppvObject);
	(void)belayi_import_unref(import);
	return hr;
}

static HRESULT begin_count(AsyncIUnknown *This, enum belayi_import_call call,
			   const void *site)
{
	void *image = This;

	return belayi_import_begin(This, call, &image, site);
}

static ULONG finish_count(AsyncIUnknown *This, enum belayi_import_call call)
{
	void *image = This;
	uint64_t count = 0;

	belayi_import_finish(This, call, &image, &count);
	return (ULONG)count;
}

static HRESULT STDMETHODCALLTYPE begin_add_ref(AsyncIUnknown *This)
{
	return begin_count(This, BELAYI_CALL_ADD_REF,
			   __builtin_return_address(0));
}

static ULONG STDMETHODCALLTYPE finish_add_ref(AsyncIUnknown *This)
{
	return finish_count(This, BELAYI_CALL_ADD_REF);
}

static HRESULT STDMETHODCALLTYPE begin_release(AsyncIUnknown *This)
{
	return begin_count(This, BELAYI_CALL_RELEASE,
			   __builtin_return_address(0));
}

static ULONG STDMETHODCALLTYPE finish_release(AsyncIUnknown *This)
{
	return finish_count(This, BELAYI_CALL_RELEASE);
}

CONST_VTBL AsyncIUnknownVtbl belayi_async_unknown_vtable = {
	async_QueryInterface, async_AddRef,  async_Release,
	begin_query,          finish_query,  begin_add_ref,
	finish_add_ref,       begin_release, finish_release,
};
