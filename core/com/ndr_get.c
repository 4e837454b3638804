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
#include "ndr_get.h"

#include <string.h>

#include "marshal.h"
#include "ndr_codes.h"
#include "ndr_counts.h"
#include "ndr_expressions.h"
#include "ndr_put.h"
#include "ndr_scalars.h"

#define ABSENT ((void *)belayi_absent)

static bool fail(struct belayi_reader *reader, HRESULT status)
{
	reader->status = status;
	return false;
}

static bool bad(struct belayi_reader *reader)
{
	return fail(reader, BELAYI_WIN32(RPC_X_BAD_STUB_DATA));
}

static size_t left(const struct belayi_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

/* Bytes at the next multiple of `alignment`, a power of 2. */
static const unsigned char *take(struct belayi_reader *reader, size_t alignment,
				 size_t size)
{
	size_t gap = -(size_t)(reader->at - reader->start) & (alignment - 1);
	const unsigned char *bytes;

	if (gap > left(reader) || size > left(reader) - gap) {
		(void)bad(reader);
		return NULL;
	}
	bytes = reader->at + gap;
	reader->at = bytes + size;
	return bytes;
}

static bool get_number(struct belayi_reader *reader, uint32_t *ret_number)
{
	const unsigned char *bytes = take(reader, 4, 4);

	if (!bytes)
		return false;
	memcpy(ret_number, bytes, 4);
	return true;
}

static bool get_scalar(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory)
{
	const unsigned char *bytes =
		take(reader, type->wire_alignment, type->least);
	int64_t value;

	if (!bytes)
		return false;
	if (type->is_flat) {
		memcpy(memory, bytes, type->size);
		return true;
	}
	if (type->code == FC_ENUM16) {
		memcpy(memory, &(int32_t){*(const uint16_t *)bytes}, 4);
		return *(const uint16_t *)bytes <= INT16_MAX || bad(reader);
	}
	value = belayi_load(type->code == FC_INT3264 ? FC_LONG : FC_ULONG,
			    bytes);
	memcpy(memory, &value, 8);
	return true;
}

/* --- Counts -------------------------------------------------------------- */

static bool is_late(const struct belayi_reader *reader,
		    const struct belayi_count *count)
{
	if (reader->discards)
		return true;
	return reader->is_reply ? count->late_out : count->late_in;
}

/* Notes what an argument must be that comes later. */
static bool note(struct belayi_reader *reader, const struct belayi_count *count,
		 int64_t told)
{
	uint64_t bit = UINT64_C(1) << count->number;

	if (reader->counted & bit)
		return reader->counts[count->number] == told || bad(reader);
	reader->counted |= bit;
	reader->counts[count->number] = told;
	reader->counts_of[count->number] = count;
	return true;
}

/* Whether a count is what the message says, as far as that is known yet. */
static bool is_count(struct belayi_reader *reader,
		     const struct belayi_count *count,
		     const unsigned char *base, int64_t told)
{
	bool field_is_late = reader->is_late;
	int64_t value;

	reader->told = told;
	reader->is_late = false;
	if (count->where == BELAYI_NOWHERE)
		return true;
	if (count->where == BELAYI_IMAGE && is_late(reader, count))
		return note(reader, count, told);
	if (count->where == BELAYI_FIELD && field_is_late)
		return true;
	return (belayi_count_value(count, reader->image, base, &value) &&
		value == told) ||
	       bad(reader);
}

/* Whether the conformance that was read is what the array's count says. */
static bool is_size(struct belayi_reader *reader,
		    const struct belayi_type *tail, const unsigned char *base)
{
	return is_count(reader,
			tail->shape == BELAYI_ARRAY ? &tail->array.size
						    : &tail->string.size,
			base, reader->max);
}

/* What a count is, once the value that it is about has been read. */
static bool count_of(struct belayi_reader *reader,
		     const struct belayi_count *count,
		     const unsigned char *base, int64_t *ret_value)
{
	if (count->where == BELAYI_IMAGE && is_late(reader, count)) {
		*ret_value = reader->counts[count->number];
		return true;
	}
	return belayi_count_value(count, reader->image, base, ret_value) ||
	       bad(reader);
}

bool belayi_get_agrees(struct belayi_reader *reader)
{
	int64_t value;

	for (uint64_t rest = reader->counted; rest; rest &= rest - 1) {
		int number = __builtin_ctzll(rest);

		if (!belayi_count_value(reader->counts_of[number],
					reader->image, NULL, &value) ||
		    value != reader->counts[number])
			return bad(reader);
	}
	return true;
}

/* --- First what a value consists of -------------------------------------- */

static bool get_value(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base);

/* Offset and length of what varies. */
static bool get_variance(struct belayi_reader *reader, uint32_t most,
			 uint32_t *ret_length)
{
	uint32_t offset;

	return get_number(reader, &offset) && get_number(reader, ret_length) &&
	       ((!offset && *ret_length <= most) || bad(reader));
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
	bytes = take(reader, type->string.width,
		     (size_t)*ret_length * type->string.width);
	if (!bytes)
		return NULL;
	/* Only memory for no character at all has not even a 0. */
	if (*ret_length ? is_terminated(type, bytes, *ret_length)
			: !most && type->string.size.where != BELAYI_NOWHERE)
		return bytes;
	(void)bad(reader);
	return NULL;
}

static bool get_string(struct belayi_reader *reader,
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
	     !is_count(reader, &type->array.length, base, *ret_length)))
		return false;
	return *ret_length <= left(reader) / type->array.element->least ||
	       bad(reader);
}

static bool fill_array(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory,
		       const unsigned char *base, uint32_t length)
{
	const struct belayi_type *element = type->array.element;
	const unsigned char *bytes =
		take(reader, element->wire_alignment,
		     element->is_flat ? (size_t)length * element->size : 0);

	if (!bytes)
		return false;
	if (element->is_flat) {
		if (length)
			memcpy(memory, bytes, (size_t)length * element->size);
		return true;
	}
	for (size_t i = 0; i < length; i++)
		if (!get_value(reader, element, memory + i * element->size,
			       base))
			return false;
	reader->told = length;
	return true;
}

static bool get_array(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base)
{
	uint32_t length;

	return array_length(reader, type, base, &length) &&
	       fill_array(reader, type, memory, base, length);
}

/* Fields that count something before them say now what was told there. */
static bool fields_agree(struct belayi_reader *reader,
			 const struct belayi_type *type,
			 const unsigned char *memory, const int64_t *told)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	for (; field < end; field++) {
		int64_t value;

		if (field->is_late &&
		    (!belayi_count_value(belayi_field_count(field->type),
					 reader->image, memory, &value) ||
		     value != *told++))
			return bad(reader);
	}
	return true;
}

static bool get_struct(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;
	int64_t told[BELAYI_LATE_FIELDS];
	uint32_t lates = 0;

	if (!take(reader, type->wire_alignment, 0))
		return false;
	for (; field < end; field++) {
		reader->is_late = field->is_late;
		if (!get_value(reader, field->type, memory + field->offset,
			       memory))
			return false;
		if (field->is_late)
			told[lates++] = reader->told;
	}
	if (lates && !fields_agree(reader, type, memory, told))
		return false;
	if (!type->record.tail)
		return true;
	return is_size(reader, type->record.tail, memory) &&
	       get_value(reader, type->record.tail, memory + type->size,
			 memory);
}

static bool get_union(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base)
{
	const struct belayi_type *discriminant = type->choice.discriminant;
	unsigned char bytes[8] __attribute__((aligned(8)));
	const struct belayi_type *arm;
	int64_t tag;
	bool found;

	if (!get_scalar(reader, discriminant, bytes))
		return false;
	tag = belayi_load(discriminant->code, bytes);
	arm = belayi_arm_of(type, tag, &found);
	if (!found)
		return bad(reader);
	if (type->choice.is_encapsulated)
		memcpy(memory, bytes, discriminant->size);
	else if (!is_count(reader, &type->choice.tag, base,
			   belayi_tag_as_counted(type, tag)))
		return false;
	if (!take(reader, type->choice.arms_alignment, 0))
		return false;
	if (arm &&
	    !get_value(reader, arm, memory + type->choice.arms_offset, base))
		return false;
	reader->told = belayi_tag_as_counted(type, tag);
	return true;
}

static bool get_pointer(struct belayi_reader *reader,
			const struct belayi_type *type, unsigned char *memory)
{
	uint32_t referent;
	void *to = NULL;

	if (!get_number(reader, &referent))
		return false;
	if (referent || (type->shape == BELAYI_POINTER && type->pointer.is_ref))
		to = ABSENT;
	memcpy(memory, &to, sizeof(to));
	return true;
}

static bool get_value(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base)
{
	const unsigned char *bytes;

	switch (type->shape) {
	case BELAYI_SCALAR:
		return get_scalar(reader, type, memory);
	case BELAYI_STRUCT:
		if (!type->is_flat)
			return get_struct(reader, type, memory);
		bytes = take(reader, type->wire_alignment, type->size);
		if (bytes)
			memcpy(memory, bytes, type->size);
		return bytes;
	case BELAYI_ARRAY:
		return get_array(reader, type, memory, base);
	case BELAYI_STRING:
		return get_string(reader, type, memory);
	case BELAYI_UNION:
		return get_union(reader, type, memory, base);
	default:
		return get_pointer(reader, type, memory);
	}
}

/* --- Then what it leads to ----------------------------------------------- */

static bool get_pointees(struct belayi_reader *reader,
			 const struct belayi_type *type, unsigned char *memory,
			 const unsigned char *base);

/* Skips an interface pointer that was taken out before, or gives it back. */
static bool discard_interface(struct belayi_reader *reader)
{
	uint32_t size, length;
	size_t used;

	if (reader->taken++ >= reader->skip) {
		used = belayi_marshal_discard(reader->at, left(reader));
		return used ? take(reader, 1, used) != NULL : bad(reader);
	}
	return get_number(reader, &size) && get_number(reader, &length) &&
	       take(reader, 1, length);
}

static bool take_interface(struct belayi_reader *reader,
			   const struct belayi_type *type, void **ret_object)
{
	const IID *iid = &type->interface_of.iid;
	HRESULT status;
	size_t used = 0;

	if (type->interface_of.which.where != BELAYI_NOWHERE)
		iid = belayi_count_iid(&type->interface_of.which,
				       reader->image);
	if (!iid)
		return bad(reader);
	status = belayi_marshal_from(reader->at, left(reader), &used, iid,
				     ret_object);
	if (status == RPC_E_INVALID_OBJREF)
		return bad(reader);
	reader->taken++;
	if (FAILED(status))
		return fail(reader, status);
	if (!take(reader, 1, used)) {
		IUnknown *object = *ret_object;

		object->lpVtbl->Release(object);
		return false;
	}
	return belayi_gift_add(reader->arena,
			       reader->in_heap ? &reader->undo
					       : &reader->arena->gifts,
			       *ret_object, true) ||
	       fail(reader, E_OUTOFMEMORY);
}

static bool get_interface(struct belayi_reader *reader,
			  const struct belayi_type *type, unsigned char *memory)
{
	void *object = NULL;

	if (!*(void *const *)memory)
		return true;
	memcpy(memory, &object, sizeof(object));
	if (!take(reader, 4, 0))
		return false;
	if (reader->discards)
		return discard_interface(reader);
	if (!take_interface(reader, type, &object))
		return false;
	memcpy(memory, &object, sizeof(object));
	return true;
}

static void *new_memory(struct belayi_reader *reader, uint64_t size,
			bool in_heap)
{
	void *memory = NULL;

	if (size <= BELAYI_MESSAGE_MAX)
		memory = in_heap ? belayi_task_memory(size)
				 : belayi_arena_take(reader->arena, size);
	if (memory && in_heap &&
	    !belayi_gift_add(reader->arena, &reader->undo, memory, false))
		memory = NULL;
	if (!memory)
		(void)fail(reader, E_OUTOFMEMORY);
	return memory;
}

static bool new_string(struct belayi_reader *reader,
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
	*ret_memory = new_memory(
		reader, (uint64_t)(most ? most : 1) * type->string.width,
		in_heap);
	if (!*ret_memory)
		return false;
	memcpy(*ret_memory, bytes, (size_t)length * type->string.width);
	return true;
}

static bool new_array(struct belayi_reader *reader,
		      const struct belayi_type *type, const unsigned char *base,
		      bool in_heap, unsigned char **ret_memory)
{
	const struct belayi_type *element = type->array.element;
	uint32_t length, size = type->array.count;

	if (type->is_conformant)
		size = reader->max;
	if (!array_length(reader, type, base, &length))
		return false;
	if (element->is_flat && length == size && !in_heap) {
		*ret_memory =
			(unsigned char *)take(reader, element->wire_alignment,
					      (size_t)length * element->size);
		return *ret_memory;
	}
	*ret_memory =
		new_memory(reader, (uint64_t)size * element->size, in_heap);
	return *ret_memory &&
	       fill_array(reader, type, *ret_memory, base, length);
}

static bool new_value(struct belayi_reader *reader,
		      const struct belayi_type *type, const unsigned char *base,
		      bool in_heap, unsigned char **ret_memory)
{
	uint64_t size = type->size;

	if (type->shape == BELAYI_STRING)
		return new_string(reader, type, in_heap, ret_memory);
	if (type->shape == BELAYI_ARRAY)
		return new_array(reader, type, base, in_heap, ret_memory);
	if (type->is_flat && !in_heap) {
		*ret_memory = (unsigned char *)take(
			reader, type->wire_alignment, type->size);
		return *ret_memory;
	}
	if (type->is_conformant)
		size += (uint64_t)reader->max *
			belayi_unit_of(belayi_tail_of(type, NULL));
	*ret_memory = new_memory(reader, size, in_heap);
	return *ret_memory && get_value(reader, type, *ret_memory, base);
}

static bool get_new(struct belayi_reader *reader,
		    const struct belayi_type *type, const unsigned char *base,
		    bool in_heap, unsigned char **ret_memory)
{
	if (type->is_conformant &&
	    (!get_number(reader, &reader->max) ||
	     (type->shape != BELAYI_STRUCT && !is_size(reader, type, base))))
		return false;
	return new_value(reader, type, base, in_heap, ret_memory) &&
	       (!type->has_pointers ||
		get_pointees(reader, type, *ret_memory, base));
}

static bool get_pointee(struct belayi_reader *reader,
			const struct belayi_type *type, unsigned char *memory,
			const unsigned char *base)
{
	unsigned char *to = NULL;
	bool good;

	if (!*(void *const *)memory)
		return true;
	if (reader->depth >= BELAYI_DEPTH_MAX)
		return bad(reader);
	reader->depth++;
	good = get_new(reader, type->pointer.pointee, base, reader->in_heap,
		       &to);
	reader->depth--;
	memcpy(memory, &to, sizeof(to));
	return good;
}

static bool get_array_pointees(struct belayi_reader *reader,
			       const struct belayi_type *type,
			       unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *element = type->array.element;
	int64_t length = type->array.count;

	if (type->array.length.where != BELAYI_NOWHERE) {
		if (!count_of(reader, &type->array.length, base, &length))
			return false;
	} else if (type->is_conformant &&
		   !count_of(reader, &type->array.size, base, &length)) {
		return false;
	}
	for (; length > 0; length--, memory += element->size)
		if (!get_pointees(reader, element, memory, base))
			return false;
	return true;
}

static bool get_struct_pointees(struct belayi_reader *reader,
				const struct belayi_type *type,
				unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	for (; field < end; field++)
		if (field->type->has_pointers &&
		    !get_pointees(reader, field->type, memory + field->offset,
				  memory))
			return false;
	return !type->record.tail || !type->record.tail->has_pointers ||
	       get_pointees(reader, type->record.tail, memory + type->size,
			    memory);
}

static bool get_union_pointees(struct belayi_reader *reader,
			       const struct belayi_type *type,
			       unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;
	bool found;

	if (type->choice.is_encapsulated)
		tag = belayi_load(type->choice.discriminant->code, memory);
	else if (!count_of(reader, &type->choice.tag, base, &tag))
		return false;
	arm = belayi_arm_of(type, tag, &found);
	return !arm || !arm->has_pointers ||
	       get_pointees(reader, arm, memory + type->choice.arms_offset,
			    base);
}

static bool get_pointees(struct belayi_reader *reader,
			 const struct belayi_type *type, unsigned char *memory,
			 const unsigned char *base)
{
	switch (type->shape) {
	case BELAYI_STRUCT:
		return get_struct_pointees(reader, type, memory);
	case BELAYI_ARRAY:
		return get_array_pointees(reader, type, memory, base);
	case BELAYI_UNION:
		return get_union_pointees(reader, type, memory, base);
	case BELAYI_POINTER:
		return get_pointee(reader, type, memory, base);
	case BELAYI_INTERFACE:
		return get_interface(reader, type, memory);
	default:
		return true;
	}
}

bool belayi_get(struct belayi_reader *reader, const struct belayi_type *type,
		unsigned char *memory, uint32_t capacity)
{
	if (type->is_conformant) {
		if (!get_number(reader, &reader->max) ||
		    (type->shape != BELAYI_STRUCT &&
		     !is_size(reader, type, NULL)))
			return false;
		if (reader->max > capacity)
			return bad(reader);
	}
	return get_value(reader, type, memory, NULL) &&
	       (!type->has_pointers ||
		get_pointees(reader, type, memory, NULL));
}

bool belayi_get_new(struct belayi_reader *reader,
		    const struct belayi_type *type, unsigned char **ret_memory)
{
	return get_new(reader, type, NULL, false, ret_memory);
}

bool belayi_get_presence(struct belayi_reader *reader, bool *ret_is_there)
{
	uint32_t referent;

	if (!get_number(reader, &referent))
		return false;
	*ret_is_there = referent;
	return true;
}
