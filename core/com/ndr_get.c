/* SPDX-License-Identifier: MIT */
/*
 * ndr_get.c - a message to values
 *
 * Nothing of a message is believed: each byte is taken from what is left of
 * it, each count is held against what is left and against the argument or
 * field that must say the same. An argument that stands behind what it counts
 * is compared when all have been read (belayi_get_agrees()).
 *
 * A pointer that is not NULL is ABSENT until it is known where it leads to:
 * whoever looks meanwhile (an expression of the interface's) reads zeros.
 */
#include "ndr_get_parts.h"

#include <string.h>

#include "ndr_codes.h"
#include "ndr_expressions.h"
#include "ndr_scalars.h"

#define ABSENT ((void *)belayi_absent)

const unsigned char *belayi_get_bytes(struct belayi_reader *reader,
				      size_t alignment, size_t size)
{
	size_t gap = -(size_t)(reader->at - reader->start) & (alignment - 1);
	const unsigned char *bytes;

	if (gap > belayi_get_left(reader) ||
	    size > belayi_get_left(reader) - gap) {
		(void)belayi_get_bad(reader);
		return NULL;
	}
	bytes = reader->at + gap;
	reader->at = bytes + size;
	return bytes;
}

bool belayi_get_number(struct belayi_reader *reader, uint32_t *ret_number)
{
	const unsigned char *bytes = belayi_get_bytes(reader, 4, 4);

	if (!bytes)
		return false;
	memcpy(ret_number, bytes, 4);
	return true;
}

bool belayi_get_scalar(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory)
{
	const unsigned char *bytes =
		belayi_get_bytes(reader, type->wire_alignment, type->least);
	int64_t value;

	if (!bytes)
		return false;
	if (type->is_flat) {
		memcpy(memory, bytes, type->size);
		return true;
	}
	if (type->code == FC_ENUM16) {
		memcpy(memory, &(int32_t){*(const uint16_t *)bytes}, 4);
		return *(const uint16_t *)bytes <= INT16_MAX ||
		       belayi_get_bad(reader);
	}
	value = belayi_load(type->code == FC_INT3264 ? FC_LONG : FC_ULONG,
			    bytes);
	memcpy(memory, &value, 8);
	return true;
}

static bool get_pointer(struct belayi_reader *reader,
			const struct belayi_type *type, unsigned char *memory)
{
	uint32_t referent;
	void *to = NULL;

	if (!belayi_get_number(reader, &referent))
		return false;
	if (referent || (type->shape == BELAYI_POINTER && type->pointer.is_ref))
		to = ABSENT;
	memcpy(memory, &to, sizeof(to));
	return true;
}

bool belayi_get_body(struct belayi_reader *reader,
		     const struct belayi_type *type, unsigned char *memory,
		     const unsigned char *base)
{
	const unsigned char *bytes;

	switch (type->shape) {
	case BELAYI_SCALAR:
		return belayi_get_scalar(reader, type, memory);
	case BELAYI_STRUCT:
		if (!type->is_flat)
			return belayi_get_struct(reader, type, memory);
		bytes = belayi_get_bytes(reader, type->wire_alignment,
					 type->size);
		if (bytes)
			memcpy(memory, bytes, type->size);
		return bytes;
	case BELAYI_ARRAY:
		return belayi_get_array(reader, type, memory, base);
	case BELAYI_STRING:
		return belayi_get_string(reader, type, memory);
	case BELAYI_UNION:
		return belayi_get_union(reader, type, memory, base);
	default:
		return get_pointer(reader, type, memory);
	}
}

bool belayi_get_pointees(struct belayi_reader *reader,
			 const struct belayi_type *type, unsigned char *memory,
			 const unsigned char *base)
{
	switch (type->shape) {
	case BELAYI_STRUCT:
		return belayi_get_struct_pointees(reader, type, memory);
	case BELAYI_ARRAY:
		return belayi_get_array_pointees(reader, type, memory, base);
	case BELAYI_UNION:
		return belayi_get_union_pointees(reader, type, memory, base);
	case BELAYI_POINTER:
		return belayi_get_pointee(reader, type, memory, base);
	case BELAYI_INTERFACE:
		return belayi_get_interface(reader, type, memory);
	default:
		return true;
	}
}

bool belayi_get(struct belayi_reader *reader, const struct belayi_type *type,
		unsigned char *memory, uint32_t capacity)
{
	if (type->is_conformant) {
		if (!belayi_get_number(reader, &reader->max) ||
		    (type->shape != BELAYI_STRUCT &&
		     !belayi_get_is_size(reader, type, NULL)))
			return false;
		if (reader->max > capacity)
			return belayi_get_bad(reader);
	}
	return belayi_get_body(reader, type, memory, NULL) &&
	       (!type->has_pointers ||
		belayi_get_pointees(reader, type, memory, NULL));
}

bool belayi_get_new(struct belayi_reader *reader,
		    const struct belayi_type *type, unsigned char **ret_memory)
{
	return belayi_get_anew(reader, type, NULL, false, ret_memory);
}

bool belayi_get_presence(struct belayi_reader *reader, bool *ret_is_there)
{
	uint32_t referent;

	if (!belayi_get_number(reader, &referent))
		return false;
	*ret_is_there = referent;
	return true;
}
