/* SPDX-License-Identifier: MIT */
/*
 * parcels.c - what tests of marshaling do in a room
 */
#define COBJMACROS

#include "parcels.h"

#include <pthread.h>
#include <stdlib.h>

static const IID *iid_of(const struct parcel *parcel)
{
	return parcel->iid ? parcel->iid : &IID_ICalc;
}

void parcel_make(void *data)
{
	struct parcel *parcel = data;

	parcel->counted = counted_new(false);
	parcel->pointer = (IUnknown *)parcel->counted;
}

void parcel_make_free_threaded(void *data)
{
	struct parcel *parcel = data;

	parcel_make(parcel);
	if (FAILED(CoCreateFreeThreadedMarshaler(parcel->pointer,
						 &parcel->counted->inner)))
		abort();
}

void parcel_rewind(const struct parcel *parcel)
{
	const LARGE_INTEGER zero = {.QuadPart = 0};

	if (FAILED(IStream_Seek(parcel->stream, zero, STREAM_SEEK_SET, NULL)))
		abort();
}

void parcel_pack(void *data)
{
	struct parcel *parcel = data;

	if (FAILED(CreateStreamOnHGlobal(NULL, TRUE, &parcel->stream)))
		abort();
	parcel->result = CoMarshalInterface(parcel->stream, iid_of(parcel),
					    parcel->pointer, parcel->mshctx,
					    NULL, parcel->mshlflags);
	parcel_rewind(parcel);
}

void parcel_unpack(void *data)
{
	struct parcel *parcel = data;

	parcel_rewind(parcel);
	parcel->result = CoUnmarshalInterface(parcel->stream, iid_of(parcel),
					      (void **)&parcel->pointer);
}

void parcel_unpack_other(void *data)
{
	struct parcel *parcel = data;

	parcel_rewind(parcel);
	parcel->result = CoUnmarshalInterface(parcel->stream, iid_of(parcel),
					      (void **)&parcel->other);
}

void parcel_throw(void *data)
{
	struct parcel *parcel = data;

	parcel_rewind(parcel);
	parcel->result = CoReleaseMarshalData(parcel->stream);
}

void parcel_drop(void *data)
{
	struct parcel *parcel = data;

	parcel->refs = IUnknown_Release(parcel->pointer);
	parcel->pointer = NULL;
}

void parcel_drop_other(void *data)
{
	struct parcel *parcel = data;

	parcel->refs = IUnknown_Release(parcel->other);
	parcel->other = NULL;
}

void parcel_query(void *data)
{
	struct parcel *parcel = data;

	parcel->other = NULL;
	parcel->result = IUnknown_QueryInterface(
		parcel->pointer, iid_of(parcel), (void **)&parcel->other);
}

void parcel_identity(void *data)
{
	struct parcel *parcel = data;

	parcel->result = IUnknown_QueryInterface(parcel->pointer, &IID_IUnknown,
						 (void **)&parcel->other);
	if (SUCCEEDED(parcel->result))
		IUnknown_Release(parcel->other);
}

void parcel_disconnect(void *data)
{
	struct parcel *parcel = data;

	parcel->result = CoDisconnectObject(parcel->pointer, 0);
}

void parcel_lock(void *data)
{
	struct parcel *parcel = data;

	parcel->result = CoLockObjectExternal(parcel->pointer, TRUE, FALSE);
}

void parcel_unlock(void *data)
{
	struct parcel *parcel = data;

	parcel->result = CoLockObjectExternal(parcel->pointer, FALSE, TRUE);
}

void parcel_close(struct parcel *parcel)
{
	if (parcel->stream)
		IStream_Release(parcel->stream);
	parcel->stream = NULL;
}

uint32_t parcel_read(const struct parcel *parcel, unsigned char *bytes)
{
	ULONG size;

	parcel_rewind(parcel);
	if (FAILED(IStream_Read(parcel->stream, bytes, PARCEL_BYTES_MAX,
				&size)))
		abort();
	return size;
}

void parcel_pack_new(struct parcel *parcel, struct room *from)
{
	room_run(from, parcel_make, parcel);
	room_run(from, parcel_pack, parcel);
	room_run(from, parcel_drop, parcel);
}

void parcel_send(struct parcel *parcel, struct room *from, struct room *to)
{
	parcel->mshctx = MSHCTX_INPROC;
	parcel_pack_new(parcel, from);
	if (FAILED(parcel->result))
		abort();
	room_run(to, parcel_unpack, parcel);
	if (FAILED(parcel->result))
		abort();
	parcel_close(parcel);
}
