/* SPDX-License-Identifier: MIT */
/*
 * ndr_get_pointees.c - a message to values: what pointers lead to
 */
#include <string.h>

#include "marshal.h"
#include "ndr_counts.h"
#include "ndr_get_parts.h"

/* Skips an interface pointer that was taken out before, or gives it back. */
static bool discard_interface(struct belayi_reader *reader)
{
	uint32_t size, length;
	size_t used;

	if (reader->taken++ >= reader->skip) {
		used = belayi_marshal_discard(reader->at,
					      belayi_get_left(reader));
		return used ? belayi_get_bytes(reader, 1, used) != NULL
			    : belayi_get_bad(reader);
	}
	return belayi_get_number(reader, &size) &&
	       belayi_get_number(reader, &length) &&
	       belayi_get_bytes(reader, 1, length);
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
		return belayi_get_bad(reader);
	status = belayi_marshal_from(reader->at, belayi_get_left(reader), &used,
				     iid, ret_object);
	if (status == RPC_E_INVALID_OBJREF)
		return belayi_get_bad(reader);
	reader->taken++;
	if (FAILED(status))
		return belayi_get_fail(reader, status);
	if (!belayi_get_bytes(reader, 1, used)) {
		IUnknown *object = *ret_object;

		object->lpVtbl->Release(object);
		return false;
	}
	return belayi_gift_add(reader->arena,
			       reader->in_heap ? &reader->undo
					       : &reader->arena->gifts,
			       *ret_object, true) ||
	       belayi_get_fail(reader, E_OUTOFMEMORY);
}

bool belayi_get_interface(struct belayi_reader *reader,
			  const struct belayi_type *type, unsigned char *memory)
{
	void *object = NULL;

	if (!*(void *const *)memory)
		return true;
	memcpy(memory, &object, sizeof(object));
	if (!belayi_get_bytes(reader, 4, 0))
		return false;
	if (reader->discards)
		return discard_interface(reader);
	if (!take_interface(reader, type, &object))
		return false;
	memcpy(memory, &object, sizeof(object));
	return true;
}

void *belayi_get_memory(struct belayi_reader *reader, uint64_t size,
			bool in_heap)
{
	void *memory = NULL;

	if (size <= BELAYI_MESSAGE_MAX - reader->made)
		memory = in_heap ? belayi_task_memory(size)
				 : belayi_arena_take(reader->arena, size);
	if (memory && in_heap &&
	    !belayi_gift_add(reader->arena, &reader->undo, memory, false))
		memory = NULL;
	if (!memory)
		(void)belayi_get_fail(reader, E_OUTOFMEMORY);
	else
		reader->made += size;
	return memory;
}

/* The struct's size, with the array that ends it: it must be in the message,
 * or a few bytes could ask for any memory. */
static bool size_of(struct belayi_reader *reader,
		    const struct belayi_type *type, uint64_t *ret_size)
{
	const struct belayi_type *tail = belayi_tail_of(type, NULL);

	*ret_size = type->size + (uint64_t)reader->max * belayi_unit_of(tail);
	return tail->shape == BELAYI_STRING ||
	       tail->array.length.where != BELAYI_NOWHERE ||
	       reader->max <=
		       belayi_get_left(reader) / tail->array.element->least ||
	       belayi_get_bad(reader);
}

static bool new_value(struct belayi_reader *reader,
		      const struct belayi_type *type, const unsigned char *base,
		      bool in_heap, unsigned char **ret_memory)
{
	uint64_t size = type->size;

	if (type->shape == BELAYI_STRING)
		return belayi_get_new_string(reader, type, in_heap, ret_memory);
	if (type->shape == BELAYI_ARRAY)
		return belayi_get_new_array(reader, type, base, in_heap,
					    ret_memory);
	if (type->is_flat && !in_heap) {
		*ret_memory = (unsigned char *)belayi_get_bytes(
			reader, type->wire_alignment, type->size);
		return *ret_memory;
	}
	if (type->is_conformant && !size_of(reader, type, &size))
		return false;
	*ret_memory = belayi_get_memory(reader, size, in_heap);
	return *ret_memory && belayi_get_body(reader, type, *ret_memory, base);
}

bool belayi_get_anew(struct belayi_reader *reader,
		     const struct belayi_type *type, const unsigned char *base,
		     bool in_heap, unsigned char **ret_memory)
{
	if (type->is_conformant && (!belayi_get_number(reader, &reader->max) ||
				    (type->shape != BELAYI_STRUCT &&
				     !belayi_get_is_size(reader, type, base))))
		return false;
	return new_value(reader, type, base, in_heap, ret_memory) &&
	       (!type->has_pointers ||
		belayi_get_pointees(reader, type, *ret_memory, base));
}

bool belayi_get_pointee(struct belayi_reader *reader,
			const struct belayi_type *type, unsigned char *memory,
			const unsigned char *base)
{
	unsigned char *to = NULL;
	bool good;

	if (!*(void *const *)memory)
		return true;
	if (reader->depth >= BELAYI_DEPTH_MAX)
		return belayi_get_bad(reader);
	reader->depth++;
	good = belayi_get_anew(reader, type->pointer.pointee, base,
			       reader->in_heap, &to);
	reader->depth--;
	memcpy(memory, &to, sizeof(to));
	return good;
}
