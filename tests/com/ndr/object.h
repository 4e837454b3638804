/* SPDX-License-Identifier: MIT */
/*
 * object.h - an object for tests: one interface, a count of references
 */
#ifndef BELAY_TESTS_COM_OBJECT_H
#define BELAY_TESTS_COM_OBJECT_H

#include <string.h>

#include <belay/com/objbase.h>

struct object {
	const void *vtable;
	const IID *iid;
	LONG refs;
	LONG number; /* the test's */
};

static inline HRESULT STDMETHODCALLTYPE object_query(void *This, REFIID riid,
						     void **ppv)
{
	struct object *object = This;

	*ppv = NULL;
	if (memcmp(riid, &IID_IUnknown, sizeof(IID)) != 0 &&
	    memcmp(riid, object->iid, sizeof(IID)) != 0)
		return E_NOINTERFACE;
	object->refs++;
	*ppv = object;
	return S_OK;
}

static inline ULONG STDMETHODCALLTYPE object_add_ref(void *This)
{
	return (ULONG)++((struct object *)This)->refs;
}

static inline ULONG STDMETHODCALLTYPE object_release(void *This)
{
	return (ULONG)--((struct object *)This)->refs;
}

#define OBJECT_UNKNOWN                                                         \
	.QueryInterface = (void *)object_query,                                \
	.AddRef = (void *)object_add_ref, .Release = (void *)object_release

#endif
