/* SPDX-License-Identifier: MIT */
/*
 * belay/com/basetyps.h - the macros that COM's interfaces are declared with
 *
 * There is one calling convention here, so its names stand for nothing.
 * `interface` is a macro, as on Windows: include headers of others, which may
 * use that word, first.
 */
#ifndef BELAY_COM_BASETYPS_H
#define BELAY_COM_BASETYPS_H

#include <belay/com/guiddef.h>
#include <belay/com/uuidof.h>

#ifndef STDMETHODCALLTYPE
#define STDMETHODCALLTYPE
#endif
#define STDMETHODVCALLTYPE
#define STDAPICALLTYPE
#define STDAPIVCALLTYPE
#ifndef WINAPI
#define WINAPI
#define CALLBACK
#define APIENTRY
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif

/* What a component exports, whatever -fvisibility says. */
#define BELAY_COM_EXPORT __attribute__((visibility("default")))

#define STDAPI EXTERN_C BELAY_COM_EXPORT HRESULT STDAPICALLTYPE
#define STDAPI_(type) EXTERN_C BELAY_COM_EXPORT type STDAPICALLTYPE
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#define WINOLEAPI STDAPI
#define WINOLEAPI_(type) STDAPI_(type)

#ifndef DECLSPEC_UUID
#define DECLSPEC_UUID(uuid)
#endif
#ifndef DECLSPEC_NOVTABLE
#define DECLSPEC_NOVTABLE
#endif
#ifndef DECLSPEC_ALIGN
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#endif
#ifndef FORCEINLINE
#define FORCEINLINE inline __attribute__((always_inline))
#endif

#ifdef CONST_VTABLE
#define CONST_VTBL const
#else
#define CONST_VTBL
#endif

#undef interface
#define interface struct

#define BEGIN_INTERFACE
#define END_INTERFACE
#define MIDL_INTERFACE(uuid) struct DECLSPEC_UUID(uuid) DECLSPEC_NOVTABLE

#if defined(__cplusplus) && !defined(CINTERFACE)

#define PURE = 0
#define THIS_
#define THIS void
#define STDMETHOD(method) virtual HRESULT STDMETHODCALLTYPE method
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#define DECLARE_INTERFACE(name) struct DECLSPEC_NOVTABLE name
#define DECLARE_INTERFACE_(name, base)                                         \
	struct DECLSPEC_NOVTABLE name : public base

#else

#define PURE
#define THIS_ INTERFACE *This,
#define THIS INTERFACE *This
#define STDMETHOD(method) HRESULT(STDMETHODCALLTYPE *method)
#define STDMETHOD_(type, method) type(STDMETHODCALLTYPE *method)
#define DECLARE_INTERFACE(name)                                                \
	typedef struct name {                                                  \
		CONST_VTBL struct name##Vtbl *lpVtbl;                          \
	} name;                                                                \
	typedef struct name##Vtbl name##Vtbl;                                  \
	struct name##Vtbl
#define DECLARE_INTERFACE_(name, base) DECLARE_INTERFACE(name)

#endif

#endif
