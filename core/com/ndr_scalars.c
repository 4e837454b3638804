/* SPDX-License-Identifier: MIT */
/*
 * ndr_scalars.c - numbers: their types; what is at the end of a type
 */
#include <string.h>

#include "ndr_codes.h"
#include "ndr_scalars.h"

#define SCALAR(fc, memory, wire)                                               \
	[fc] = {                                                               \
		.shape = BELAYI_SCALAR,                                        \
		.code = (fc),                                                  \
		.alignment = (memory),                                         \
		.wire_alignment = (wire),                                      \
		.is_flat = (memory) == (wire),                                 \
		.size = (memory),                                              \
		.least = (wire),                                               \
	}

static const struct belayi_type scalars[] = {
	SCALAR(FC_BYTE, 1, 1),           SCALAR(FC_CHAR, 1, 1),
	SCALAR(FC_SMALL, 1, 1),          SCALAR(FC_USMALL, 1, 1),
	SCALAR(FC_WCHAR, 2, 2),          SCALAR(FC_SHORT, 2, 2),
	SCALAR(FC_USHORT, 2, 2),         SCALAR(FC_LONG, 4, 4),
	SCALAR(FC_ULONG, 4, 4),          SCALAR(FC_FLOAT, 4, 4),
	SCALAR(FC_HYPER, 8, 8),          SCALAR(FC_DOUBLE, 8, 8),
	SCALAR(FC_ENUM16, 4, 2),         SCALAR(FC_ENUM32, 4, 4),
	SCALAR(FC_ERROR_STATUS_T, 4, 4), SCALAR(FC_INT3264, 8, 4),
	SCALAR(FC_UINT3264, 8, 4),
};

const struct belayi_type *belayi_scalar_type(unsigned int code)
{
	if (code >= sizeof(scalars) / sizeof(scalars[0]) || !scalars[code].size)
		return NULL;
	return &scalars[code];
}

const struct belayi_type *belayi_tail_of(const struct belayi_type *type,
					 const unsigned char **memory)
{
	const struct belayi_field *last;

	while (type->shape == BELAYI_STRUCT) {
		if (type->record.tail)
			return type->record.tail;
		last = &type->record.fields[type->record.fields_count - 1];
		type = last->type;
		if (memory)
			*memory += last->offset;
	}
	return type;
}

const unsigned char *belayi_tail_memory(const struct belayi_type *type,
					const unsigned char *memory)
{
	const struct belayi_field *last;

	for (; type->shape == BELAYI_STRUCT; type = last->type) {
		if (type->record.tail)
			return memory + type->size;
		last = &type->record.fields[type->record.fields_count - 1];
		memory += last->offset;
	}
	return memory;
}

int64_t belayi_load(unsigned int code, const void *from)
{
	switch (code) {
	case FC_BYTE:
	case FC_CHAR: /* char, unsigned char or boolean: widl does not say */
	case FC_USMALL:
		return *(const uint8_t *)from;
	case FC_SMALL:
		return *(const int8_t *)from;
	case FC_WCHAR:
	case FC_USHORT:
		return *(const uint16_t *)from;
	case FC_SHORT:
		return *(const int16_t *)from;
	case FC_ULONG:
	case FC_FLOAT:
		return *(const uint32_t *)from;
	case FC_HYPER:
	case FC_DOUBLE:
	case FC_INT3264:
	case FC_UINT3264:
		return *(const int64_t *)from;
	default:
		return *(const int32_t *)from;
	}
}

const struct belayi_type *belayi_arm_of(const struct belayi_type *type,
					int64_t tag, bool *ret_found)
{
	unsigned int bits = 8 * type->choice.discriminant->least;
	uint32_t mask = bits < 32 ? (UINT32_C(1) << bits) - 1 : UINT32_MAX;

	if (type->choice.tag.where != BELAYI_NOWHERE) {
		const struct belayi_type *counted =
			belayi_scalar_type(type->choice.tag.code);

		if (counted && counted->size < 4)
			mask &= (UINT32_C(1) << 8 * counted->size) - 1;
	}
	*ret_found = true;
	for (uint32_t i = 0; i < type->choice.arms_count; i++)
		if (!((type->choice.arms[i].tag ^ (uint32_t)tag) & mask))
			return type->choice.arms[i].type;
	*ret_found = type->choice.has_fallback;
	return type->choice.fallback;
}

static bool union_leads_to_interface(const struct belayi_type *type)
{
	for (uint32_t i = 0; i < type->choice.arms_count; i++)
		if (type->choice.arms[i].type &&
		    type->choice.arms[i].type->has_interfaces)
			return true;
	return type->choice.fallback && type->choice.fallback->has_interfaces;
}

bool belayi_leads_to_interface(const struct belayi_type *type)
{
	switch (type->shape) {
	case BELAYI_STRUCT:
		for (uint32_t i = 0; i < type->record.fields_count; i++)
			if (type->record.fields[i].type->has_interfaces)
				return true;
		return type->record.tail && type->record.tail->has_interfaces;
	case BELAYI_ARRAY:
		return type->array.element->has_interfaces;
	case BELAYI_POINTER:
		return type->pointer.pointee->has_interfaces;
	case BELAYI_UNION:
		return union_leads_to_interface(type);
	default:
		return type->has_interfaces;
	}
}
