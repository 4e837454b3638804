/* SPDX-License-Identifier: MIT */
/*
 * belay/com/rpcproxy.h - the tables that NAME_p.c consists of
 *
 * `belay idl` writes such a file with widl -Oif; belay_register_proxies()
 * (belay/com/apartment.h) takes its ExtendedProxyFileInfo.
 */
#ifndef BELAY_COM_RPCPROXY_H
#define BELAY_COM_RPCPROXY_H

#if defined(__midl_proxy) && !defined(USE_STUBLESS_PROXY)
#error This file has no format strings: make it with belay idl (widl -Oif -p)
#endif

#include <string.h>

#include <belay/com/objbase.h>
#include <belay/com/rpcndr.h>

#ifndef __RPCPROXY_H_VERSION__
#define __RPCPROXY_H_VERSION__ 475
#endif

/*
 * The proxy side of an interface. Vtbl[i] is (void *)-1 where the format
 * string of method i tells all, 0 where the method is a base interface's
 * whose proxies are in another file, else a function.
 */
typedef struct tagCInterfaceProxyHeader {
	const void *pStublessProxyInfo; /* MIDL_STUBLESS_PROXY_INFO */
	const IID *piid;
} CInterfaceProxyHeader;

#define CINTERFACE_PROXY_VTABLE(n)                                             \
	struct {                                                               \
		CInterfaceProxyHeader header;                                  \
		void *Vtbl[n];                                                 \
	}

typedef struct tagCInterfaceProxyVtbl {
	CInterfaceProxyHeader header;
	void *Vtbl[1]; /* as many as the stub's DispatchTableCount says */
} CInterfaceProxyVtbl;

/* The server side of an interface. */
typedef void(__RPC_STUB *PRPC_STUB_FUNCTION)(
	interface IRpcStubBuffer *This, interface IRpcChannelBuffer *channel,
	PRPC_MESSAGE message, DWORD *phase);

/* Calls to a base's methods and to [call_as] ones: by their strings, too. */
#define STUB_FORWARDING_FUNCTION ((PRPC_STUB_FUNCTION)0)
#define NdrStubCall2 0

typedef struct tagCInterfaceStubHeader {
	const IID *piid;
	const MIDL_SERVER_INFO *pServerInfo;
	ULONG DispatchTableCount; /* methods, with IUnknown's three */
	const PRPC_STUB_FUNCTION *pDispatchTable;
} CInterfaceStubHeader;

/* Stubs are made by the runtime: the methods in a file are left out. */
typedef struct tagCInterfaceStubVtbl {
	CInterfaceStubHeader header;
	struct {
		const void *method[10];
	} Vtbl;
} CInterfaceStubVtbl;

#define CStdStubBuffer_METHODS                                                 \
	{                                                                      \
		0                                                              \
	}
#define CStdStubBuffer_DELEGATING_METHODS                                      \
	{                                                                      \
		0                                                              \
	}
#define CStdAsyncStubBuffer_METHODS                                            \
	{                                                                      \
		0                                                              \
	}
#define CStdAsyncStubBuffer_DELEGATING_METHODS                                 \
	{                                                                      \
		0                                                              \
	}

typedef CInterfaceProxyVtbl *PCInterfaceProxyVtblList;
typedef CInterfaceStubVtbl *PCInterfaceStubVtblList;
typedef const char *PCInterfaceName;
typedef int(__stdcall *PIIDLookup)(const IID *iid, int *ret_index);

#define IID_GENERIC_CHECK_IID(name, iid, index)                                \
	memcmp(iid, name##_ProxyVtblList[index]->header.piid, sizeof(IID))

/*
 * struct belay_proxy_names - the methods' names, which widl leaves out
 *
 * size:    sizeof(struct belay_proxy_names) as its author knew it; members are
 *          only ever added at the end
 * mark:    BELAY_PROXY_NAMES_MARK
 * methods: for each interface, in the order of the file's other tables: the
 *          names of its methods from slot 3 on, those of its bases too; ends
 *          with NULL
 * letters: for each interface and method, in the same orders, one letter for
 *          each parameter and for what it returns (BELAY_PROXY_LETTER), or
 *          NULL where it is a method of a base in another file. All of it may
 *          be NULL: then no struct of more than 8 bytes is passed by value
 */
#define BELAY_PROXY_NAMES_MARK 0x4e504c42U

struct belay_proxy_names {
	uint32_t size;
	uint32_t mark;
	const char *const *const *methods;
	const char *const *const *letters;
};

/*
 * BELAY_PROXY_LETTER() - what widl does not say of a type that is passed
 *
 * 's': a struct or union by value; 'u': an unsigned integer; '-': neither.
 * What a method returns may also be 'h', an HRESULT. (Classes 12 and 13 are
 * the compiler's for struct and union types.)
 */
#define BELAY_PROXY_LETTER(type)                                               \
	(__builtin_classify_type(*(type *)0) == 12 ||                          \
			 __builtin_classify_type(*(type *)0) == 13             \
		 ? 's'                                                         \
	 : _Generic((type *)0, unsigned char * : 1, unsigned short * : 1,      \
		    unsigned int * : 1, default : 0)                           \
		 ? 'u'                                                         \
		 : '-')

/*
 * ExtendedProxyFileInfo - all interfaces of a file
 *
 * Each list has TableSize entries, in one order.
 *
 * pDelegatedIIDs:  NULL, or for each interface the IID of the base whose
 *                  proxies are in another file, or NULL
 * TableVersion:    2; at least 6 where pAsyncIIDLookup is set
 * pAsyncIIDLookup: for each interface the IID of its asynchronous one; both
 *                  NULL and (IID *)-1 say that there is none
 * Filler2:         0, or the address of a struct belay_proxy_names
 */
typedef struct tagExtendedProxyFileInfo {
	const PCInterfaceProxyVtblList *pProxyVtblList;
	const PCInterfaceStubVtblList *pStubVtblList;
	const PCInterfaceName *pNamesArray;
	const IID **pDelegatedIIDs;
	PIIDLookup pIIDLookupRtn;
	unsigned short TableSize;
	unsigned short TableVersion;
	const IID **pAsyncIIDLookup;
	LONG_PTR Filler2;
	LONG_PTR Filler3;
	LONG_PTR Filler4;
} ExtendedProxyFileInfo, ProxyFileInfo;

/*
 * IUnknown_QueryInterface_Proxy(), IUnknown_AddRef_Proxy(),
 * IUnknown_Release_Proxy() - the first three slots of every proxy
 *
 * For tables in a NAME_p.c; programs call a proxy's methods as any object's.
 *
 * Return: as IUnknown::QueryInterface(), IUnknown::AddRef() and
 *         IUnknown::Release().
 */
RPCRTAPI HRESULT STDMETHODCALLTYPE
IUnknown_QueryInterface_Proxy(IUnknown *This, REFIID riid, void **ppvObject);
RPCRTAPI ULONG STDMETHODCALLTYPE IUnknown_AddRef_Proxy(IUnknown *This);
RPCRTAPI ULONG STDMETHODCALLTYPE IUnknown_Release_Proxy(IUnknown *This);

#endif
