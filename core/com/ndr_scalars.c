/* SPDX-License-Identifier: MIT */
/*
 * ndr_scalars.c - numbers: their types, and counts
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

/* What an expression routine sees: Windows' image, where structs of up to 8
 * bytes stand in their slots, and what is behind a pointer of Begin_'s may be
 * gone: then there is a mirror of it. */
static int64_t evaluate(const struct belayi_count *count,
			const unsigned char *image)
{
	const struct belayi_procedure *procedure = count->procedure;
	unsigned char copy[BELAYI_IMAGE_MAX] __attribute__((aligned(8)));
	MIDL_STUB_MESSAGE message = {.StackTop = copy};

	memcpy(copy, image, procedure->image_size);
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		void *slot = copy + param->offset;

		if (param->flags & BELAYI_PARAM_BY_VALUE &&
		    param->type->size <= 8 && *(void **)slot)
			memcpy(slot, *(void **)slot, param->type->size);
	}
	for (uint32_t i = 0; i < procedure->mirrors_count; i++)
		if (*(void **)(copy + procedure->mirrors[i].from))
			*(void **)(copy + procedure->mirrors[i].from) =
				copy + procedure->mirrors[i].to;
	count->eval(&message);
	return (int64_t)message.MaxCount;
}

static int64_t evaluate_field(const struct belayi_count *count,
			      const unsigned char *base)
{
	MIDL_STUB_MESSAGE message = {.StackTop = (unsigned char *)base};

	count->eval(&message);
	return (int64_t)message.MaxCount;
}

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
				     ? evaluate(count, image)
				     : evaluate_field(count, base);
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

uint32_t belayi_string_size(const struct belayi_type *type, const void *memory)
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
