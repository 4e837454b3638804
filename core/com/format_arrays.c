/* SPDX-License-Identifier: MIT */
/*
 * format_arrays.c - format strings to types: arrays and strings
 */
#include "format.h"
#include "ndr.h"
#include "ndr_codes.h"
#include "ndr_counts.h"

static bool refused(struct belayi_format *format, const char *why)
{
	(void)belayi_refuse(format, why);
	return false;
}

/*
 * The pointers of an array stand in front of its element, which is then only
 * a number of 4 bytes, what a pointer is in a message. One pointer that is the
 * whole element is all that widl writes; else it makes a "bogus" array.
 *
 * Return: how far the pointer is from `at`; 0: the pointers are not such.
 */
static int32_t find_pointer(const unsigned char *string, uint32_t size)
{
	int32_t skip;

	if (string[0] != FC_PP || string[1] != FC_PAD)
		return 0;
	if (string[2] == FC_VARIABLE_REPEAT && string[3] == FC_FIXED_OFFSET)
		skip = 4;
	else if (string[2] == FC_FIXED_REPEAT)
		skip = 6;
	else
		return 0;
	string += skip;
	/* Increment, offset, number of pointers, memory and buffer offset. */
	if (size != sizeof(void *) || belayi_short_at(string) != size ||
	    belayi_short_at(string + 2) != 0 ||
	    belayi_short_at(string + 4) != 1 ||
	    belayi_short_at(string + 6) != 0 ||
	    belayi_short_at(string + 8) != 0 || string[14] != FC_END)
		return 0;
	return skip + 10;
}

static const struct belayi_type *element_at(struct belayi_format *format,
					    int32_t at, uint32_t size,
					    const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	const struct belayi_owner beyond = {owner->record, 0};
	int32_t skip;

	if (string[0] == FC_PP) {
		skip = find_pointer(string, size);
		if (!skip)
			return belayi_refuse(format,
					     "an array of structs with "
					     "pointers that widl should have "
					     "called complex");
		return belayi_format_embedded(format, at + skip, &beyond);
	}
	if (string[0] >= FC_RP && string[0] <= FC_FP)
		return belayi_format_embedded(format, at, &beyond);
	if (string[0] == FC_EMBEDDED_COMPLEX)
		return belayi_format_embedded(
			format, at + 2 + belayi_offset_at(string + 2), &beyond);
	return belayi_scalar_type(string[0]);
}

/* Fills what follows from the element; size: as the string says, or 0. */
static bool finish(struct belayi_format *format, struct belayi_type *type,
		   uint32_t size)
{
	const struct belayi_type *element = type->array.element;
	bool varies = type->array.length.where != BELAYI_NOWHERE;

	if (!element)
		return refused(format, "an array of an unknown type");
	if (element->is_conformant || !element->size ||
	    (size && size != element->size))
		return refused(format, "an array's elements cannot be counted");
	if (belayi_field_count(element))
		return refused(format, "an array of what a struct counts");
	if ((uint64_t)type->array.count * element->size > BELAYI_MESSAGE_MAX)
		return refused(format, "an array that is too large");
	type->alignment = element->alignment;
	type->wire_alignment = element->wire_alignment;
	type->has_pointers = element->has_pointers;
	type->is_conformant = type->array.size.where != BELAYI_NOWHERE;
	if ((type->is_conformant || varies) && type->wire_alignment < 4)
		type->wire_alignment = 4;
	if (type->is_conformant)
		return true;
	if (!type->array.count)
		return refused(format, "an array of nothing");
	type->size = type->array.count * element->size;
	type->least = varies ? 8 : type->array.count * element->least;
	type->is_flat = !varies && element->is_flat;
	return true;
}

/* Element size, [size_is], [length_is], element. */
static bool conformant(struct belayi_format *format, int32_t at,
		       struct belayi_type *type,
		       const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	uint32_t size = belayi_short_at(string + 2);

	if (!belayi_format_count(format, at + 4, &type->array.size, owner,
				 false))
		return false;
	if (type->array.size.where == BELAYI_NOWHERE)
		return refused(format, "an array without a size");
	at += 8;
	if (string[0] == FC_CVARRAY) {
		if (!belayi_format_count(format, at, &type->array.length, owner,
					 false))
			return false;
		at += 4;
	}
	type->array.element = element_at(format, at, size, owner);
	return finish(format, type, size);
}

/* Total size, then the element; widl gives no count of a fixed array. */
static bool fixed(struct belayi_format *format, int32_t at,
		  struct belayi_type *type, const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	bool is_large = string[0] == FC_LGFARRAY;
	uint32_t total = is_large ? belayi_long_at(string + 2)
				  : belayi_short_at(string + 2);
	const struct belayi_type *element;
	uint32_t pointer_size = sizeof(void *);

	at += is_large ? 6 : 4;
	element = element_at(format, at, pointer_size, owner);
	type->array.element = element;
	if (!element || !element->size || total % element->size)
		return refused(format, "an array's elements cannot be counted");
	type->array.count = total / element->size;
	return finish(format, type, 0);
}

/* Total size, number of elements, element size, [length_is], element. */
static bool varying(struct belayi_format *format, int32_t at,
		    struct belayi_type *type, const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	bool is_large = string[0] == FC_LGVARRAY;
	uint32_t size;

	type->array.count = is_large ? belayi_long_at(string + 6)
				     : belayi_short_at(string + 4);
	at += is_large ? 10 : 6;
	size = belayi_short_at(format->strings + at);
	if (!belayi_format_count(format, at + 2, &type->array.length, owner,
				 false))
		return false;
	type->array.element = element_at(format, at + 6, size, owner);
	return finish(format, type, size);
}

/* Number of elements, [size_is], [length_is], element. */
static bool complex_array(struct belayi_format *format, int32_t at,
			  struct belayi_type *type,
			  const struct belayi_owner *owner)
{
	type->array.count = belayi_short_at(format->strings + at + 2);
	if (!belayi_format_count(format, at + 4, &type->array.size, owner,
				 false) ||
	    !belayi_format_count(format, at + 8, &type->array.length, owner,
				 false))
		return false;
	type->array.element =
		element_at(format, at + 12, sizeof(void *), owner);
	return finish(format, type, 0);
}

bool belayi_format_array(struct belayi_format *format, int32_t at,
			 struct belayi_type *type,
			 const struct belayi_owner *owner)
{
	type->shape = BELAYI_ARRAY;
	switch (format->strings[at]) {
	case FC_CARRAY:
	case FC_CVARRAY:
		return conformant(format, at, type, owner);
	case FC_SMFARRAY:
	case FC_LGFARRAY:
		return fixed(format, at, type, owner);
	case FC_SMVARRAY:
	case FC_LGVARRAY:
		return varying(format, at, type, owner);
	default:
		return complex_array(format, at, type, owner);
	}
}

bool belayi_format_string(struct belayi_format *format, int32_t at,
			  struct belayi_type *type,
			  const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	bool is_wide = string[0] == FC_C_WSTRING || string[0] == FC_WSTRING;

	type->shape = BELAYI_STRING;
	type->string.width = is_wide ? 2 : 1;
	type->alignment = type->string.width;
	type->wire_alignment = 4;
	type->least = 8;
	if (string[0] == FC_CSTRING || string[0] == FC_WSTRING) {
		type->string.capacity = belayi_short_at(string + 2);
		type->size = type->string.capacity * type->string.width;
		return type->string.capacity ||
		       refused(format, "a string of no characters");
	}
	type->is_conformant = true;
	if (string[1] != FC_STRING_SIZED)
		return true;
	return belayi_format_count(format, at + 2, &type->string.size, owner,
				   false);
}
