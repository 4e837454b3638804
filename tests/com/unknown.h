/* SPDX-License-Identifier: MIT */
/*
 * unknown.h - IUnknown's methods, of objects that tests write
 *
 * BELAYI_UNKNOWN(), BELAYI_DELEGATE() and belayi_query_only() are the runtime's.
 */
#ifndef TESTS_COM_UNKNOWN_H
#define TESTS_COM_UNKNOWN_H

#include "impl.h"

/* PART() - of a struct that begins with the interface that has the methods */
#define PART(Interface, type, member)                                          \
	BELAYI_UNKNOWN(Interface, type, member, FIRST_QUERY, FIRST_ADD_REF,    \
		       FIRST_RELEASE)
#define FIRST_QUERY(object, riid, ppv)                                         \
	IUnknown_QueryInterface((IUnknown *)(object), riid, ppv)
#define FIRST_ADD_REF(object) IUnknown_AddRef((IUnknown *)(object))
#define FIRST_RELEASE(object) IUnknown_Release((IUnknown *)(object))

/* ETERNAL() - of an object that is always there: nobody counts */
#define ETERNAL(Interface, name)                                               \
	static HRESULT STDMETHODCALLTYPE name##_QueryInterface(                \
		Interface *This, REFIID riid, void **ppvObject)                \
	{                                                                      \
		return belayi_query_only(This, &IID_##Interface, riid,         \
					 ppvObject);                           \
	}                                                                      \
	static ULONG STDMETHODCALLTYPE name##_AddRef(Interface *This)          \
	{                                                                      \
		(void)This;                                                    \
		return 2;                                                      \
	}                                                                      \
	static ULONG STDMETHODCALLTYPE name##_Release(Interface *This)         \
	{                                                                      \
		(void)This;                                                    \
		return 1;                                                      \
	}

#endif
