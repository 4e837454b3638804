/* SPDX-License-Identifier: MIT */
/*
 * standard.h - standard marshaling: stubs to OBJREFs and back
 */
#ifndef BELAYI_COM_STANDARD_H
#define BELAYI_COM_STANDARD_H

#include <belay/com/objbase.h>

#include "objref.h"

struct belayi_import;
struct belayi_stub;

/*
 * belayi_standard_stub() - the stub for an object, or for what a proxy is of
 *
 * Does not ask for IMarshal but to see whether the object is a proxy.
 *
 * Return: S_OK, and the caller has one strong reference on the stub's export;
 *         as belayi_export_object(), CO_E_OBJNOTCONNECTED, RPC_E_WRONG_THREAD.
 */
HRESULT belayi_standard_stub(IUnknown *object, REFIID iid,
			     struct belayi_stub **ret_stub);

/* belayi_standard_of_import() - the same, for a proxy's import */
HRESULT belayi_standard_of_import(struct belayi_import *import, REFIID iid,
				  struct belayi_stub **ret_stub);

/*
 * belayi_standard_fill() - the OBJREF of a stub, without a packet
 */
void belayi_standard_fill(const struct belayi_stub *stub, REFIID iid,
			  struct belayi_objref *ret_objref);

/*
 * belayi_standard_write() - makes a packet and writes its OBJREF
 *
 * Takes a strong reference over, also where it fails.
 */
HRESULT belayi_standard_write(IStream *stream, struct belayi_stub *stub,
			      REFIID iid, DWORD mshlflags);

/* belayi_standard_marshal() - IMarshal::MarshalInterface: both of the above */
HRESULT belayi_standard_marshal(IUnknown *object, IStream *stream, REFIID iid,
				DWORD mshlflags);

/*
 * belayi_standard_unmarshal() - what a packet's OBJREF stands for
 *
 * Return: S_OK, and *ret_object is counted, as the OBJREF's IID;
 *         CO_E_OBJNOTCONNECTED: there is no such packet, or it was used up, or
 *         its object is disconnected; RPC_E_INVALID_OBJREF: it contradicts
 *         itself; as belayi_import_stub().
 */
HRESULT belayi_standard_unmarshal(const struct belayi_objref *objref,
				  IUnknown **ret_object);

/* belayi_standard_release() - S_OK; CO_E_OBJNOTCONNECTED: no such packet */
HRESULT belayi_standard_release(const struct belayi_objref *objref);

/*
 * Methods of IMarshal that are the same for every object:
 *
 * belayi_standard_class() - GetUnmarshalClass
 * belayi_standard_size() - GetMarshalSizeMax
 * belayi_standard_read() - UnmarshalInterface
 * belayi_standard_discard() - ReleaseMarshalData
 *
 * The last two do as the two above, with the OBJREF in a stream; any other kind
 * is refused.
 * iid: as which the object is wanted; IID_NULL: as what it was marshaled
 */
HRESULT belayi_standard_class(IMarshal *This, REFIID iid, void *object,
			      DWORD mshctx, void *context, DWORD mshlflags,
			      CLSID *ret_clsid);
HRESULT belayi_standard_size(IMarshal *This, REFIID iid, void *object,
			     DWORD mshctx, void *context, DWORD mshlflags,
			     DWORD *ret_size);
HRESULT belayi_standard_read(IMarshal *This, IStream *stream, REFIID iid,
			     void **ret_object);
HRESULT belayi_standard_discard(IMarshal *This, IStream *stream);

/* belayi_standard_as() - exchanges a pointer for another of the same object */
HRESULT belayi_standard_as(IUnknown *object, REFIID has, REFIID wanted,
			   void **ret_object);

#endif
