/* SPDX-License-Identifier: MIT */
/*
 * standard.c - standard marshaling: stubs to OBJREFs and back
 */
#define COBJMACROS

#include "standard.h"

#include <string.h>

#include "apartment.h"
#include "export.h"
#include "import.h"
#include "packet.h"
#include "query.h"

#define TABLE (MSHLFLAGS_TABLESTRONG | MSHLFLAGS_TABLEWEAK)

/* A proxy goes on as what it stands for: nobody calls through two of them. */
HRESULT belayi_standard_of_import(struct belayi_import *import, REFIID iid,
				  struct belayi_stub **ret_stub)
{
	HRESULT result;

	if (belayi_apartment_current() != import->apartment)
		return belayi_proxy_wrong();
	result = belayi_query_stub(import->export, iid, ret_stub);
	if (SUCCEEDED(result) && !belayi_export_hold(import->export))
		result = RPC_E_DISCONNECTED;
	return result == RPC_E_DISCONNECTED ? CO_E_OBJNOTCONNECTED : result;
}

HRESULT belayi_standard_stub(IUnknown *object, REFIID iid,
			     struct belayi_stub **ret_stub)
{
	struct belayi_import *import = belayi_import_find(object);
	HRESULT result;

	if (!import)
		return belayi_export_object(object, iid, ret_stub);
	result = belayi_standard_of_import(import, iid, ret_stub);
	(void)belayi_import_unref(import);
	return result;
}

void belayi_standard_fill(const struct belayi_stub *stub, REFIID iid,
			  struct belayi_objref *ret_objref)
{
	memset(ret_objref, 0, sizeof(*ret_objref));
	ret_objref->kind = BELAYI_OBJREF_STANDARD;
	ret_objref->iid = *iid;
	ret_objref->references = 1;
	ret_objref->oxid = belayi_apartment_id(stub->export->apartment);
	ret_objref->oid = stub->export->oid;
	ret_objref->ipid = stub->ipid;
}

HRESULT belayi_standard_write(IStream *stream, struct belayi_stub *stub,
			      REFIID iid, DWORD mshlflags)
{
	struct belayi_objref objref;
	HRESULT result;

	belayi_standard_fill(stub, iid, &objref);
	if (mshlflags & MSHLFLAGS_NOPING)
		objref.flags |= BELAYI_OBJREF_NOPING;
	if (mshlflags & TABLE)
		objref.references = 0;
	if (mshlflags & MSHLFLAGS_TABLEWEAK)
		belayi_export_weaken(stub->export);
	objref.packet = belayi_packet_new(mshlflags & TABLE, stub, NULL);
	if (!objref.packet) {
		if (mshlflags & MSHLFLAGS_TABLEWEAK)
			belayi_export_drop_weak(stub->export);
		else
			belayi_export_drop(stub->export);
		return E_OUTOFMEMORY;
	}
	result = belayi_objref_write(stream, &objref);
	if (FAILED(result))
		(void)belayi_standard_release(&objref);
	return result;
}

HRESULT belayi_standard_marshal(IUnknown *object, IStream *stream, REFIID iid,
				DWORD mshlflags)
{
	struct belayi_stub *stub;
	HRESULT result = belayi_standard_stub(object, iid, &stub);

	if (FAILED(result))
		return result;
	return belayi_standard_write(stream, stub, iid, mshlflags);
}

static bool is_of(const struct belayi_packet *packet,
		  const struct belayi_objref *objref)
{
	const struct belayi_stub *stub = packet->stub;

	return stub && stub->export->oid == objref->oid &&
	       IsEqualGUID(&stub->ipid, &objref->ipid) &&
	       IsEqualIID(belayi_stub_iid(stub), &objref->iid) &&
	       belayi_apartment_id(stub->export->apartment) == objref->oxid;
}

/* With a strong reference for the caller. */
static HRESULT take_stub(struct belayi_packet *packet,
			 struct belayi_stub **ret_stub)
{
	struct belayi_stub *stub = packet->stub;

	if (packet->flags == MSHLFLAGS_NORMAL)
		packet->stub = NULL; /* its reference is ours now */
	else if (!belayi_export_hold(stub->export))
		return CO_E_OBJNOTCONNECTED;
	*ret_stub = stub;
	return S_OK;
}

HRESULT belayi_standard_unmarshal(const struct belayi_objref *objref,
				  IUnknown **ret_object)
{
	struct belayi_packet *packet =
		belayi_packet_find(objref->packet, false);
	struct belayi_stub *stub;
	HRESULT result = RPC_E_INVALID_OBJREF;

	if (!packet)
		return CO_E_OBJNOTCONNECTED;
	if (is_of(packet, objref))
		result = take_stub(packet, &stub);
	belayi_packet_unref(packet);
	if (FAILED(result))
		return result;
	return belayi_import_stub(stub, ret_object);
}

HRESULT belayi_standard_release(const struct belayi_objref *objref)
{
	struct belayi_packet *packet = belayi_packet_find(objref->packet, true);

	if (!packet)
		return CO_E_OBJNOTCONNECTED;
	belayi_packet_unref(packet);
	return S_OK;
}

/* --- Streams ------------------------------------------------------------- */

HRESULT belayi_standard_as(IUnknown *object, REFIID has, REFIID wanted,
			   void **ret_object)
{
	HRESULT result;

	if (IsEqualIID(wanted, has) || IsEqualIID(wanted, &IID_NULL)) {
		*ret_object = object;
		return S_OK;
	}
	result = IUnknown_QueryInterface(object, wanted, ret_object);
	IUnknown_Release(object);
	return result;
}

HRESULT STDMETHODCALLTYPE belayi_standard_class(IMarshal *This, REFIID iid,
						void *object, DWORD mshctx,
						void *context, DWORD mshlflags,
						CLSID *ret_clsid)
{
	(void)This, (void)iid, (void)object;
	(void)mshctx, (void)context, (void)mshlflags;
	if (!ret_clsid)
		return E_POINTER;
	*ret_clsid = CLSID_StdMarshal;
	return S_OK;
}

HRESULT STDMETHODCALLTYPE belayi_standard_size(IMarshal *This, REFIID iid,
					       void *object, DWORD mshctx,
					       void *context, DWORD mshlflags,
					       DWORD *ret_size)
{
	(void)This, (void)iid, (void)object;
	(void)mshctx, (void)context, (void)mshlflags;
	if (!ret_size)
		return E_POINTER;
	*ret_size = BELAYI_OBJREF_MAX;
	return S_OK;
}

HRESULT STDMETHODCALLTYPE belayi_standard_read(IMarshal *This, IStream *stream,
					       REFIID iid, void **ret_object)
{
	struct belayi_objref objref;
	IUnknown *object;
	HRESULT result = belayi_objref_read(stream, &objref);

	(void)This;
	*ret_object = NULL;
	if (SUCCEEDED(result) && objref.kind != BELAYI_OBJREF_STANDARD)
		result = RPC_E_INVALID_OBJREF;
	if (SUCCEEDED(result))
		result = belayi_standard_unmarshal(&objref, &object);
	if (FAILED(result))
		return result;
	return belayi_standard_as(object, &objref.iid, iid, ret_object);
}

HRESULT STDMETHODCALLTYPE belayi_standard_discard(IMarshal *This,
						  IStream *stream)
{
	struct belayi_objref objref;
	HRESULT result = belayi_objref_read(stream, &objref);

	(void)This;
	if (SUCCEEDED(result) && objref.kind != BELAYI_OBJREF_STANDARD)
		result = RPC_E_INVALID_OBJREF;
	if (FAILED(result))
		return result;
	return belayi_standard_release(&objref);
}
