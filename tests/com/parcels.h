/* SPDX-License-Identifier: MIT */
/*
 * parcels.h - what tests of marshaling do in a room, and what came of it
 *
 * Each function is for room_run(): it does one thing in the room's apartment
 * with a struct parcel, and writes `result`.
 */
#ifndef TESTS_COM_PARCELS_H
#define TESTS_COM_PARCELS_H

#include <belay/com/apartment.h>

#include "counted.h"
#include "rooms.h"

struct parcel {
	const IID *iid; /* NULL: ICalc */
	DWORD mshctx;
	DWORD mshlflags;
	struct counted *counted;
	IStream *stream;
	IUnknown *pointer; /* marshaled, unmarshaled, asked */
	IUnknown *other;   /* what it answered */
	HRESULT result;
	ULONG refs; /* after a release */
};

/* parcel_make() - a new object: its one reference is in `pointer` */
void parcel_make(void *parcel);

/* parcel_make_free_threaded() - the same, with the free-threaded marshaler */
void parcel_make_free_threaded(void *parcel);

/* parcel_pack() - marshals `pointer` into a new stream, which stands at 0 */
void parcel_pack(void *parcel);

/* parcel_unpack() - unmarshals from the stream's start into `pointer` */
void parcel_unpack(void *parcel);

/* parcel_unpack_other() - the same, into `other` */
void parcel_unpack_other(void *parcel);

/* parcel_throw() - CoReleaseMarshalData() from the stream's start */
void parcel_throw(void *parcel);

/* parcel_drop(), parcel_drop_other() - release that pointer; it is NULL then */
void parcel_drop(void *parcel);
void parcel_drop_other(void *parcel);

/* parcel_query() - asks `pointer` for iid, into `other` */
void parcel_query(void *parcel);

/* parcel_identity() - asks `pointer` for IUnknown, released; its address */
void parcel_identity(void *parcel);

/* parcel_disconnect(), _lock(), _unlock() - the functions of COM */
void parcel_disconnect(void *parcel);
void parcel_lock(void *parcel);
void parcel_unlock(void *parcel);

/* parcel_close() - frees the stream; any thread */
void parcel_close(struct parcel *parcel);

/* parcel_pack_new() - an object of `from`, which the packet alone keeps */
void parcel_pack_new(struct parcel *parcel, struct room *from);

/* parcel_send() - an object of `from` for `to`, which has one pointer to it */
void parcel_send(struct parcel *parcel, struct room *from, struct room *to);

/* parcel_rewind() - any thread */
void parcel_rewind(const struct parcel *parcel);

/* parcel_read() - all of the stream, and its size; any thread */
#define PARCEL_BYTES_MAX 4096
uint32_t parcel_read(const struct parcel *parcel, unsigned char *bytes);

#endif
