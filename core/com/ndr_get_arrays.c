/* SPDX-License-Identifier: MIT */
/*
 * ndr_get_arrays.c - a message to values: arrays and strings
 */
#include <string.h>

#include "ndr_get_parts.h"

/* Offset and length of what varies. */
static bool get_variance(struct belayi_reader *reader, uint32_t most,
			 uint32_t *ret_length)
{
	uint32_t offset;

	return belayi_get_number(reader, &offset) &&
	       belayi_get_number(reader, ret_length) &&
	       ((!offset && *ret_length <= most) || belayi_get_bad(reader));
}

static bool is_terminated(const struct belayi_type *type,
			  const unsigned char *bytes, uint32_t length)
{
	if (type->string.width == 1)
		return !bytes[length - 1];
	return !((const char16_t *)bytes)[length - 1];
}

static const unsigned char *get_characters(struct belayi_reader *reader,
					   const struct belayi_type *type,
					   uint32_t *ret_length)
{
	uint32_t most =
		type->string.capacity ? type->string.capacity : reader->max;
	const unsigned char *bytes;

	if (!get_variance(reader, most, ret_length))
		return NULL;
	bytes = belayi_get_bytes(reader, type->string.width,
				 (size_t)*ret_length * type->string.width);
	if (!bytes)
		return NULL;
	/* Only memory for no character at all has not even a 0. */
	if (*ret_length ? is_terminated(type, bytes, *ret_length)
			: !most && type->string.size.where != BELAYI_NOWHERE)
		return bytes;
	(void)belayi_get_bad(reader);
	return NULL;
}

bool belayi_get_string(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory)
{
	uint32_t length;
	const unsigned char *bytes = get_characters(reader, type, &length);

	if (!bytes)
		return false;
	memcpy(memory, bytes, (size_t)length * type->string.width);
	return true;
}

/* How many elements come; conformance and variance have been looked at. */
static bool array_length(struct belayi_reader *reader,
			 const struct belayi_type *type,
			 const unsigned char *base, uint32_t *ret_length)
{
	uint32_t size = type->array.count;

	if (type->array.size.where != BELAYI_NOWHERE)
		size = reader->max;
	*ret_length = size;
	if (type->array.length.where != BELAYI_NOWHERE &&
	    (!get_variance(reader, size, ret_length) ||
	     !belayi_get_is_count(reader, &type->array.length, base,
				  *ret_length)))
		return false;
	return *ret_length <=
		       belayi_get_left(reader) / type->array.element->least ||
	       belayi_get_bad(reader);
}

static bool fill_array(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory,
		       const unsigned char *base, uint32_t length)
{
	const struct belayi_type *element = type->array.element;
	const unsigned char *bytes = belayi_get_bytes(
		reader, element->wire_alignment,
		element->is_flat ? (size_t)length * element->size : 0);

	if (!bytes)
		return false;
	if (element->is_flat) {
		if (length)
			memcpy(memory, bytes, (size_t)length * element->size);
		return true;
	}
	for (size_t i = 0; i < length; i++)
		if (!belayi_get_body(reader, element,
				     memory + i * element->size, base))
			return false;
	reader->told = length;
	return true;
}

bool belayi_get_array(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base)
{
	uint32_t length;

	return array_length(reader, type, base, &length) &&
	       fill_array(reader, type, memory, base, length);
}

bool belayi_get_new_string(struct belayi_reader *reader,
			   const struct belayi_type *type, bool in_heap,
			   unsigned char **ret_memory)
{
	uint32_t length, most = reader->max;
	const unsigned char *bytes = get_characters(reader, type, &length);

	if (!bytes)
		return false;
	if (type->string.capacity)
		most = type->string.capacity;
	else if (type->string.size.where == BELAYI_NOWHERE)
		most = length;
	*ret_memory = (unsigned char *)bytes;
	if (!in_heap && most == length && length)
		return true;
	/* Whoever reads it in spite of its size finds a 0. */
	*ret_memory = belayi_get_memory(
		reader, (uint64_t)(most ? most : 1) * type->string.width,
		in_heap);
	if (!*ret_memory)
		return false;
	memcpy(*ret_memory, bytes, (size_t)length * type->string.width);
	return true;
}

bool belayi_get_new_array(struct belayi_reader *reader,
			  const struct belayi_type *type,
			  const unsigned char *base, bool in_heap,
			  unsigned char **ret_memory)
{
	const struct belayi_type *element = type->array.element;
	uint32_t length, size = type->array.count;

	if (type->is_conformant)
		size = reader->max;
	if (!array_length(reader, type, base, &length))
		return false;
	if (element->is_flat && length == size && !in_heap) {
		*ret_memory = (unsigned char *)belayi_get_bytes(
			reader, element->wire_alignment,
			(size_t)length * element->size);
		return *ret_memory;
	}
	*ret_memory = belayi_get_memory(reader, (uint64_t)size * element->size,
					in_heap);
	return *ret_memory &&
	       fill_array(reader, type, *ret_memory, base, length);
}

bool belayi_get_array_pointees(struct belayi_reader *reader,
			       const struct belayi_type *type,
			       unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *element = type->array.element;
	int64_t length = type->array.count;

	if (type->array.length.where != BELAYI_NOWHERE) {
		if (!belayi_get_count_of(reader, &type->array.length, base,
					 &length))
			return false;
	} else if (type->is_conformant &&
		   !belayi_get_count_of(reader, &type->array.size, base,
					&length)) {
		return false;
	}
	for (; length > 0; length--, memory += element->size)
		if (!belayi_get_pointees(reader, element, memory, base))
			return false;
	return true;
}
