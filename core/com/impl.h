/* SPDX-License-Identifier: MIT */
/*
 * impl.h - what every object writes: from an interface to what is behind it,
 * and IUnknown
 */
#ifndef BELAYI_COM_IMPL_H
#define BELAYI_COM_IMPL_H

#include <stddef.h>

#include <belay/com/objbase.h>

/* BELAYI_IMPL() - the struct whose `member` an interface is */
#define BELAYI_IMPL(type, member, pointer)                                     \
	((struct type *)((char *)(pointer)-offsetof(struct type, member)))

/*
 * BELAYI_UNKNOWN() - the first three methods of an interface
 *
 * Makes member_QueryInterface, member_AddRef and member_Release, which call
 * query, add_ref and release with the struct.
 */
#define BELAYI_UNKNOWN(Interface, type, member, query, add_ref, release)       \
	static HRESULT STDMETHODCALLTYPE member##_QueryInterface(              \
		Interface *This, REFIID riid, void **ppvObject)                \
	{                                                                      \
		return query(BELAYI_IMPL(type, member, This), riid,            \
			     ppvObject);                                       \
	}                                                                      \
	static ULONG STDMETHODCALLTYPE member##_AddRef(Interface *This)        \
	{                                                                      \
		return add_ref(BELAYI_IMPL(type, member, This));               \
	}                                                                      \
	static ULONG STDMETHODCALLTYPE member##_Release(Interface *This)       \
	{                                                                      \
		return release(BELAYI_IMPL(type, member, This));               \
	}

/* BELAYI_DELEGATE() - the same, where the struct's `outer` has the methods */
#define BELAYI_DELEGATE(Interface, type, member, outer)                        \
	static HRESULT STDMETHODCALLTYPE member##_QueryInterface(              \
		Interface *This, REFIID riid, void **ppvObject)                \
	{                                                                      \
		return IUnknown_QueryInterface(                                \
			BELAYI_IMPL(type, member, This)->outer, riid,          \
			ppvObject);                                            \
	}                                                                      \
	static ULONG STDMETHODCALLTYPE member##_AddRef(Interface *This)        \
	{                                                                      \
		return IUnknown_AddRef(                                        \
			BELAYI_IMPL(type, member, This)->outer);               \
	}                                                                      \
	static ULONG STDMETHODCALLTYPE member##_Release(Interface *This)       \
	{                                                                      \
		return IUnknown_Release(                                       \
			BELAYI_IMPL(type, member, This)->outer);               \
	}

/* belayi_query_only() - QueryInterface of what has one interface, and IUnknown */
static inline HRESULT belayi_query_only(void *This, REFIID has, REFIID riid,
					void **ppv)
{
	IUnknown *unknown = (IUnknown *)This;

	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, has))
		return E_NOINTERFACE;
	(void)unknown->lpVtbl->AddRef(unknown);
	*ppv = This;
	return S_OK;
}

#endif
