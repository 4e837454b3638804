/* SPDX-License-Identifier: MIT */
/*
 * objref.h - what a marshaled interface pointer looks like
 *
 * As [MS-DCOM] 2.2.18 lays it out, little-endian: a signature, which of the
 * kinds it is, the IID, and then
 *
 *   standard: flags, count of references, OXID, OID, IPID, and an array of 16
 *             bit words with string and security bindings;
 *   custom:   the class of the unmarshaler, the size of its data, the data.
 *
 * A standard one that stands in a stream names its packet (packet.h): there is
 * one string binding, of the local protocol, whose address is the packet's
 * number in hexadecimal. One in a message has no bindings.
 *
 * Nothing that is read is trusted.
 */
#ifndef BELAYI_COM_OBJREF_H
#define BELAYI_COM_OBJREF_H

#include <stddef.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#define BELAYI_OBJREF_STANDARD 1U
#define BELAYI_OBJREF_CUSTOM 4U

/* In .flags: the exporter is not to be pinged. */
#define BELAYI_OBJREF_NOPING 0x1000U

/* Signature, kind, IID: enough to tell how much follows. */
#define BELAYI_OBJREF_HEAD 24

/* A custom one without its data; a standard one with a packet; any of both. */
#define BELAYI_OBJREF_CUSTOM_SIZE 48
#define BELAYI_OBJREF_MAX 108

struct belayi_objref {
	uint32_t kind; /* STANDARD or CUSTOM */
	IID iid;
	/* standard */
	uint32_t flags;
	uint32_t references;
	uint64_t oxid;
	uint64_t oid;
	GUID ipid;
	uint64_t packet; /* 0: none */
	/* custom */
	CLSID clsid;
	uint32_t size; /* of the data that follows */
};

/*
 * belayi_objref_put() - writes one, without a custom one's data
 *
 * Return: how many bytes.
 */
size_t belayi_objref_put(const struct belayi_objref *objref,
			 unsigned char bytes[BELAYI_OBJREF_MAX]);

/*
 * belayi_objref_get() - reads one, without a custom one's data
 *
 * Return: how many bytes it has, or must have at least where that is more than
 *         size: then nothing was written; 0: this is none of ours.
 */
size_t belayi_objref_get(const unsigned char *bytes, size_t size,
			 struct belayi_objref *ret_objref);

/*
 * belayi_objref_read() - reads one from a stream, up to a custom one's data
 *
 * Return: S_OK; RPC_E_INVALID_OBJREF; STG_E_READFAULT: the stream is too
 *         short; what the stream says.
 */
HRESULT belayi_objref_read(IStream *stream, struct belayi_objref *ret_objref);

/* belayi_objref_write() - S_OK, STG_E_MEDIUMFULL, what the stream says */
HRESULT belayi_objref_write(IStream *stream,
			    const struct belayi_objref *objref);

/* belayi_stream_read(), _write() - all bytes, or a failure */
HRESULT belayi_stream_read(IStream *stream, void *bytes, uint32_t size);
HRESULT belayi_stream_write(IStream *stream, const void *bytes, uint32_t size);

#endif
