/* SPDX-License-Identifier: MIT */
/*
 * marshal.c - CoMarshalInterface and its family
 *
 * An object that has IMarshal is marshaled as it says; a proxy, whose IMarshal
 * is ours, as the object that it stands for; any other object by the standard
 * marshaler.
 */
#define COBJMACROS

#include "marshal.h"
#include "apartment.h"
#include "custom.h"
#include "standard.h"

#define TABLE (MSHLFLAGS_TABLESTRONG | MSHLFLAGS_TABLEWEAK)
#define FLAGS (TABLE | MSHLFLAGS_NOPING)

static HRESULT check_wish(const struct belayi_wish *wish)
{
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	if (!wish->iid || !wish->object)
		return E_INVALIDARG;
	if (wish->mshctx > MSHCTX_CROSSCTX || wish->mshlflags & ~FLAGS)
		return E_INVALIDARG;
	return (wish->mshlflags & TABLE) == TABLE ? E_INVALIDARG : S_OK;
}

/* The object's own marshaler, or NULL. */
static IMarshal *marshaler_of(const struct belayi_wish *wish)
{
	IMarshal *marshal;

	if (FAILED(IUnknown_QueryInterface(wish->object, &IID_IMarshal,
					   (void **)&marshal)))
		return NULL;
	return marshal;
}

HRESULT CoMarshalInterface(IStream *stream, REFIID riid, IUnknown *object,
			   DWORD mshctx, void *context, DWORD mshlflags)
{
	struct belayi_wish wish = {riid, object, mshctx, context, mshlflags};
	HRESULT result = check_wish(&wish);
	IMarshal *marshal;

	if (FAILED(result))
		return result;
	if (!stream)
		return E_INVALIDARG;
	marshal = marshaler_of(&wish);
	if (!marshal)
		return belayi_standard_marshal(object, stream, riid, mshlflags);
	result = belayi_custom_marshal(stream, marshal, &wish);
	IMarshal_Release(marshal);
	return result;
}

HRESULT CoGetMarshalSizeMax(ULONG *ret_size, REFIID riid, IUnknown *object,
			    DWORD mshctx, void *context, DWORD mshlflags)
{
	struct belayi_wish wish = {riid, object, mshctx, context, mshlflags};
	HRESULT result = check_wish(&wish);
	IMarshal *marshal;
	DWORD size = 0;

	if (!ret_size)
		return E_INVALIDARG;
	*ret_size = 0;
	if (FAILED(result))
		return result;
	marshal = marshaler_of(&wish);
	if (!marshal) {
		*ret_size = BELAYI_OBJREF_MAX;
		return S_OK;
	}
	result = IMarshal_GetMarshalSizeMax(marshal, riid, object, mshctx,
					    context, mshlflags, &size);
	IMarshal_Release(marshal);
	/* Room for either kind: it may ask the standard marshaler. */
	if (SUCCEEDED(result) && size > UINT32_MAX - BELAYI_OBJREF_MAX)
		result = E_UNEXPECTED;
	if (SUCCEEDED(result))
		*ret_size = BELAYI_OBJREF_MAX + size;
	return result;
}

HRESULT CoUnmarshalInterface(IStream *stream, REFIID riid, void **ppv)
{
	struct belayi_objref objref;
	IUnknown *object;
	HRESULT result;

	if (!ppv)
		return E_INVALIDARG;
	*ppv = NULL;
	if (!stream || !riid)
		return E_INVALIDARG;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	result = belayi_objref_read(stream, &objref);
	if (FAILED(result))
		return result;
	if (objref.kind == BELAYI_OBJREF_STANDARD)
		result = belayi_standard_unmarshal(&objref, &object);
	else
		result = belayi_custom_unmarshal(stream, &objref, &object);
	if (FAILED(result))
		return result;
	return belayi_standard_as(object, &objref.iid, riid, ppv);
}

HRESULT belayi_release_data(IStream *stream)
{
	struct belayi_objref objref;
	HRESULT result = belayi_objref_read(stream, &objref);

	if (FAILED(result))
		return result;
	if (objref.kind == BELAYI_OBJREF_STANDARD)
		return belayi_standard_release(&objref);
	return belayi_custom_release(stream, &objref);
}

HRESULT CoReleaseMarshalData(IStream *stream)
{
	if (!stream)
		return E_INVALIDARG;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	return belayi_release_data(stream);
}

/* --- From one thread of the process to another --------------------------- */

HRESULT CoMarshalInterThreadInterfaceInStream(REFIID riid, IUnknown *object,
					      IStream **ppstream)
{
	IStream *stream;
	uint32_t size;
	HRESULT result;

	if (!ppstream)
		return E_INVALIDARG;
	*ppstream = NULL;
	result = belayi_stream_new(&stream);
	if (FAILED(result))
		return result;
	result = CoMarshalInterface(stream, riid, object, MSHCTX_INPROC, NULL,
				    MSHLFLAGS_NORMAL);
	if (SUCCEEDED(result))
		result = belayi_stream_rewind(stream, &size);
	if (SUCCEEDED(result))
		*ppstream = stream;
	else
		IStream_Release(stream);
	return result;
}

HRESULT CoGetInterfaceAndReleaseStream(IStream *stream, REFIID riid, void **ppv)
{
	HRESULT result;

	/* Without a stream it says that, and that nothing comes out. */
	result = CoUnmarshalInterface(stream, riid, ppv);
	if (stream)
		IStream_Release(stream);
	return result;
}
