/* SPDX-License-Identifier: MIT */
/*
 * standard_object.c - the standard marshaler as an object
 *
 * For objects whose own IMarshal wants to leave some of the cases to it. It
 * does not ask its object for IMarshal, so that this can go on for ever.
 */
#define COBJMACROS

#include <stdlib.h>

#include "apartment.h"
#include "export.h"
#include "impl.h"
#include "standard.h"

/* object: counted; NULL: for unmarshaling only */
struct marshaler {
	IMarshal marshal;
	uint32_t refs;
	IUnknown *object;
};

static HRESULT STDMETHODCALLTYPE query(IMarshal *This, REFIID iid,
				       void **ret_object)
{
	return belayi_query_only(This, &IID_IMarshal, iid, ret_object);
}

static ULONG STDMETHODCALLTYPE ref(IMarshal *This)
{
	return __atomic_add_fetch(&((struct marshaler *)This)->refs, 1,
				  __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE unref(IMarshal *This)
{
	struct marshaler *marshaler = (struct marshaler *)This;
	uint32_t refs =
		__atomic_sub_fetch(&marshaler->refs, 1, __ATOMIC_ACQ_REL);

	if (refs)
		return refs;
	if (marshaler->object)
		IUnknown_Release(marshaler->object);
	free(marshaler);
	return 0;
}

static HRESULT STDMETHODCALLTYPE marshal(IMarshal *This, IStream *stream,
					 REFIID iid, void *object, DWORD mshctx,
					 void *context, DWORD mshlflags)
{
	IUnknown *from = object ? object : ((struct marshaler *)This)->object;

	(void)mshctx, (void)context;
	if (!from)
		return E_INVALIDARG;
	return belayi_standard_marshal(from, stream, iid, mshlflags);
}

static HRESULT STDMETHODCALLTYPE disconnect(IMarshal *This, DWORD reserved)
{
	IUnknown *object = ((struct marshaler *)This)->object;

	(void)reserved;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	if (object)
		belayi_export_cut(object);
	return S_OK;
}

static CONST_VTBL IMarshalVtbl vtable = {
	query,
	ref,
	unref,
	belayi_standard_class,
	belayi_standard_size,
	marshal,
	belayi_standard_read,
	belayi_standard_discard,
	disconnect,
};

HRESULT CoGetStandardMarshal(REFIID riid, IUnknown *object, DWORD mshctx,
			     void *context, DWORD mshlflags,
			     IMarshal **ret_marshal)
{
	struct marshaler *marshaler;

	(void)riid, (void)mshctx, (void)context, (void)mshlflags;
	if (!ret_marshal)
		return E_INVALIDARG;
	*ret_marshal = NULL;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	marshaler = calloc(1, sizeof(*marshaler));
	if (!marshaler)
		return E_OUTOFMEMORY;
	marshaler->marshal.lpVtbl = &vtable;
	marshaler->refs = 1;
	marshaler->object = object;
	if (object)
		IUnknown_AddRef(object);
	*ret_marshal = &marshaler->marshal;
	return S_OK;
}
