/* SPDX-License-Identifier: MIT */
/*
 * format_procedure.c - format strings to procedures
 *
 * A header, and six bytes for each parameter and what is returned. widl says
 * two things not: whether a struct of more than 8 bytes is passed by value
 * (on Windows that is a pointer, too), and whether a small integer has a sign.
 * The letters that `belay idl` adds to a file do.
 */
#include <string.h>

#include "format.h"
#include "ndr_codes.h"
#include "ndr_plain.h"
#include "ndr_scalars.h"

/* Bits of the header's flags: pipes are seen in the parameters. */
#define FLAG_OBJECT 0x04
#define FLAG_RPC_FLAGS 0x08
#define FLAG2_LONG_COUNTS 0x01

/* A letter is for one parameter, or for what is returned. */
#define LETTER_BY_VALUE 's'
#define LETTER_UNSIGNED 'u'
#define LETTER_HRESULT 'h'

/* A parameter as it stands in a string. */
struct described {
	unsigned int flags;
	uint32_t offset;
	const unsigned char *type;
	char letter;
};

static bool refused(struct belayi_format *format, const char *why)
{
	(void)belayi_refuse(format, why);
	return false;
}

/* Returns where the parameters are, or NULL. */
static const unsigned char *header(struct belayi_format *format,
				   const unsigned char *string,
				   uint32_t *ret_count)
{
	const unsigned char *parameters;

	if (string[0] != FC_AUTO_HANDLE || !(string[1] & FLAG_OBJECT) ||
	    !(string[1] & FLAG_RPC_FLAGS))
		return belayi_refuse(
			format, "it has no format string (widl makes none for "
				"methods that return a float or a double: use "
				"an [out, retval] parameter)");
	if (belayi_short_at(string + 6) != format->procedure->slot)
		return belayi_refuse(format, "its format string is of another "
					     "method");
	if (belayi_short_at(string + 8) > BELAYI_IMAGE_MAX)
		return belayi_refuse(format, "too many parameters");
	format->procedure->image_size = (uint16_t)belayi_short_at(string + 8);
	*ret_count = string[15];
	/* Flags of two kinds; then an extension of a length that it says. */
	parameters = string + 16;
	if (string[14] & 0x40) {
		if (string[17] & FLAG2_LONG_COUNTS)
			return belayi_refuse(format, "its counts are not those "
						     "of widl -Oif");
		parameters += string[16];
	}
	if (format->procedure->image_size < 8 ||
	    format->procedure->image_size % 8)
		return belayi_refuse(format, "its format string is damaged");
	return parameters;
}

static const struct belayi_type *unsigned_of(const struct belayi_type *type)
{
	switch (type->code) {
	case FC_BYTE:
	case FC_CHAR:
	case FC_SMALL:
		return belayi_scalar_type(FC_USMALL);
	case FC_SHORT:
		return belayi_scalar_type(FC_USHORT);
	case FC_LONG:
		return belayi_scalar_type(FC_ULONG);
	default:
		return type;
	}
}

static const struct belayi_type *base_type(const struct described *described)
{
	const struct belayi_type *type = belayi_scalar_type(described->type[0]);

	if (type && described->letter == LETTER_UNSIGNED)
		return unsigned_of(type);
	return type;
}

/* Whether these are 4 bytes of a pointer to what follows them. */
static bool is_pointer_to_next(const unsigned char *string)
{
	return string[0] >= FC_RP && string[0] <= FC_OP &&
	       !(string[1] & FC_SIMPLE_POINTER) &&
	       belayi_offset_at(string + 2) == 2;
}

/* Whether these are a count, and the 4 bytes before them begin an array. */
static bool is_within_array(const unsigned char *string)
{
	unsigned int kind = string[0] & 0xf0;

	return string[-4] == FC_BOGUS_ARRAY && !belayi_short_at(string - 2) &&
	       (kind == FC_COUNT_PARAMETER || kind == FC_COUNT_CONSTANT) &&
	       (!string[1] ||
		(string[1] >= FC_DEREFERENCE && string[1] <= FC_CALLBACK));
}

/*
 * Where a parameter's type is. Of pointers to strings and arrays of strings
 * widl (7.0) names the innermost type, and takes off the 4 bytes of a ref
 * pointer that it has not counted. Only there a pointer stands right in front
 * of what it leads to.
 */
static int32_t type_of(const struct belayi_format *format,
		       const struct described *described)
{
	int32_t at = (int32_t)belayi_short_at(described->type);

	if (described->flags & FC_PARAM_SIMPLE_REF)
		return at >= 6 && is_within_array(format->strings + at) ? at - 4
									: at;
	while (at >= 6 && format->strings[at] != FC_RP &&
	       is_pointer_to_next(format->strings + at - 4))
		at -= 4;
	return at;
}

/* A type of its own: in memory that the slot leads to, or in the slot. */
static bool place(struct belayi_format *format, struct belayi_param *param,
		  const struct described *described)
{
	const struct belayi_type *type = param->type;

	switch (type->shape) {
	case BELAYI_POINTER:
		/*
		 * What a ref pointer leads to has no pointer in a message. What
		 * comes back by another one comes where the caller said.
		 */
		if (!type->pointer.is_ref && !belayi_is_out(param))
			return true;
		if (!type->pointer.is_ref && !belayi_is_in(param))
			return refused(format, "an [out] pointer that may be "
					       "NULL");
		param->flags |= BELAYI_PARAM_INDIRECT;
		if (!type->pointer.is_ref)
			param->flags |= BELAYI_PARAM_UNIQUE;
		param->type = type->pointer.pointee;
		return true;
	case BELAYI_INTERFACE:
	case BELAYI_SCALAR:
		return true;
	case BELAYI_STRUCT:
	case BELAYI_UNION:
		if (described->flags & FC_PARAM_BY_VALUE ||
		    described->letter == LETTER_BY_VALUE)
			param->flags |= BELAYI_PARAM_BY_VALUE;
		break;
	default:
		break;
	}
	if (param->flags & BELAYI_PARAM_BY_VALUE && type->is_conformant)
		return refused(format, "a struct of any size by value");
	param->flags |= BELAYI_PARAM_INDIRECT;
	return true;
}

static bool add_param(struct belayi_format *format,
		      const struct described *described)
{
	static const struct belayi_owner nobody = {NULL, 0};
	struct belayi_param *param = &format->params[format->param];

	param->offset = (uint16_t)described->offset;
	if (described->flags & FC_PARAM_IN)
		param->flags |= BELAYI_PARAM_IN;
	if (described->flags & FC_PARAM_OUT)
		param->flags |= BELAYI_PARAM_OUT;
	if (described->flags & FC_PARAM_PIPE)
		return refused(format, "pipes are not supported");
	if (described->flags & FC_PARAM_BASE_TYPE) {
		param->type = base_type(described);
		if (described->flags & FC_PARAM_SIMPLE_REF)
			param->flags |= BELAYI_PARAM_INDIRECT;
	} else {
		param->type = belayi_format_type(
			format, type_of(format, described), &nobody);
		if (param->type && !place(format, param, described))
			return false;
	}
	if (!param->type)
		return refused(format, "its type is not supported");
	if (!(param->flags & (BELAYI_PARAM_IN | BELAYI_PARAM_OUT)))
		return refused(format, "it is neither [in] nor [out]");
	if (belayi_is_out(param) && (!(param->flags & BELAYI_PARAM_INDIRECT) ||
				     param->flags & BELAYI_PARAM_BY_VALUE))
		return refused(format, "an [out] argument that is no pointer");
	return true;
}

static bool set_value(struct belayi_format *format,
		      const struct described *described)
{
	const struct belayi_type *type = NULL;

	if (described->flags & FC_PARAM_BASE_TYPE)
		type = base_type(described);
	if (!type)
		return refused(format, "only numbers can be returned");
	format->procedure->value = type;
	/* Where nobody says it is taken for one. */
	format->procedure->is_hresult =
		(type->code == FC_LONG || type->code == FC_ERROR_STATUS_T) &&
		(!described->letter || described->letter == LETTER_HRESULT);
	return true;
}

static bool parameters(struct belayi_format *format,
		       const unsigned char *string, uint32_t count,
		       const char *letters)
{
	struct belayi_procedure *procedure = format->procedure;

	for (uint32_t i = 0; i < count; i++, string += 6) {
		struct described described = {
			.flags = belayi_short_at(string),
			.offset = belayi_short_at(string + 2),
			.type = string + 4,
			.letter = letters && *letters ? *letters++ : '\0',
		};

		format->param = i;
		if (described.flags & FC_PARAM_RETURN) {
			if (!set_value(format, &described))
				return false;
			continue;
		}
		/* One slot after the other, behind the object's. */
		if (described.offset != 8 * (procedure->params_count + 1U) ||
		    described.offset >= procedure->image_size)
			return refused(format, "its format string is damaged");
		if (!add_param(format, &described))
			return false;
		procedure->params_count++;
	}
	return true;
}

/* What only [out] arguments have to fulfil: their memory must be known before
 * the method runs. */
static bool is_result(struct belayi_format *format,
		      const struct belayi_param *param)
{
	const struct belayi_type *type = param->type;
	const struct belayi_count *count;

	if (!belayi_is_out(param) || belayi_is_in(param) ||
	    !type->is_conformant)
		return true;
	if (type->shape == BELAYI_STRUCT)
		return refused(format, "an [out] struct of any size");
	count = type->shape == BELAYI_STRING ? &type->string.size
					     : &type->array.size;
	if (count->where == BELAYI_NOWHERE)
		return refused(format, "an [out] string of any size: use "
				       "[size_is], or a pointer to a pointer");
	if (count->where != BELAYI_IMAGE || count->operation == FC_CALLBACK)
		return true;
	for (uint32_t i = 0; i < format->procedure->params_count; i++)
		if (format->params[i].offset == count->offset &&
		    !belayi_is_in(&format->params[i]))
			return refused(format, "an [out] argument whose size "
					       "is [out]");
	return true;
}

/* A pointer may lead to a type that was not finished when it was made. */
static void find_interfaces(struct belayi_format *format)
{
	for (bool again = true; again;) {
		again = false;
		for (struct belayi_known *known = format->known; known;
		     known = known->next) {
			bool has = belayi_leads_to_interface(known->type);

			again |= has && !known->type->has_interfaces;
			known->type->has_interfaces |= has;
		}
	}
}

/* What a method may change, and what may count something; not elements. */
static bool may_count(const struct belayi_param *param)
{
	return belayi_is_in(param) && belayi_is_out(param) &&
	       (!param->type->is_conformant ||
		param->type->shape == BELAYI_STRUCT);
}

static void summarize(struct belayi_format *format)
{
	struct belayi_procedure *procedure = format->procedure;
	bool counted = false, counts = false;

	procedure->has_out = procedure->value != NULL;
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &format->params[i];

		procedure->has_in |= belayi_is_in(param);
		procedure->has_out |= belayi_is_out(param);
		procedure->out_has_pointers |=
			belayi_is_out(param) && param->type->has_pointers;
		counted |= belayi_is_out(param) && param->type->is_conformant;
		counts |= may_count(param);
	}
	procedure->counts_change = counted && counts;
}

static bool read_procedure(struct belayi_format *format,
			   const unsigned char *string, const char *letters)
{
	struct belayi_procedure *procedure = format->procedure;
	uint32_t count = 0;

	string = header(format, string, &count);
	if (!string)
		return false;
	format->params = belayi_store_take(
		format->kept, (count + 1) * sizeof(*format->params));
	format->mirrors = belayi_store_take(
		format->kept, (count + 1) * sizeof(*format->mirrors));
	if (!format->params || !format->mirrors)
		return refused(format, belayi_no_memory);
	procedure->params = format->params;
	procedure->mirrors = format->mirrors;
	if (!parameters(format, string, count, letters) ||
	    !belayi_format_counts(format))
		return false;
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		format->param = i;
		if (!is_result(format, &format->params[i]))
			return false;
	}
	find_interfaces(format);
	summarize(format);
	return belayi_plain_make(format->kept, procedure) ||
	       refused(format, belayi_no_memory);
}

bool belayi_format_procedure(const MIDL_STUB_DESC *description,
			     const unsigned char *string, const char *letters,
			     struct belayi_store *kept,
			     struct belayi_procedure *procedure,
			     const char **ret_why, uint32_t *ret_param)
{
	struct belayi_format format = {
		.description = description,
		.strings = description->pFormatTypes,
		.kept = kept,
		.procedure = procedure,
	};
	bool good = read_procedure(&format, string, letters);

	belayi_store_deinit(&format.scratch);
	*ret_why = format.why;
	*ret_param = format.params ? format.param + 1 : 0;
	return good;
}
