/* SPDX-License-Identifier: MIT */
/*
 * async_multi.c - AsyncIMultiQI of an import
 */
#define COBJMACROS

#include <stdlib.h>

#include "impl.h"
#include "import.h"
#include "import_calls.h"
#include "multi_query.h"

BELAYI_DELEGATE(AsyncIMultiQI, belayi_call_object, async, waitable.outer)

static HRESULT STDMETHODCALLTYPE begin_query_many(AsyncIMultiQI *This,
						  ULONG cMQIs, MULTI_QI *pMQIs)
{
	struct belayi_queries *wanted;
	struct belayi_queries_image image = {This, &wanted, NULL};
	HRESULT hr = belayi_queries_new(cMQIs, pMQIs, &wanted);

	if (FAILED(hr))
		return hr;
	hr = belayi_import_begin(This, BELAYI_CALL_QUERY_MANY, &image,
				 __builtin_return_address(0));
	free(wanted);
	return hr;
}

/*
 * The array is [in, out], so where the call failed it stays as it is; it may
 * be another one than that of Begin_, which had the IIDs.
 */
static HRESULT STDMETHODCALLTYPE finish_query_many(AsyncIMultiQI *This,
						   MULTI_QI *pMQIs)
{
	struct belayi_import *import =
		belayi_object_from(This)->client.proxy->import;
	struct belayi_queries *found = NULL;
	struct belayi_queries_image image = {This, NULL, &found};
	uint64_t result = 0;
	HRESULT hr;

	if (!pMQIs)
		return E_INVALIDARG;
	/* What comes in meanwhile may release the call object, and it. */
	(void)belayi_import_ref(import);
	belayi_import_finish(This, BELAYI_CALL_QUERY_MANY, &image, &result);
	hr = (HRESULT)result;
	if (SUCCEEDED(hr))
		hr = belayi_queries_collect(import, found, pMQIs);
	(void)belayi_import_unref(import);
	free(found);
	return hr;
}

CONST_VTBL AsyncIMultiQIVtbl belayi_async_multi_vtable = {
	async_QueryInterface, async_AddRef,      async_Release,
	begin_query_many,     finish_query_many,
};
