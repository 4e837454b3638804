/* SPDX-License-Identifier: MIT */
/*
 * ndr_counts.c - what size_is, length_is, switch_is and iid_is say
 */
#include "ndr_counts.h"

#include <string.h>

#include "ndr.h"
#include "ndr_codes.h"
#include "ndr_expressions.h"
#include "ndr_scalars.h"

/* A count of 8 bits is never negative: widl calls UCHAR a small. */
static int64_t load_count(unsigned int code, const void *from)
{
	return code == FC_SMALL ? *(const uint8_t *)from
				: belayi_load(code, from);
}

bool belayi_count_value(const struct belayi_count *count,
			const unsigned char *image, const unsigned char *base,
			int64_t *ret_value)
{
	const void *from = image + count->offset;
	int64_t value;

	if (count->where == BELAYI_CONSTANT) {
		*ret_value = count->offset;
		return true;
	}
	if (count->operation == FC_CALLBACK) {
		*ret_value = count->where == BELAYI_IMAGE
				     ? belayi_evaluate(count, image)
				     : belayi_evaluate_field(count, base);
		return true;
	}
	if (count->where == BELAYI_FIELD)
		from = base + count->offset;
	if (count->operation == FC_DEREFERENCE) {
		from = *(const void *const *)from;
		if (!from)
			return false;
	}
	value = load_count(count->code, from);
	switch (count->operation) {
	case FC_DIV_2:
		value /= 2;
		break;
	case FC_MULT_2:
		value *= 2;
		break;
	case FC_ADD_1:
		value++;
		break;
	case FC_SUB_1:
		value--;
		break;
	default:
		break;
	}
	*ret_value = value;
	return true;
}

const IID *belayi_count_iid(const struct belayi_count *count,
			    const unsigned char *image)
{
	const void *slot = image + count->offset;

	/* Where there is a mirror, the IID itself stands in the image. */
	return count->operation == FC_DEREFERENCE ? *(const IID *const *)slot
						  : slot;
}

const struct belayi_count *belayi_field_count(const struct belayi_type *type)
{
	const struct belayi_count *count = NULL;

	if (type->shape == BELAYI_ARRAY)
		count = &type->array.length;
	else if (type->shape == BELAYI_UNION)
		count = &type->choice.tag;
	return count && count->where == BELAYI_FIELD ? count : NULL;
}

int64_t belayi_tag_as_counted(const struct belayi_type *type, int64_t tag)
{
	return load_count(type->choice.tag.code, &tag);
}

/* Characters of a string, and its 0. */
static uint32_t string_size(const struct belayi_type *type, const void *memory)
{
	const char16_t *wide = memory;
	size_t length = 0;

	if (type->string.width == 1)
		length = strnlen(memory, UINT32_MAX - 1);
	else
		while (wide[length] && length < UINT32_MAX - 1)
			length++;
	return (uint32_t)length + 1;
}

uint32_t belayi_capacity_of(const struct belayi_type *type, const void *image,
			    const unsigned char *memory)
{
	const unsigned char *owner = memory;
	const struct belayi_type *tail = belayi_tail_of(type, &owner);
	const struct belayi_count *count = &tail->array.size;
	int64_t value;

	if (tail->shape == BELAYI_STRING) {
		count = &tail->string.size;
		if (count->where == BELAYI_NOWHERE)
			return string_size(tail,
					   belayi_tail_memory(type, memory));
	}
	if (!belayi_count_value(count, image, owner, &value) || value < 0 ||
	    value > (int64_t)BELAYI_MESSAGE_MAX)
		return 0;
	return (uint32_t)value;
}
