/* SPDX-License-Identifier: MIT */
/*
 * ndr_put.c - values to a message
 *
 * Twice over each value: first what it consists of, with a number in place of
 * each pointer, then what the pointers lead to, in the same order. What is in
 * memory as in a message is copied in one piece.
 */
#include "ndr_put.h"

#include <string.h>

#include "marshal.h"
#include "ndr_codes.h"
#include "ndr_counts.h"
#include "ndr_scalars.h"

/* Numbers of pointers, as Windows counts them. */
#define FIRST_REFERENT 0x20000U

static bool fail(struct belayi_writer *writer, HRESULT status)
{
	writer->status = status;
	return false;
}

/* Bytes at the next multiple of `alignment`, a power of 2. */
static unsigned char *room(struct belayi_writer *writer, size_t alignment,
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

static bool put_number(struct belayi_writer *writer, uint32_t number)
{
	unsigned char *bytes = room(writer, 4, 4);

	if (!bytes)
		return false;
	memcpy(bytes, &number, 4);
	return true;
}

static bool put_bytes(struct belayi_writer *writer, size_t alignment,
		      const void *from, size_t size)
{
	unsigned char *bytes = room(writer, alignment, size);

	if (!bytes)
		return false;
	if (size)
		memcpy(bytes, from, size);
	return true;
}

static bool put_scalar(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory)
{
	unsigned char *bytes = room(writer, type->wire_alignment, type->least);
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
		       fail(writer,
			    BELAYI_WIN32(RPC_X_ENUM_VALUE_OUT_OF_RANGE));
	if (type->code == FC_INT3264)
		return value == (int32_t)value ||
		       fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
	return (uint64_t)value <= UINT32_MAX ||
	       fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
}

/* --- Counts -------------------------------------------------------------- */

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
		return fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
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
		fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND)));
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
		return fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
	*ret_length = (uint32_t)length;
	*ret_most =
		type->string.size.where == BELAYI_NOWHERE ? *ret_length : most;
	return true;
}

/* The count that stands in front of what is conformant. */
static bool put_conformance(struct belayi_writer *writer,
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
	return put_number(writer, count);
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
	       fail(writer, BELAYI_WIN32(RPC_S_INVALID_BOUND));
}

/* --- First what a value consists of -------------------------------------- */

static bool put_value(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base);

static bool put_string(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory, const unsigned char *base)
{
	uint32_t most, length;

	return string_length(writer, type, memory, base, &most, &length) &&
	       put_number(writer, 0) && put_number(writer, length) &&
	       put_bytes(writer, type->string.width, memory,
			 (size_t)length * type->string.width);
}

static bool put_array(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *element = type->array.element;
	uint32_t length;

	if (!array_counts(writer, type, base, &length))
		return false;
	if (type->array.length.where != BELAYI_NOWHERE &&
	    (!put_number(writer, 0) || !put_number(writer, length)))
		return false;
	if (element->is_flat)
		return put_bytes(writer, element->wire_alignment, memory,
				 (size_t)length * element->size);
	if (!room(writer, element->wire_alignment, 0))
		return false;
	for (; length; length--, memory += element->size)
		if (!put_value(writer, element, memory, base))
			return false;
	return true;
}

static bool put_struct(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	if (!room(writer, type->wire_alignment, 0))
		return false;
	for (; field < end; field++)
		if (!put_value(writer, field->type, memory + field->offset,
			       memory))
			return false;
	return !type->record.tail || put_value(writer, type->record.tail,
					       memory + type->size, memory);
}

static bool tag_of(struct belayi_writer *writer, const struct belayi_type *type,
		   const unsigned char *memory, const unsigned char *base,
		   int64_t *ret_tag)
{
	if (type->choice.is_encapsulated) {
		*ret_tag = belayi_load(type->choice.discriminant->code, memory);
		return true;
	}
	return belayi_count_value(&type->choice.tag, writer->image, base,
				  ret_tag) ||
	       fail(writer, BELAYI_WIN32(RPC_S_INVALID_TAG));
}

/* The arm that a union has: its type, or NULL for none. */
static bool find_arm(struct belayi_writer *writer,
		     const struct belayi_type *type,
		     const unsigned char *memory, const unsigned char *base,
		     int64_t *ret_tag, const struct belayi_type **ret_arm)
{
	bool found;

	if (!tag_of(writer, type, memory, base, ret_tag))
		return false;
	*ret_arm = belayi_arm_of(type, *ret_tag, &found);
	return found || fail(writer, BELAYI_WIN32(RPC_S_INVALID_TAG));
}

static bool put_union(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;

	if (!find_arm(writer, type, memory, base, &tag, &arm) ||
	    !put_scalar(writer, type->choice.discriminant,
			(const unsigned char *)&tag) ||
	    !room(writer, type->choice.arms_alignment, 0))
		return false;
	return !arm ||
	       put_value(writer, arm, memory + type->choice.arms_offset, base);
}

static bool put_referent(struct belayi_writer *writer, const void *to)
{
	return put_number(writer,
			  to ? FIRST_REFERENT + 4 * writer->referents++ : 0);
}

static bool put_pointer(struct belayi_writer *writer,
			const struct belayi_type *type,
			const unsigned char *memory)
{
	const void *to = *(const void *const *)memory;

	if (!to && type->shape == BELAYI_POINTER && type->pointer.is_ref)
		return fail(writer, BELAYI_WIN32(RPC_X_NULL_REF_POINTER));
	return put_referent(writer, to);
}

static bool put_value(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base)
{
	switch (type->shape) {
	case BELAYI_SCALAR:
		return put_scalar(writer, type, memory);
	case BELAYI_STRUCT:
		if (type->is_flat)
			return put_bytes(writer, type->wire_alignment, memory,
					 type->size);
		return put_struct(writer, type, memory);
	case BELAYI_ARRAY:
		return put_array(writer, type, memory, base);
	case BELAYI_STRING:
		return put_string(writer, type, memory, base);
	case BELAYI_UNION:
		return put_union(writer, type, memory, base);
	default:
		return put_pointer(writer, type, memory);
	}
}

/* --- Then what it leads to ----------------------------------------------- */

static bool put_pointees(struct belayi_writer *writer,
			 const struct belayi_type *type,
			 const unsigned char *memory,
			 const unsigned char *base);

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
		return fail(writer, BELAYI_WIN32(RPC_X_NULL_REF_POINTER));
	if (!room(writer, 4, 0))
		return false;
	status = belayi_marshal_to(writer->buffer, iid, object);
	return SUCCEEDED(status) || fail(writer, status);
}

static bool put_pointee(struct belayi_writer *writer,
			const struct belayi_type *type, const unsigned char *to,
			const unsigned char *base)
{
	bool good;

	if (!to)
		return true;
	if (writer->depth >= BELAYI_DEPTH_MAX)
		return fail(writer, E_INVALIDARG);
	writer->depth++;
	good = belayi_put(writer, type->pointer.pointee, to, base);
	writer->depth--;
	return good;
}

static bool put_array_pointees(struct belayi_writer *writer,
			       const struct belayi_type *type,
			       const unsigned char *memory,
			       const unsigned char *base)
{
	const struct belayi_type *element = type->array.element;
	uint32_t length;

	if (!array_counts(writer, type, base, &length))
		return false;
	for (; length; length--, memory += element->size)
		if (!put_pointees(writer, element, memory, base))
			return false;
	return true;
}

static bool put_struct_pointees(struct belayi_writer *writer,
				const struct belayi_type *type,
				const unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	for (; field < end; field++)
		if (field->type->has_pointers &&
		    !put_pointees(writer, field->type, memory + field->offset,
				  memory))
			return false;
	return !type->record.tail || !type->record.tail->has_pointers ||
	       put_pointees(writer, type->record.tail, memory + type->size,
			    memory);
}

static bool put_union_pointees(struct belayi_writer *writer,
			       const struct belayi_type *type,
			       const unsigned char *memory,
			       const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;

	if (!find_arm(writer, type, memory, base, &tag, &arm))
		return false;
	return !arm || !arm->has_pointers ||
	       put_pointees(writer, arm, memory + type->choice.arms_offset,
			    base);
}

static bool put_pointees(struct belayi_writer *writer,
			 const struct belayi_type *type,
			 const unsigned char *memory, const unsigned char *base)
{
	switch (type->shape) {
	case BELAYI_STRUCT:
		return put_struct_pointees(writer, type, memory);
	case BELAYI_ARRAY:
		return put_array_pointees(writer, type, memory, base);
	case BELAYI_UNION:
		return put_union_pointees(writer, type, memory, base);
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
	if (type->is_conformant && !put_conformance(writer, type, memory, base))
		return false;
	return put_value(writer, type, memory, base) &&
	       (!type->has_pointers ||
		put_pointees(writer, type, memory, base));
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
		return fail(writer, BELAYI_WIN32(RPC_X_NULL_REF_POINTER));
	return belayi_put(writer, param->type, memory, NULL);
}
