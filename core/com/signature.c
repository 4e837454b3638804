/* SPDX-License-Identifier: MIT */
/*
 * signature.c - how methods take their arguments, as libffi knows it
 *
 * libffi is told of a struct what the calling convention asks: size, alignment
 * and, up to 16 bytes, for each 8 whether they are all floating point. So it
 * gets a struct of its own making, with the same in memory.
 */
#include "signature.h"

#include <string.h>

#include "format.h"
#include "ndr_codes.h"

#define EIGHTBYTE 8U

static ffi_type *scalar(unsigned int code)
{
	switch (code) {
	case FC_BYTE:
	case FC_CHAR:
	case FC_USMALL:
		return &ffi_type_uint8;
	case FC_SMALL:
		return &ffi_type_sint8;
	case FC_WCHAR:
	case FC_USHORT:
		return &ffi_type_uint16;
	case FC_SHORT:
		return &ffi_type_sint16;
	case FC_ULONG:
		return &ffi_type_uint32;
	case FC_FLOAT:
		return &ffi_type_float;
	case FC_DOUBLE:
		return &ffi_type_double;
	case FC_HYPER:
	case FC_INT3264:
		return &ffi_type_sint64;
	case FC_UINT3264:
		return &ffi_type_uint64;
	default:
		return &ffi_type_sint32;
	}
}

/* --- Structs by value ---------------------------------------------------- */

/* Marks the 8 bytes in which something else than floating point is. */
static void mark(const struct belayi_type *type, uint32_t offset,
		 bool *is_integer)
{
	switch (type->shape) {
	case BELAYI_STRUCT:
		for (uint32_t i = 0; i < type->record.fields_count; i++)
			mark(type->record.fields[i].type,
			     offset + type->record.fields[i].offset,
			     is_integer);
		return;
	case BELAYI_ARRAY:
		for (uint32_t i = 0; i < type->array.count; i++)
			mark(type->array.element,
			     offset + i * type->array.element->size,
			     is_integer);
		return;
	case BELAYI_UNION:
		if (type->choice.is_encapsulated)
			mark(type->choice.discriminant, offset, is_integer);
		offset += type->choice.arms_offset;
		for (uint32_t i = 0; i < type->choice.arms_count; i++)
			if (type->choice.arms[i].type)
				mark(type->choice.arms[i].type, offset,
				     is_integer);
		if (type->choice.fallback)
			mark(type->choice.fallback, offset, is_integer);
		return;
	case BELAYI_STRING:
		for (uint32_t at = 0; at < type->size; at++)
			is_integer[(offset + at) / EIGHTBYTE] = true;
		return;
	default:
		if (type->code != FC_FLOAT && type->code != FC_DOUBLE)
			is_integer[offset / EIGHTBYTE] = true;
		return;
	}
}

/* Members that fill `size` bytes of one class; returns behind the last. */
static ffi_type **fill(ffi_type **elements, uint32_t size, bool is_integer)
{
	if (!is_integer) {
		*elements++ =
			size == EIGHTBYTE ? &ffi_type_double : &ffi_type_float;
		return elements;
	}
	if (size == EIGHTBYTE) {
		*elements++ = &ffi_type_uint64;
		return elements;
	}
	if (size & 4)
		*elements++ = &ffi_type_uint32;
	if (size & 2)
		*elements++ = &ffi_type_uint16;
	if (size & 1)
		*elements++ = &ffi_type_uint8;
	return elements;
}

static ffi_type *record(const struct belayi_type *type,
			struct belayi_store *store)
{
	ffi_type *made = belayi_store_take(store, sizeof(*made));
	ffi_type **elements = belayi_store_take(store, 8 * sizeof(*elements));
	bool is_integer[2] = {false, false};

	if (!made || !elements)
		return NULL;
	*made = (ffi_type){type->size, type->alignment, FFI_TYPE_STRUCT,
			   elements};
	if (type->size > 2 * EIGHTBYTE) {
		/* In memory, whatever it consists of. */
		for (int i = 0; i < 3; i++)
			*elements++ = &ffi_type_uint64;
		return made;
	}
	mark(type, 0, is_integer);
	for (uint32_t at = 0; at < type->size; at += EIGHTBYTE)
		elements = fill(elements,
				type->size - at < EIGHTBYTE ? type->size - at
							    : EIGHTBYTE,
				is_integer[at / EIGHTBYTE]);
	return made;
}

/* --- Signatures ---------------------------------------------------------- */

static ffi_type *argument(const struct belayi_param *param,
			  struct belayi_store *store)
{
	if (param->flags & BELAYI_PARAM_BY_VALUE)
		return record(param->type, store);
	if (param->flags & BELAYI_PARAM_INDIRECT ||
	    param->type->shape != BELAYI_SCALAR)
		return &ffi_type_pointer;
	return scalar(param->type->code);
}

static bool is_integer_register(const ffi_type *type)
{
	return type->type != FFI_TYPE_STRUCT && type->type != FFI_TYPE_FLOAT &&
	       type->type != FFI_TYPE_DOUBLE;
}

/* `flags`: which parameters it has; value: what it returns. */
static int32_t make(const struct belayi_procedure *procedure,
		    struct belayi_store *store, unsigned int flags,
		    const struct belayi_type *value,
		    const struct belayi_signature **ret_signature)
{
	const uint32_t most = procedure->params_count + 1U;
	struct belayi_signature *made = belayi_store_take(store, sizeof(*made));
	ffi_type **types = belayi_store_take(store, most * sizeof(*types));
	uint8_t *params = belayi_store_take(store, most);
	ffi_type *returns = value ? scalar(value->code) : &ffi_type_void;

	if (!made || !types || !params)
		return E_OUTOFMEMORY;
	*made = (struct belayi_signature){.types = types,
					  .params = params,
					  .value = value,
					  .count = 1,
					  .in_registers =
						  is_integer_register(returns)};
	types[0] = &ffi_type_pointer;
	for (uint8_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];

		if (!(param->flags & flags))
			continue;
		types[made->count] = argument(param, store);
		if (!types[made->count])
			return E_OUTOFMEMORY;
		made->in_registers &= is_integer_register(types[made->count]);
		params[made->count++ - 1] = i;
	}
	made->in_registers &= made->count <= BELAYI_REGISTERS;
	*ret_signature = made;
	return ffi_prep_cif(&made->cif, FFI_DEFAULT_ABI, made->count, returns,
			    types) == FFI_OK
		       ? S_OK
		       : E_UNEXPECTED;
}

int32_t belayi_signatures_make(struct belayi_procedure *procedure,
			       struct belayi_store *store)
{
	int32_t status;

	status = make(procedure, store, BELAYI_PARAM_IN | BELAYI_PARAM_OUT,
		      procedure->value, &procedure->call);
	if (status == S_OK)
		status = make(procedure, store, BELAYI_PARAM_IN,
			      belayi_scalar_type(FC_LONG), &procedure->begin);
	if (status == S_OK)
		status = make(procedure, store, BELAYI_PARAM_OUT,
			      procedure->value, &procedure->finish);
	return status;
}
