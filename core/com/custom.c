/* SPDX-License-Identifier: MIT */
/*
 * custom.c - custom marshaling: objects that bring their own IMarshal
 *
 * The data goes through a stream in memory, both ways: its size stands before
 * it, and an unmarshaler reads its own data and nothing behind it.
 */
#define COBJMACROS

#include "custom.h"

#include "ftm.h"
#include "standard.h"

#define PIECE 1024U

/* --- Streams in memory --------------------------------------------------- */

HRESULT belayi_stream_new(IStream **ret_stream)
{
	return CreateStreamOnHGlobal(NULL, TRUE, ret_stream);
}

HRESULT belayi_stream_rewind(IStream *stream, uint32_t *ret_size)
{
	const LARGE_INTEGER zero = {.QuadPart = 0};
	ULARGE_INTEGER size;
	HRESULT result = IStream_Seek(stream, zero, STREAM_SEEK_CUR, &size);

	if (SUCCEEDED(result) && size.QuadPart > UINT32_MAX)
		result = STG_E_MEDIUMFULL;
	if (SUCCEEDED(result))
		result = IStream_Seek(stream, zero, STREAM_SEEK_SET, NULL);
	if (SUCCEEDED(result))
		*ret_size = (uint32_t)size.QuadPart;
	return result;
}

HRESULT belayi_stream_length(IStream *stream, uint32_t *ret_size)
{
	const LARGE_INTEGER zero = {.QuadPart = 0};
	HRESULT result = IStream_Seek(stream, zero, STREAM_SEEK_END, NULL);

	return FAILED(result) ? result : belayi_stream_rewind(stream, ret_size);
}

/* In pieces: what a size says costs nothing before the bytes are there. */
static HRESULT copy(IStream *from, IStream *to, uint32_t size)
{
	unsigned char piece[PIECE];
	HRESULT result = S_OK;

	while (size && SUCCEEDED(result)) {
		uint32_t part = size < PIECE ? size : PIECE;

		result = belayi_stream_read(from, piece, part);
		if (SUCCEEDED(result))
			result = belayi_stream_write(to, piece, part);
		size -= part;
	}
	return result;
}

/* --- Marshaling ---------------------------------------------------------- */

/* The data is in `memory` already. */
static HRESULT write_custom(IStream *stream, IStream *memory,
			    const struct belayi_wish *wish, REFCLSID clsid)
{
	struct belayi_objref objref = {
		.kind = BELAYI_OBJREF_CUSTOM,
		.iid = *wish->iid,
		.clsid = *clsid,
	};
	HRESULT result = belayi_stream_rewind(memory, &objref.size);

	if (SUCCEEDED(result))
		result = belayi_objref_write(stream, &objref);
	if (SUCCEEDED(result))
		result = copy(memory, stream, objref.size);
	return result;
}

static HRESULT marshal_data(IStream *stream, IMarshal *marshal,
			    const struct belayi_wish *wish, REFCLSID clsid)
{
	uint32_t size;
	IStream *memory;
	HRESULT result = belayi_stream_new(&memory);

	if (FAILED(result))
		return result;
	result = IMarshal_MarshalInterface(marshal, memory, wish->iid,
					   wish->object, wish->mshctx,
					   wish->context, wish->mshlflags);
	if (SUCCEEDED(result)) {
		result = write_custom(stream, memory, wish, clsid);
		if (FAILED(result) &&
		    SUCCEEDED(belayi_stream_rewind(memory, &size)))
			(void)IMarshal_ReleaseMarshalData(marshal, memory);
	}
	IStream_Release(memory);
	return result;
}

HRESULT belayi_custom_marshal(IStream *stream, IMarshal *marshal,
			      const struct belayi_wish *wish)
{
	CLSID clsid;
	HRESULT result = IMarshal_GetUnmarshalClass(
		marshal, wish->iid, wish->object, wish->mshctx, wish->context,
		wish->mshlflags, &clsid);

	if (FAILED(result))
		return result;
	if (!IsEqualCLSID(&clsid, &CLSID_StdMarshal))
		return marshal_data(stream, marshal, wish, &clsid);
	/* The standard marshaler, asked by the object, writes all of it. */
	return IMarshal_MarshalInterface(marshal, stream, wish->iid,
					 wish->object, wish->mshctx,
					 wish->context, wish->mshlflags);
}

/* --- Unmarshaling -------------------------------------------------------- */

static HRESULT make_unmarshaler(REFCLSID clsid, IMarshal **ret_marshal)
{
	if (IsEqualCLSID(clsid, &CLSID_InProcFreeMarshaler))
		return belayi_ftm_unmarshaler(ret_marshal);
	return CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER,
				&IID_IMarshal, (void **)ret_marshal);
}

/* The data alone, in a stream in memory that stands at its start. */
static HRESULT take_data(IStream *stream, uint32_t size, IStream **ret_memory)
{
	IStream *memory;
	HRESULT result = belayi_stream_new(&memory);

	if (FAILED(result))
		return result;
	result = copy(stream, memory, size);
	if (SUCCEEDED(result))
		result = belayi_stream_rewind(memory, &size);
	if (SUCCEEDED(result))
		*ret_memory = memory;
	else
		IStream_Release(memory);
	return result;
}

static HRESULT open_data(IStream *stream, const struct belayi_objref *objref,
			 IStream **ret_memory, IMarshal **ret_marshal)
{
	HRESULT result = take_data(stream, objref->size, ret_memory);

	if (FAILED(result))
		return result;
	result = make_unmarshaler(&objref->clsid, ret_marshal);
	if (FAILED(result))
		IStream_Release(*ret_memory);
	return result;
}

HRESULT belayi_custom_unmarshal(IStream *stream,
				const struct belayi_objref *objref,
				IUnknown **ret_object)
{
	IMarshal *marshal;
	IStream *memory;
	HRESULT result = open_data(stream, objref, &memory, &marshal);

	if (FAILED(result))
		return result;
	*ret_object = NULL;
	result = IMarshal_UnmarshalInterface(marshal, memory, &objref->iid,
					     (void **)ret_object);
	if (SUCCEEDED(result) && !*ret_object)
		result = E_UNEXPECTED;
	IMarshal_Release(marshal);
	IStream_Release(memory);
	return result;
}

HRESULT belayi_custom_release(IStream *stream,
			      const struct belayi_objref *objref)
{
	IMarshal *marshal;
	IStream *memory;
	HRESULT result = open_data(stream, objref, &memory, &marshal);

	if (FAILED(result))
		return result;
	result = IMarshal_ReleaseMarshalData(marshal, memory);
	IMarshal_Release(marshal);
	IStream_Release(memory);
	return result;
}
