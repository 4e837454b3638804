/* SPDX-License-Identifier: MIT */
/*
 * rpcproxy_symbols.c - the names that widl's _p.c files refer to
 *
 * Proxies have vtables of their own (vtables.h), so that these three, which
 * stand in the file's, only pass on what somebody calls through them.
 */
#include <stdlib.h>

#include <belay/com/objbase.h>
#include <belay/com/rpcproxy.h>

HRESULT STDMETHODCALLTYPE IUnknown_QueryInterface_Proxy(IUnknown *This,
							REFIID riid,
							void **ppvObject)
{
	return This->lpVtbl->QueryInterface(This, riid, ppvObject);
}

ULONG STDMETHODCALLTYPE IUnknown_AddRef_Proxy(IUnknown *This)
{
	return This->lpVtbl->AddRef(This);
}

ULONG STDMETHODCALLTYPE IUnknown_Release_Proxy(IUnknown *This)
{
	return This->lpVtbl->Release(This);
}

void *NdrOleAllocate(size_t size)
{
	return malloc(size ? size : 1);
}

void NdrOleFree(void *memory)
{
	free(memory);
}

CLIENT_CALL_RETURN NdrClientCall2(PMIDL_STUB_DESC description,
				  PFORMAT_STRING format, ...)
{
	(void)description;
	(void)format;
	return (CLIENT_CALL_RETURN){.Simple = E_NOTIMPL};
}
