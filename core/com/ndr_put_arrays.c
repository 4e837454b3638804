/* SPDX-License-Identifier: MIT */
/*
 * ndr_put_arrays.c - values to a message: arrays and strings
 */
#include <string.h>

#include "ndr_counts.h"
#include "ndr_put_parts.h"

/* Elements that there is memory for: what pointers lead to is the program's,
 * which may have made it larger and raised its count. */
static uint32_t capacity_of(const struct belayi_writer *writer)
{
	return writer->depth ? BELAYI_MESSAGE_MAX : writer->capacity;
}

static bool count_of(struct belayi_writer *writer,
		     const struct belayi_count *count,
		     const unsigned char *base, uint32_t *ret_count)
{
	int64_t value;

	if (!belayi_count_value(count, writer->image, base, &value) ||
	    value < 0 || value > (int64_t)BELAYI_MESSAGE_MAX)
		return belayi_put_fail(writer,
				       BELAYI_WIN32(RPC_S_INVALID_BOUND));
	*ret_count = (uint32_t)value;
	return true;
}

/* What is counted by a conformance, and no more than there is memory for. */
static bool size_of(struct belayi_writer *writer,
		    const struct belayi_count *count, const unsigned char *base,
		    uint32_t *ret_size)
{
	return count_of(writer, count, base, ret_size) &&
	       (*ret_size <= capacity_of(writer) ||
		belayi_put_fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND)));
}

/* Characters up to the 0, and it; `most` + 1 where there is none. */
static size_t length_of(const struct belayi_type *type,
			const unsigned char *memory, size_t most)
{
	const char16_t *wide = (const char16_t *)memory;

	if (type->string.width == 1)
		return strnlen((const char *)memory, most) + 1;
	for (size_t length = 0; length < most; length++)
		if (!wide[length])
			return length + 1;
	return most + 1;
}

/* How many characters a message has of a string; its memory has `most`. */
static bool string_length(struct belayi_writer *writer,
			  const struct belayi_type *type,
			  const unsigned char *memory,
			  const unsigned char *base, uint32_t *ret_most,
			  uint32_t *ret_length)
{
	uint32_t most = capacity_of(writer);
	size_t length;

	if (type->string.capacity)
		most = type->string.capacity;
	else if (type->string.size.where != BELAYI_NOWHERE &&
		 !size_of(writer, &type->string.size, base, &most))
		return false;
	length = most ? length_of(type, memory, most) : 0;
	if (length > most)
		return belayi_put_fail(writer,
				       BELAYI_WIN32(RPC_S_INVALID_BOUND));
	*ret_length = (uint32_t)length;
	*ret_most =
		type->string.size.where == BELAYI_NOWHERE ? *ret_length : most;
	return true;
}

bool belayi_put_conformance(struct belayi_writer *writer,
			    const struct belayi_type *type,
			    const unsigned char *memory,
			    const unsigned char *base)
{
	const unsigned char *owner = memory;
	const struct belayi_type *tail = belayi_tail_of(type, &owner);
	uint32_t count, length;

	if (type->shape == BELAYI_STRUCT)
		base = owner;
	if (tail->shape == BELAYI_STRING) {
		memory = belayi_tail_memory(type, memory);
		if (!string_length(writer, tail, memory, base, &count, &length))
			return false;
	} else if (!size_of(writer, &tail->array.size, base, &count)) {
		return false;
	}
	return belayi_put_number(writer, count);
}

/* How many elements an array has, and how many of them a message has. */
static bool array_counts(struct belayi_writer *writer,
			 const struct belayi_type *type,
			 const unsigned char *base, uint32_t *ret_length)
{
	uint32_t size = type->array.count;

	if (type->array.size.where != BELAYI_NOWHERE &&
	    !count_of(writer, &type->array.size, base, &size))
		return false;
	*ret_length = size;
	if (type->array.length.where == BELAYI_NOWHERE)
		return true;
	if (!count_of(writer, &type->array.length, base, ret_length))
		return false;
	return *ret_length <= size ||
	       belayi_put_fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
}

bool belayi_put_string(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory, const unsigned char *base)
{
	uint32_t most, length;

	return string_length(writer, type, memory, base, &most, &length) &&
	       belayi_put_number(writer, 0) &&
	       belayi_put_number(writer, length) &&
	       belayi_put_bytes(writer, type->string.width, memory,
				(size_t)length * type->string.width);
}

bool belayi_put_array(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *element = type->array.element;
	uint32_t length;

	if (!array_counts(writer, type, base, &length))
		return false;
	if (type->array.length.where != BELAYI_NOWHERE &&
	    (!belayi_put_number(writer, 0) ||
	     !belayi_put_number(writer, length)))
		return false;
	if (element->is_flat)
		return belayi_put_bytes(writer, element->wire_alignment, memory,
					(size_t)length * element->size);
	if (!belayi_put_room(writer, element->wire_alignment, 0))
		return false;
	for (; length; length--, memory += element->size)
		if (!belayi_put_body(writer, element, memory, base))
			return false;
	return true;
}

bool belayi_put_array_pointees(struct belayi_writer *writer,
			       const struct belayi_type *type,
			       const unsigned char *memory,
			       const unsigned char *base)
{
	const struct belayi_type *element = type->array.element;
	uint32_t length;

	if (!array_counts(writer, type, base, &length))
		return false;
	for (; length; length--, memory += element->size)
		if (!belayi_put_pointees(writer, element, memory, base))
			return false;
	return true;
}
