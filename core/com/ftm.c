/* SPDX-License-Identifier: MIT */
/*
 * ftm.c - the free-threaded marshaler
 *
 * An object that aggregates it says: my pointers are good in every apartment
 * of the process. To other contexts it is marshaled as any object is. What it
 * writes is the number of a packet, never an address.
 */
#define COBJMACROS

#include "ftm.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "impl.h"
#include "packet.h"
#include "standard.h"

#define TABLE (MSHLFLAGS_TABLESTRONG | MSHLFLAGS_TABLEWEAK)

/*
 * inner: the IUnknown that CoCreateFreeThreadedMarshaler() returns: it is the
 *        owner's alone
 * outer: the object that it is part of, or `inner`; not counted
 */
struct ftm {
	IUnknown inner;
	IMarshal marshal;
	IUnknown *outer;
	uint32_t refs;
};

static struct ftm *of_inner(IUnknown *inner)
{
	return BELAYI_IMPL(ftm, inner, inner);
}

/* --- The inner IUnknown -------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE inner_query(IUnknown *This, REFIID iid,
					     void **ret_object)
{
	struct ftm *ftm = of_inner(This);

	if (!ret_object)
		return E_POINTER;
	if (IsEqualIID(iid, &IID_IUnknown))
		*ret_object = &ftm->inner;
	else if (IsEqualIID(iid, &IID_IMarshal))
		*ret_object = &ftm->marshal;
	else
		*ret_object = NULL;
	if (!*ret_object)
		return E_NOINTERFACE;
	IUnknown_AddRef((IUnknown *)*ret_object);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE inner_ref(IUnknown *This)
{
	return __atomic_add_fetch(&of_inner(This)->refs, 1, __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE inner_unref(IUnknown *This)
{
	uint32_t refs =
		__atomic_sub_fetch(&of_inner(This)->refs, 1, __ATOMIC_ACQ_REL);

	if (!refs)
		free(of_inner(This));
	return refs;
}

static CONST_VTBL IUnknownVtbl inner_vtable = {
	inner_query,
	inner_ref,
	inner_unref,
};

/* --- IMarshal ------------------------------------------------------------ */

BELAYI_DELEGATE(IMarshal, ftm, marshal, outer)

static bool stays_here(DWORD mshctx)
{
	return mshctx == MSHCTX_INPROC || mshctx == MSHCTX_CROSSCTX;
}

static HRESULT STDMETHODCALLTYPE marshal_class(IMarshal *This, REFIID iid,
					       void *object, DWORD mshctx,
					       void *context, DWORD mshlflags,
					       CLSID *ret_clsid)
{
	(void)This, (void)iid, (void)object, (void)context, (void)mshlflags;
	if (!ret_clsid)
		return E_POINTER;
	*ret_clsid = stays_here(mshctx) ? CLSID_InProcFreeMarshaler
					: CLSID_StdMarshal;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE marshal_size(IMarshal *This, REFIID iid,
					      void *object, DWORD mshctx,
					      void *context, DWORD mshlflags,
					      DWORD *ret_size)
{
	(void)This, (void)iid, (void)object, (void)context, (void)mshlflags;
	if (!ret_size)
		return E_POINTER;
	*ret_size = stays_here(mshctx) ? sizeof(uint64_t) : BELAYI_OBJREF_MAX;
	return S_OK;
}

/* Takes a reference over, also where it fails. */
static HRESULT write_pointer(IStream *stream, IUnknown *pointer, DWORD flags)
{
	uint64_t number = belayi_packet_new(flags, NULL, pointer);
	HRESULT result;

	if (!number) {
		IUnknown_Release(pointer);
		return E_OUTOFMEMORY;
	}
	/* A weak packet's pointer is not counted. */
	if (flags == MSHLFLAGS_TABLEWEAK)
		IUnknown_Release(pointer);
	result = belayi_stream_write(stream, &number, sizeof(number));
	if (FAILED(result))
		belayi_packet_unref(belayi_packet_find(number, true));
	return result;
}

static HRESULT STDMETHODCALLTYPE marshal_marshal(IMarshal *This,
						 IStream *stream, REFIID iid,
						 void *object, DWORD mshctx,
						 void *context, DWORD mshlflags)
{
	IUnknown *from =
		object ? object : BELAYI_IMPL(ftm, marshal, This)->outer;
	IUnknown *pointer;
	HRESULT result;

	(void)context;
	if (!stays_here(mshctx))
		return belayi_standard_marshal(from, stream, iid, mshlflags);
	result = IUnknown_QueryInterface(from, iid, (void **)&pointer);
	if (FAILED(result))
		return result;
	return write_pointer(stream, pointer, mshlflags & TABLE);
}

/* Return: the packet, which has a pointer, to be given back; or NULL */
static struct belayi_packet *read_packet(IStream *stream, bool release,
					 HRESULT *ret_result)
{
	struct belayi_packet *packet;
	uint64_t number;

	*ret_result = belayi_stream_read(stream, &number, sizeof(number));
	if (FAILED(*ret_result))
		return NULL;
	packet = belayi_packet_find(number, release);
	if (packet && packet->pointer)
		return packet;
	*ret_result = packet ? RPC_E_INVALID_OBJREF : CO_E_OBJNOTCONNECTED;
	if (packet)
		belayi_packet_unref(packet);
	return NULL;
}

static HRESULT STDMETHODCALLTYPE marshal_unmarshal(IMarshal *This,
						   IStream *stream, REFIID iid,
						   void **ret_object)
{
	struct belayi_packet *packet;
	HRESULT result;

	(void)This;
	if (!ret_object)
		return E_POINTER;
	*ret_object = NULL;
	packet = read_packet(stream, false, &result);
	if (!packet)
		return result;
	result = IUnknown_QueryInterface(packet->pointer, iid, ret_object);
	belayi_packet_unref(packet);
	return result;
}

static HRESULT STDMETHODCALLTYPE marshal_release(IMarshal *This,
						 IStream *stream)
{
	struct belayi_packet *packet;
	HRESULT result;

	(void)This;
	packet = read_packet(stream, true, &result);
	if (packet)
		belayi_packet_unref(packet);
	return result;
}

static HRESULT STDMETHODCALLTYPE marshal_disconnect(IMarshal *This,
						    DWORD reserved)
{
	(void)This, (void)reserved;
	return S_OK;
}

static CONST_VTBL IMarshalVtbl marshal_vtable = {
	marshal_QueryInterface, marshal_AddRef,  marshal_Release,
	marshal_class,          marshal_size,    marshal_marshal,
	marshal_unmarshal,      marshal_release, marshal_disconnect,
};

/* --- Making one ---------------------------------------------------------- */

static struct ftm *new_ftm(IUnknown *outer)
{
	struct ftm *ftm = calloc(1, sizeof(*ftm));

	if (!ftm)
		return NULL;
	ftm->inner.lpVtbl = &inner_vtable;
	ftm->marshal.lpVtbl = &marshal_vtable;
	ftm->outer = outer ? outer : &ftm->inner;
	ftm->refs = 1;
	return ftm;
}

HRESULT belayi_ftm_unmarshaler(IMarshal **ret_marshal)
{
	struct ftm *ftm = new_ftm(NULL);

	if (!ftm)
		return E_OUTOFMEMORY;
	*ret_marshal = &ftm->marshal;
	return S_OK;
}

HRESULT CoCreateFreeThreadedMarshaler(IUnknown *outer, IUnknown **ret_marshaler)
{
	struct ftm *ftm;

	if (!ret_marshaler)
		return E_INVALIDARG;
	ftm = new_ftm(outer);
	*ret_marshaler = ftm ? &ftm->inner : NULL;
	return ftm ? S_OK : E_OUTOFMEMORY;
}
