/* SPDX-License-Identifier: MIT */
/*
 * message_pointer.c - interface pointers inside messages
 *
 * What goes in by standard marshaling needs no packet: the stub counts how
 * often it stands in messages, each with a strong reference, and nothing is
 * allocated. Everything else goes through a stream in memory.
 */
#define COBJMACROS

#include "marshal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "apartment.h"
#include "custom.h"
#include "export.h"
#include "import.h"
#include "ndr.h"
#include "standard.h"

/* The two numbers before an OBJREF. */
#define PREFIX (2 * sizeof(uint32_t))

/* --- Putting in ---------------------------------------------------------- */

static unsigned char *reserve(struct belayi_buffer *buffer, uint32_t size)
{
	unsigned char *to = belayi_buffer_reserve(buffer, PREFIX + size);

	if (!to)
		return NULL;
	memcpy(to, &size, sizeof(size));
	memcpy(to + sizeof(size), &size, sizeof(size));
	return to + PREFIX;
}

/* Takes a strong reference over. */
static HRESULT put_stub(struct belayi_buffer *buffer, struct belayi_stub *stub)
{
	unsigned char bytes[BELAYI_OBJREF_MAX];
	struct belayi_objref objref;
	unsigned char *to;
	size_t size;

	belayi_standard_fill(stub, belayi_stub_iid(stub), &objref);
	size = belayi_objref_put(&objref, bytes);
	to = reserve(buffer, (uint32_t)size);
	if (!to) {
		belayi_export_drop(stub->export);
		return E_OUTOFMEMORY;
	}
	memcpy(to, bytes, size);
	__atomic_add_fetch(&stub->sent, 1, __ATOMIC_RELAXED);
	return S_OK;
}

static HRESULT put_stream(struct belayi_buffer *buffer, REFIID iid,
			  IUnknown *object)
{
	IStream *stream;
	unsigned char *to;
	uint32_t size = 0;
	HRESULT result =
		CoMarshalInterThreadInterfaceInStream(iid, object, &stream);
	if (FAILED(result))
		return result;
	result = belayi_stream_length(stream, &size);
	to = SUCCEEDED(result) ? reserve(buffer, size) : NULL;
	if (SUCCEEDED(result) && !to)
		result = E_OUTOFMEMORY;
	if (SUCCEEDED(result))
		result = belayi_stream_read(stream, to, size);
	else
		(void)CoReleaseMarshalData(stream);
	IStream_Release(stream);
	return result;
}

HRESULT belayi_marshal_to(struct belayi_buffer *buffer, REFIID iid,
			  IUnknown *object)
{
	struct belayi_import *import;
	struct belayi_stub *stub;
	IMarshal *marshal;
	HRESULT result;

	if (SUCCEEDED(IUnknown_QueryInterface(object, &IID_IMarshal,
					      (void **)&marshal))) {
		import = belayi_import_of(marshal);
		result = import ? belayi_standard_of_import(import, iid, &stub)
				: S_FALSE;
		IMarshal_Release(marshal);
		if (result == S_FALSE)
			return put_stream(buffer, iid, object);
	} else {
		result = belayi_export_object(object, iid, &stub);
	}
	return SUCCEEDED(result) ? put_stub(buffer, stub) : result;
}

/* --- Taking out ---------------------------------------------------------- */

/* One of ours? Then *ret_objref is it, and what is returned its whole size. */
static size_t find_objref(const unsigned char *bytes, size_t size,
			  struct belayi_objref *ret_objref)
{
	uint32_t length;
	uint32_t again;
	size_t head;

	if (size < PREFIX)
		return 0;
	memcpy(&length, bytes, sizeof(length));
	memcpy(&again, bytes + sizeof(length), sizeof(again));
	if (length != again || length > size - PREFIX)
		return 0;
	head = belayi_objref_get(bytes + PREFIX, length, ret_objref);
	if (!head || head > length)
		return 0;
	if (ret_objref->kind == BELAYI_OBJREF_CUSTOM
		    ? ret_objref->size != length - head
		    : head != length)
		return 0;
	return PREFIX + length;
}

static bool take_sent(struct belayi_stub *stub)
{
	uint32_t sent = __atomic_load_n(&stub->sent, __ATOMIC_RELAXED);

	while (sent)
		if (__atomic_compare_exchange_n(&stub->sent, &sent, sent - 1,
						true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* Return: a stub with the message's strong reference; NULL: there is none. */
static struct belayi_stub *take_stub(const struct belayi_objref *objref)
{
	struct belayi_export *export = belayi_export_lookup(objref->oid);
	struct belayi_stub *stub;

	if (!export)
		return NULL;
	stub = belayi_stub_named(export, &objref->ipid);
	if (stub && (belayi_apartment_id(export->apartment) != objref->oxid ||
		     !IsEqualIID(belayi_stub_iid(stub), &objref->iid) ||
		     !take_sent(stub)))
		stub = NULL;
	belayi_export_unref(export);
	return stub;
}

/* A stream with the OBJREF, at its start. */
static HRESULT open_stream(const unsigned char *bytes, size_t size,
			   IStream **ret_stream)
{
	uint32_t length;
	HRESULT result = belayi_stream_new(ret_stream);

	if (FAILED(result))
		return result;
	result = belayi_stream_write(*ret_stream, bytes + PREFIX,
				     (uint32_t)(size - PREFIX));
	if (SUCCEEDED(result))
		result = belayi_stream_rewind(*ret_stream, &length);
	if (FAILED(result))
		IStream_Release(*ret_stream);
	return result;
}

static bool is_sent(const struct belayi_objref *objref)
{
	return objref->kind == BELAYI_OBJREF_STANDARD && !objref->packet;
}

static HRESULT import_sent(const struct belayi_objref *objref, REFIID iid,
			   void **ret_object)
{
	struct belayi_stub *stub = take_stub(objref);
	IUnknown *object;
	HRESULT result;

	if (!stub)
		return CO_E_OBJNOTCONNECTED;
	result = belayi_import_stub(stub, &object);
	if (FAILED(result))
		return result;
	return belayi_standard_as(object, &objref->iid, iid, ret_object);
}

HRESULT belayi_marshal_from(const unsigned char *bytes, size_t size,
			    size_t *ret_used, REFIID iid, void **ret_object)
{
	struct belayi_objref objref;
	size_t used = find_objref(bytes, size, &objref);
	IStream *stream;
	HRESULT result;

	*ret_object = NULL;
	if (!used)
		return RPC_E_INVALID_OBJREF;
	*ret_used = used;
	if (is_sent(&objref))
		return import_sent(&objref, iid, ret_object);
	result = open_stream(bytes, used, &stream);
	if (SUCCEEDED(result))
		result =
			CoGetInterfaceAndReleaseStream(stream, iid, ret_object);
	return result;
}

size_t belayi_marshal_discard(const unsigned char *bytes, size_t size)
{
	struct belayi_objref objref;
	size_t used = find_objref(bytes, size, &objref);
	struct belayi_stub *stub;
	IStream *stream;

	if (!used)
		return 0;
	if (is_sent(&objref)) {
		stub = take_stub(&objref);
		if (stub)
			belayi_export_drop(stub->export);
	} else if (SUCCEEDED(open_stream(bytes, used, &stream))) {
		(void)belayi_release_data(stream);
		IStream_Release(stream);
	}
	return used;
}
