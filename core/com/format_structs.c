/* SPDX-License-Identifier: MIT */
/*
 * format_structs.c - format strings to types: structs and unions
 */
#include <string.h>

#include "format.h"
#include "ndr.h"
#include "ndr_codes.h"
#include "ndr_counts.h"

/* More than any struct that somebody wrote. */
#define FIELDS_MAX 1024U

/*
 * struct layout - the members of a struct, as they are read
 *
 * at:       in the strings
 * pointers: where the pointers are described, in their order; 0: nowhere
 * offset:   in memory
 */
struct layout {
	struct belayi_format *format;
	struct belayi_type *type;
	struct belayi_field *fields;
	int32_t at;
	int32_t pointers;
	uint32_t offset;
	uint32_t count;
	uint32_t lates;
};

static bool refused(struct belayi_format *format, const char *why)
{
	(void)belayi_refuse(format, why);
	return false;
}

/* Its number has not been read when it is, or an expression may say so. */
static bool is_late(struct layout *layout, const struct belayi_type *type)
{
	const struct belayi_count *count = belayi_field_count(type);

	if (!count || (count->operation != FC_CALLBACK &&
		       count->offset < (int64_t)layout->offset))
		return false;
	layout->lates++;
	return true;
}

static bool add_field(struct layout *layout, const struct belayi_type *type)
{
	if (!type)
		return refused(layout->format, "a field of an unknown type");
	if (layout->offset % type->alignment || layout->count >= FIELDS_MAX ||
	    layout->offset + type->size > BELAYI_MESSAGE_MAX)
		return refused(layout->format,
			       "a struct is not laid out as in memory");
	layout->fields[layout->count++] =
		(struct belayi_field){.offset = layout->offset,
				      .is_late = is_late(layout, type),
				      .type = type};
	layout->offset += type->size;
	return true;
}

/* A struct or union of its own; a union counts from where it is itself. */
static bool add_embedded(struct layout *layout)
{
	const unsigned char *string = layout->format->strings + layout->at;
	int32_t at = layout->at + 2 + belayi_offset_at(string + 2);
	struct belayi_owner owner = {layout->type, (int32_t)layout->type->size};

	layout->offset += string[1];
	layout->at += 4;
	if (at >= 0 && layout->format->strings[at] == FC_NON_ENCAPSULATED_UNION)
		owner.shift = (int32_t)layout->offset;
	return add_field(layout,
			 belayi_format_embedded(layout->format, at, &owner));
}

static bool add_pointer(struct layout *layout)
{
	struct belayi_owner owner = {layout->type, 0};
	int32_t at = layout->pointers;

	layout->at++;
	if (!at)
		return refused(layout->format, "a pointer that is not "
					       "described");
	layout->pointers += 4;
	return add_field(layout,
			 belayi_format_embedded(layout->format, at, &owner));
}

static bool align(struct layout *layout, uint32_t alignment)
{
	layout->at++;
	layout->offset = (layout->offset + alignment - 1) & -alignment;
	return true;
}

static bool add_member(struct layout *layout, unsigned int code)
{
	switch (code) {
	case FC_POINTER:
		return add_pointer(layout);
	case FC_EMBEDDED_COMPLEX:
		return add_embedded(layout);
	case FC_ALIGNM2:
	case FC_ALIGNM4:
	case FC_ALIGNM8:
		return align(layout, 2U << (code - FC_ALIGNM2));
	case FC_PAD:
		return align(layout, 1);
	default:
		break;
	}
	layout->at++;
	if (code >= FC_STRUCTPAD1 && code <= FC_STRUCTPAD7) {
		layout->offset += code - FC_STRUCTPAD1 + 1;
		return true;
	}
	return add_field(layout, belayi_scalar_type(code));
}

/* Where the members begin, the array at the end and the pointers are. */
static bool find_parts(struct layout *layout, int32_t at, int32_t *ret_tail)
{
	const unsigned char *string = layout->format->strings + at;
	unsigned int code = string[0];

	*ret_tail = 0;
	at += 4;
	if (code != FC_STRUCT && code != FC_PSTRUCT) {
		int32_t offset = belayi_offset_at(string + 4);

		*ret_tail = offset ? at + offset : 0;
		at += 2;
	}
	if (code == FC_BOGUS_STRUCT) {
		int32_t offset = belayi_offset_at(string + 6);

		layout->pointers = offset ? at + offset : 0;
		at += 2;
	}
	layout->at = at;
	string = layout->format->strings + at;
	/* widl writes such a list where it is empty. */
	if (string[0] == FC_PP) {
		if (string[1] != FC_PAD || string[2] != FC_END)
			return refused(layout->format,
				       "a struct with pointers that widl "
				       "should have called complex");
		layout->at += 3;
	}
	return true;
}

static void finish_struct(struct layout *layout)
{
	struct belayi_type *type = layout->type;
	uint32_t filled = 0;

	type->alignment = 1;
	type->wire_alignment = 1;
	type->is_flat = !type->record.tail;
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct belayi_type *field = layout->fields[i].type;

		if (field->alignment > type->alignment)
			type->alignment = field->alignment;
		if (field->wire_alignment > type->wire_alignment)
			type->wire_alignment = field->wire_alignment;
		type->is_flat &= field->is_flat;
		type->has_pointers |= field->has_pointers;
		type->least += field->least;
		filled += field->size;
	}
	if (type->record.tail) {
		const struct belayi_type *tail = type->record.tail;

		if (tail->alignment > type->alignment)
			type->alignment = tail->alignment;
		if (tail->wire_alignment > type->wire_alignment)
			type->wire_alignment = tail->wire_alignment;
		type->has_pointers |= tail->has_pointers;
	}
	type->is_flat &=
		filled == type->size && type->alignment == type->wire_alignment;
}

/* The array at the end: its own, or that of the struct at its end. */
static bool add_tail(struct layout *layout, int32_t at)
{
	struct belayi_type *type = layout->type;
	const struct belayi_owner owner = {type, (int32_t)type->size};

	for (uint32_t i = 0; i < layout->count; i++) {
		if (!layout->fields[i].type->is_conformant)
			continue;
		if (i + 1 < layout->count ||
		    layout->fields[i].type->shape != BELAYI_STRUCT)
			return refused(layout->format,
				       "an array of any size that is not the "
				       "end of its struct");
		type->is_conformant = true;
		return true;
	}
	if (!at)
		return true;
	type->record.tail = belayi_format_embedded(layout->format, at, &owner);
	if (!type->record.tail)
		return false;
	type->is_conformant = true;
	return (type->record.tail->is_conformant &&
		type->record.tail->shape != BELAYI_STRUCT &&
		type->size % type->record.tail->alignment == 0) ||
	       refused(layout->format, "a struct that ends with something "
				       "else than an array");
}

bool belayi_format_struct(struct belayi_format *format, int32_t at,
			  struct belayi_type *type)
{
	struct belayi_field *fields = belayi_store_take(
		&format->scratch, FIELDS_MAX * sizeof(*fields));
	struct layout layout = {
		.format = format, .type = type, .fields = fields};
	size_t bytes;
	int32_t tail;

	if (!fields)
		return refused(format, belayi_no_memory);
	type->shape = BELAYI_STRUCT;
	type->size = belayi_short_at(format->strings + at + 2);
	if (!find_parts(&layout, at, &tail))
		return false;
	while (format->strings[layout.at] != FC_END)
		if (!add_member(&layout, format->strings[layout.at]))
			return false;
	if (layout.lates > BELAYI_LATE_FIELDS)
		return refused(format, "a struct that counts too much before "
				       "it has the numbers");
	if (layout.offset > type->size || !type->size || !layout.count)
		return refused(format, "a struct is not laid out as in memory");
	bytes = layout.count * sizeof(*fields);
	layout.fields = belayi_store_take(format->kept, bytes);
	if (!layout.fields)
		return refused(format, belayi_no_memory);
	memcpy(layout.fields, fields, bytes);
	type->record.fields = layout.fields;
	type->record.fields_count = layout.count;
	if (!add_tail(&layout, tail))
		return false;
	finish_struct(&layout);
	if (type->size % type->alignment)
		return refused(format, "a struct is not laid out as in memory");
	return true;
}

/* --- Unions -------------------------------------------------------------- */

/* 0x80XX is the number type XX; 0 an empty arm; else how far its type is. */
static bool arm_type(struct belayi_format *format, int32_t at,
		     const struct belayi_owner *owner,
		     const struct belayi_type **ret_type)
{
	const struct belayi_owner beyond = {owner->record, 0};
	unsigned int code = belayi_short_at(format->strings + at);

	*ret_type = NULL;
	if (!code)
		return true;
	if (code >> 8 == 0x80)
		*ret_type = belayi_scalar_type(code & 0xff);
	else
		*ret_type = belayi_format_embedded(
			format, at + belayi_offset_at(format->strings + at),
			&beyond);
	if (!*ret_type)
		return refused(format, "a union of an unknown type");
	if (belayi_field_count(*ret_type))
		return refused(format, "a union of what a struct counts");
	return !(*ret_type)->is_conformant ||
	       refused(format, "a union of something of any size");
}

static void add_to_union(struct belayi_type *type,
			 const struct belayi_type *arm)
{
	if (!arm)
		return;
	if (arm->alignment > type->alignment)
		type->alignment = arm->alignment;
	if (arm->wire_alignment > type->choice.arms_alignment)
		type->choice.arms_alignment = arm->wire_alignment;
	type->has_pointers |= arm->has_pointers;
}

/* Size, number of arms, for each its tag and type, what is left over. */
static bool arms(struct belayi_format *format, int32_t at,
		 struct belayi_type *type, const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	uint32_t count = belayi_short_at(string + 2) & 0xfff;
	struct belayi_arm *arm =
		belayi_store_take(format->kept, (count + 1) * sizeof(*arm));

	if (!arm)
		return refused(format, belayi_no_memory);
	type->choice.arms = arm;
	type->choice.arms_count = count;
	type->choice.arms_alignment = 1;
	type->alignment = 1;
	type->size = belayi_short_at(string);
	for (at += 4; count; count--, at += 6, arm++) {
		arm->tag = belayi_long_at(format->strings + at);
		if (!arm_type(format, at + 4, owner, &arm->type))
			return false;
		add_to_union(type, arm->type);
		if (arm->type && arm->type->size > type->size)
			return refused(format, "a union is not laid out as in "
					       "memory");
	}
	if (belayi_short_at(format->strings + at) == 0xffff)
		return true;
	type->choice.has_fallback = true;
	if (!arm_type(format, at, owner, &type->choice.fallback))
		return false;
	add_to_union(type, type->choice.fallback);
	return !type->choice.fallback ||
	       type->choice.fallback->size <= type->size ||
	       refused(format, "a union is not laid out as in memory");
}

/* The tag in front makes it a struct in memory. */
static bool encapsulated(struct belayi_format *format, int32_t at,
			 struct belayi_type *type,
			 const struct belayi_owner *owner)
{
	unsigned int code = format->strings[at + 1];
	const struct belayi_type *tag = belayi_scalar_type(code & 0xf);

	type->choice.is_encapsulated = true;
	type->choice.discriminant = tag;
	if (!tag || !arms(format, at + 2, type, owner))
		return refused(format, "a union without a tag");
	if (tag->alignment > type->alignment)
		type->alignment = tag->alignment;
	type->choice.arms_offset = code >> 4;
	if (type->choice.arms_offset < tag->size ||
	    type->choice.arms_offset % type->alignment)
		return refused(format, "a union is not laid out as in memory");
	type->size += type->choice.arms_offset;
	type->size = (type->size + type->alignment - 1) & -type->alignment;
	return true;
}

static bool non_encapsulated(struct belayi_format *format, int32_t at,
			     struct belayi_type *type,
			     const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;

	type->choice.discriminant = belayi_scalar_type(string[1]);
	if (!type->choice.discriminant)
		return refused(format, "a union without a tag");
	if (!belayi_format_count(format, at + 2, &type->choice.tag, owner,
				 false))
		return false;
	if (type->choice.tag.where == BELAYI_NOWHERE)
		return refused(format, "a union without [switch_is]");
	if (type->choice.tag.eval)
		type->choice.tag.offset = 0;
	return arms(format, at + 6 + belayi_offset_at(string + 6), type, owner);
}

bool belayi_format_union(struct belayi_format *format, int32_t at,
			 struct belayi_type *type,
			 const struct belayi_owner *owner)
{
	type->shape = BELAYI_UNION;
	if (!(format->strings[at] == FC_ENCAPSULATED_UNION
		      ? encapsulated(format, at, type, owner)
		      : non_encapsulated(format, at, type, owner)))
		return false;
	if (type->choice.discriminant->code == FC_FLOAT ||
	    type->choice.discriminant->code == FC_DOUBLE ||
	    type->choice.discriminant->size == 8 || !type->size)
		return refused(format, "a union whose tag is no integer of up "
				       "to 32 bits");
	type->wire_alignment = type->choice.discriminant->wire_alignment;
	type->least = type->choice.discriminant->least;
	if (type->choice.arms_alignment > type->wire_alignment)
		type->wire_alignment = type->choice.arms_alignment;
	return true;
}
