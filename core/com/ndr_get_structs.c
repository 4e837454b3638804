/* SPDX-License-Identifier: MIT */
/*
 * ndr_get_structs.c - a message to values: structs and unions
 */
#include <string.h>

#include "ndr_counts.h"
#include "ndr_get_parts.h"
#include "ndr_scalars.h"

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
			return belayi_get_bad(reader);
	}
	return true;
}

bool belayi_get_struct(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;
	int64_t told[BELAYI_LATE_FIELDS];
	uint32_t lates = 0;

	if (!belayi_get_bytes(reader, type->wire_alignment, 0))
		return false;
	for (; field < end; field++) {
		reader->is_late = field->is_late;
		if (!belayi_get_body(reader, field->type,
				     memory + field->offset, memory))
			return false;
		if (field->is_late)
			told[lates++] = reader->told;
	}
	if (lates && !fields_agree(reader, type, memory, told))
		return false;
	if (!type->record.tail)
		return true;
	return belayi_get_is_size(reader, type->record.tail, memory) &&
	       belayi_get_body(reader, type->record.tail, memory + type->size,
			       memory);
}

bool belayi_get_struct_pointees(struct belayi_reader *reader,
				const struct belayi_type *type,
				unsigned char *memory)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	for (; field < end; field++)
		if (field->type->has_pointers &&
		    !belayi_get_pointees(reader, field->type,
					 memory + field->offset, memory))
			return false;
	return !type->record.tail || !type->record.tail->has_pointers ||
	       belayi_get_pointees(reader, type->record.tail,
				   memory + type->size, memory);
}

bool belayi_get_union(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base)
{
	const struct belayi_type *discriminant = type->choice.discriminant;
	unsigned char bytes[8] __attribute__((aligned(8)));
	const struct belayi_type *arm;
	int64_t tag;
	bool found;

	if (!belayi_get_scalar(reader, discriminant, bytes))
		return false;
	tag = belayi_load(discriminant->code, bytes);
	arm = belayi_arm_of(type, tag, &found);
	if (!found)
		return belayi_get_bad(reader);
	if (type->choice.is_encapsulated)
		memcpy(memory, bytes, discriminant->size);
	else if (!belayi_get_is_count(reader, &type->choice.tag, base,
				      belayi_tag_as_counted(type, tag)))
		return false;
	if (!belayi_get_bytes(reader, type->choice.arms_alignment, 0))
		return false;
	if (arm && !belayi_get_body(reader, arm,
				    memory + type->choice.arms_offset, base))
		return false;
	reader->told = belayi_tag_as_counted(type, tag);
	return true;
}

bool belayi_get_union_pointees(struct belayi_reader *reader,
			       const struct belayi_type *type,
			       unsigned char *memory, const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;
	bool found;

	if (type->choice.is_encapsulated)
		tag = belayi_load(type->choice.discriminant->code, memory);
	else if (!belayi_get_count_of(reader, &type->choice.tag, base, &tag))
		return false;
	arm = belayi_arm_of(type, tag, &found);
	return !arm || !arm->has_pointers ||
	       belayi_get_pointees(reader, arm,
				   memory + type->choice.arms_offset, base);
}
