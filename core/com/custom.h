/* SPDX-License-Identifier: MIT */
/*
 * custom.h - custom marshaling: objects that bring their own IMarshal
 */
#ifndef BELAYI_COM_CUSTOM_H
#define BELAYI_COM_CUSTOM_H

#include <belay/com/objbase.h>

#include "objref.h"

/* What CoMarshalInterface() was asked for. */
struct belayi_wish {
	const IID *iid;
	IUnknown *object;
	DWORD mshctx;
	void *context;
	DWORD mshlflags;
};

/*
 * belayi_custom_marshal() - writes what the object's IMarshal writes
 *
 * Nothing is written where it fails.
 */
HRESULT belayi_custom_marshal(IStream *stream, IMarshal *marshal,
			      const struct belayi_wish *wish);

/*
 * belayi_custom_unmarshal() - has the unmarshaler's class read its data
 *
 * Of the current apartment. The stream stands behind the data afterwards.
 *
 * Return: S_OK, and *ret_object is counted, as objref->iid; STG_E_READFAULT:
 *         there is less data; what creating the unmarshaler and what it says.
 */
HRESULT belayi_custom_unmarshal(IStream *stream,
				const struct belayi_objref *objref,
				IUnknown **ret_object);

/* belayi_custom_release() - has it release what the data refers to */
HRESULT belayi_custom_release(IStream *stream,
			      const struct belayi_objref *objref);

/* belayi_stream_new() - an empty one in memory */
HRESULT belayi_stream_new(IStream **ret_stream);

/* belayi_stream_rewind() - back to the start; *ret_size: where it was */
HRESULT belayi_stream_rewind(IStream *stream, uint32_t *ret_size);

/* belayi_stream_length() - of a stream that stands at its start */
HRESULT belayi_stream_length(IStream *stream, uint32_t *ret_size);

#endif
