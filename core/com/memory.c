/* SPDX-License-Identifier: MIT */
/*
 * memory.c - memory that crosses an interface: whoever gets it frees it
 *
 * It is malloc()'s, so that tools that look for mistakes with memory know it.
 */
#define CONST_VTABLE

#include <malloc.h>
#include <stdlib.h>

#include "impl.h"

#include <belay/com/objbase.h>

LPVOID CoTaskMemAlloc(SIZE_T size)
{
	/* COM promises a pointer that can be freed for 0 bytes, too. */
	return malloc(size ? size : 1);
}

LPVOID CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
	if (memory && !size) {
		free(memory);
		return NULL;
	}
	return realloc(memory, size ? size : 1);
}

void CoTaskMemFree(LPVOID memory)
{
	free(memory);
}

/* --- IMalloc: of one object that is always there ------------------------- */

static HRESULT STDMETHODCALLTYPE malloc_QueryInterface(IMalloc *This,
						       REFIID riid,
						       void **ppvObject)
{
	return belayi_query_only(This, &IID_IMalloc, riid, ppvObject);
}

static ULONG STDMETHODCALLTYPE malloc_AddRef(IMalloc *This)
{
	(void)This;
	return 2;
}

static ULONG STDMETHODCALLTYPE malloc_Release(IMalloc *This)
{
	(void)This;
	return 1;
}

static void *STDMETHODCALLTYPE malloc_Alloc(IMalloc *This, SIZE_T cb)
{
	(void)This;
	return CoTaskMemAlloc(cb);
}

static void *STDMETHODCALLTYPE malloc_Realloc(IMalloc *This, void *pv,
					      SIZE_T cb)
{
	(void)This;
	return CoTaskMemRealloc(pv, cb);
}

static void STDMETHODCALLTYPE malloc_Free(IMalloc *This, void *pv)
{
	(void)This;
	CoTaskMemFree(pv);
}

static SIZE_T STDMETHODCALLTYPE malloc_GetSize(IMalloc *This, void *pv)
{
	(void)This;
	return pv ? malloc_usable_size(pv) : (SIZE_T)-1;
}

static int STDMETHODCALLTYPE malloc_DidAlloc(IMalloc *This, void *pv)
{
	(void)This, (void)pv;
	return -1;
}

static void STDMETHODCALLTYPE malloc_HeapMinimize(IMalloc *This)
{
	(void)This;
	(void)malloc_trim(0);
}

static CONST_VTBL IMallocVtbl malloc_vtable = {
	malloc_QueryInterface, malloc_AddRef,   malloc_Release,
	malloc_Alloc,          malloc_Realloc,  malloc_Free,
	malloc_GetSize,        malloc_DidAlloc, malloc_HeapMinimize,
};

HRESULT CoGetMalloc(DWORD context, LPMALLOC *ret_malloc)
{
	static IMalloc task_memory = {&malloc_vtable};

	if (!ret_malloc)
		return E_INVALIDARG;
	*ret_malloc = context == MEMCTX_TASK ? &task_memory : NULL;
	return *ret_malloc ? S_OK : E_INVALIDARG;
}
