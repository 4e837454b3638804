/* SPDX-License-Identifier: MIT */
/*
 * ndr_put_structs.c - values to a message: structs and unions
 */
#include "ndr_counts.h"
#include "ndr_put_parts.h"
#include "ndr_scalars.h"

bool belayi_put_struct(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	if (!belayi_put_room(writer, type->wire_alignment, 0))
		return false;
	for (; field < end; field++)
		if (!belayi_put_body(writer, field->type,
				     memory + field->offset, memory))
			return false;
	return !type->record.tail ||
	       belayi_put_body(writer, type->record.tail, memory + type->size,
			       memory);
}

bool belayi_put_struct_pointees(struct belayi_writer *writer,
				const struct belayi_type *type,
				const unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	for (; field < end; field++)
		if (field->type->has_pointers &&
		    !belayi_put_pointees(writer, field->type,
					 memory + field->offset, memory))
			return false;
	return !type->record.tail || !type->record.tail->has_pointers ||
	       belayi_put_pointees(writer, type->record.tail,
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
	       belayi_put_fail(writer, BELAYI_WIN32(RPC_S_INVALID_TAG));
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
	return found ||
	       belayi_put_fail(writer, BELAYI_WIN32(RPC_S_INVALID_TAG));
}

bool belayi_put_union(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;

	if (!find_arm(writer, type, memory, base, &tag, &arm) ||
	    !belayi_put_scalar(writer, type->choice.discriminant,
			       (const unsigned char *)&tag) ||
	    !belayi_put_room(writer, type->choice.arms_alignment, 0))
		return false;
	return !arm || belayi_put_body(writer, arm,
				       memory + type->choice.arms_offset, base);
}

bool belayi_put_union_pointees(struct belayi_writer *writer,
			       const struct belayi_type *type,
			       const unsigned char *memory,
			       const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;

	if (!find_arm(writer, type, memory, base, &tag, &arm))
		return false;
	return !arm || !arm->has_pointers ||
	       belayi_put_pointees(writer, arm,
				   memory + type->choice.arms_offset, base);
}
