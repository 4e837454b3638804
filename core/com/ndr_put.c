/* SPDX-License-Identifier: MIT */
/*
 * ndr_put.c - values to a message
 *
 * Twice over each value: first what it consists of, with a number in place of
 * each pointer, then what the pointers lead to, in the same order. What is in
 * memory as in a message is copied in one piece.
 */
#include "ndr_put_parts.h"

#include <string.h>

#include "marshal.h"
#include "ndr_codes.h"
#include "ndr_counts.h"
#include "ndr_scalars.h"

/* Numbers of pointers, as Windows counts them. */
#define FIRST_REFERENT 0x20000U

unsigned char *belayi_put_room(struct belayi_writer *writer, size_t alignment,
			       size_t size)
{
	struct belayi_buffer *buffer = writer->buffer;
	size_t gap = -buffer->size & (alignment - 1);
	unsigned char *bytes;

	if (size > BELAYI_MESSAGE_MAX) {
		writer->status = E_OUTOFMEMORY;
		return NULL;
	}
	bytes = belayi_buffer_reserve(buffer, gap + size);
	if (!bytes) {
		writer->status = E_OUTOFMEMORY;
		return NULL;
	}
	for (; gap; gap--)
		*bytes++ = 0;
	return bytes;
}

bool belayi_put_number(struct belayi_writer *writer, uint32_t number)
{
	unsigned char *bytes = belayi_put_room(writer, 4, 4);

	if (!bytes)
		return false;
	memcpy(bytes, &number, 4);
	return true;
}

bool belayi_put_bytes(struct belayi_writer *writer, size_t alignment,
		      const void *from, size_t size)
{
	unsigned char *bytes = belayi_put_room(writer, alignment, size);

	if (!bytes)
		return false;
	if (size)
		memcpy(bytes, from, size);
	return true;
}

bool belayi_put_scalar(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory)
{
	unsigned char *bytes =
		belayi_put_room(writer, type->wire_alignment, type->least);
	int64_t value;

	if (!bytes)
		return false;
	switch (type->least) {
	case 1:
		*bytes = *memory;
		return true;
	case 2:
		memcpy(bytes, memory, 2);
		break;
	case 4:
		memcpy(bytes, memory, 4);
		break;
	default:
		memcpy(bytes, memory, 8);
		return true;
	}
	if (type->is_flat)
		return true;
	value = belayi_load(type->code, memory);
	if (type->code == FC_ENUM16)
		return (value >= 0 && value <= INT16_MAX) ||
		       belayi_put_fail(
			       writer,
			       BELAYI_WIN32(RPC_X_ENUM_VALUE_OUT_OF_RANGE));
	if (type->code == FC_INT3264)
		return value == (int32_t)value ||
		       belayi_put_fail(writer,
				       BELAYI_WIN32(RPC_S_INVALID_BOUND));
	return (uint64_t)value <= UINT32_MAX ||
	       belayi_put_fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
}

static bool put_referent(struct belayi_writer *writer, const void *to)
{
	return belayi_put_number(
		writer, to ? FIRST_REFERENT + 4 * writer->referents++ : 0);
}

static bool put_pointer(struct belayi_writer *writer,
			const struct belayi_type *type,
			const unsigned char *memory)
{
	const void *to = *(const void *const *)memory;

	if (!to && type->shape == BELAYI_POINTER && type->pointer.is_ref)
		return belayi_put_fail(writer,
				       BELAYI_WIN32(RPC_X_NULL_REF_POINTER));
	return put_referent(writer, to);
}

bool belayi_put_body(struct belayi_writer *writer,
		     const struct belayi_type *type,
		     const unsigned char *memory, const unsigned char *base)
{
	switch (type->shape) {
	case BELAYI_SCALAR:
		return belayi_put_scalar(writer, type, memory);
	case BELAYI_STRUCT:
		if (type->is_flat)
			return belayi_put_bytes(writer, type->wire_alignment,
						memory, type->size);
		return belayi_put_struct(writer, type, memory);
	case BELAYI_ARRAY:
		return belayi_put_array(writer, type, memory, base);
	case BELAYI_STRING:
		return belayi_put_string(writer, type, memory, base);
	case BELAYI_UNION:
		return belayi_put_union(writer, type, memory, base);
	default:
		return put_pointer(writer, type, memory);
	}
}

static bool put_interface(struct belayi_writer *writer,
			  const struct belayi_type *type, IUnknown *object)
{
	const IID *iid = &type->interface_of.iid;
	HRESULT status;

	if (!object)
		return true;
	if (type->interface_of.which.where != BELAYI_NOWHERE)
		iid = belayi_count_iid(&type->interface_of.which,
				       writer->image);
	if (!iid)
		return belayi_put_fail(writer,
				       BELAYI_WIN32(RPC_X_NULL_REF_POINTER));
	if (!belayi_put_room(writer, 4, 0))
		return false;
	status = belayi_marshal_to(writer->buffer, iid, object);
	return SUCCEEDED(status) || belayi_put_fail(writer, status);
}

static bool put_pointee(struct belayi_writer *writer,
			const struct belayi_type *type, const unsigned char *to,
			const unsigned char *base)
{
	bool good;

	if (!to)
		return true;
	if (writer->depth >= BELAYI_DEPTH_MAX)
		return belayi_put_fail(writer, E_INVALIDARG);
	writer->depth++;
	good = belayi_put(writer, type->pointer.pointee, to, base);
	writer->depth--;
	return good;
}

bool belayi_put_pointees(struct belayi_writer *writer,
			 const struct belayi_type *type,
			 const unsigned char *memory, const unsigned char *base)
{
	switch (type->shape) {
	case BELAYI_STRUCT:
		return belayi_put_struct_pointees(writer, type, memory);
	case BELAYI_ARRAY:
		return belayi_put_array_pointees(writer, type, memory, base);
	case BELAYI_UNION:
		return belayi_put_union_pointees(writer, type, memory, base);
	case BELAYI_POINTER:
		return put_pointee(writer, type,
				   *(const unsigned char *const *)memory, base);
	case BELAYI_INTERFACE:
		return put_interface(writer, type, *(IUnknown *const *)memory);
	default:
		return true;
	}
}

bool belayi_put(struct belayi_writer *writer, const struct belayi_type *type,
		const unsigned char *memory, const unsigned char *base)
{
	if (type->is_conformant &&
	    !belayi_put_conformance(writer, type, memory, base))
		return false;
	return belayi_put_body(writer, type, memory, base) &&
	       (!type->has_pointers ||
		belayi_put_pointees(writer, type, memory, base));
}

bool belayi_put_argument(struct belayi_writer *writer,
			 const struct belayi_param *param,
			 const unsigned char *memory)
{
	if (param->flags & BELAYI_PARAM_UNIQUE) {
		if (!put_referent(writer, memory))
			return false;
		if (!memory)
			return true;
	}
	if (!memory)
		return belayi_put_fail(writer,
				       BELAYI_WIN32(RPC_X_NULL_REF_POINTER));
	return belayi_put(writer, param->type, memory, NULL);
}
