/* SPDX-License-Identifier: MIT */
/*
 * no_runtime.c - what a proxy file calls, for a test that only reads it
 */
#include <belay/com/rpcproxy.h>

HRESULT IUnknown_QueryInterface_Proxy(IUnknown *This, REFIID riid,
				      void **ppvObject)
{
	(void)This;
	(void)riid;
	*ppvObject = NULL;
	return E_NOINTERFACE;
}

ULONG IUnknown_AddRef_Proxy(IUnknown *This)
{
	(void)This;
	return 1;
}

ULONG IUnknown_Release_Proxy(IUnknown *This)
{
	(void)This;
	return 0;
}

void *NdrOleAllocate(size_t size)
{
	(void)size;
	return NULL;
}

void NdrOleFree(void *memory)
{
	(void)memory;
}
