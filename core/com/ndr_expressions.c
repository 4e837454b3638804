/* SPDX-License-Identifier: MIT */
/*
 * ndr_expressions.c - counts that are computed: size_is(rows * columns)
 *
 * A routine of widl's gets a structure of a method's parameters, or one from the
 * message, and reads what it likes. It cannot be told that a pointer is NULL,
 * as a message may have it, or leads to what was Begin_'s and is gone. So it
 * sees a copy:
 *
 *  - numbers, and structs that are passed by value;
 *  - what pointers lead to: of an [in] argument the mirror that the image has
 *    of it, of an [out] one what is there now;
 *  - zeros in place of all else: where a pointer is NULL, behind pointers
 *    within these, and instead of elements that are counted themselves.
 */
#include "ndr_expressions.h"

#include <string.h>

#include "ndr.h"

unsigned char belayi_absent[65536] __attribute__((aligned(16)));

static void set_pointer(unsigned char *memory, const void *to)
{
	memcpy(memory, &to, sizeof(to));
}

static const void *pointer_at(const unsigned char *memory)
{
	const void *to;

	memcpy(&to, memory, sizeof(to));
	return to;
}

/* --- Pointers within structs --------------------------------------------- */

/*
 * keeps: pointers to what can be looked at stay as they are, unless NULL
 */
static void hide(const struct belayi_type *type, unsigned char *memory,
		 bool keeps);

static bool can_be_seen(const struct belayi_type *type)
{
	return type->shape == BELAYI_POINTER &&
	       !type->pointer.pointee->has_pointers &&
	       !type->pointer.pointee->is_conformant;
}

static void hide_fields(const struct belayi_type *type, unsigned char *memory,
			bool keeps)
{
	const struct belayi_field *field = type->record.fields;
	const struct belayi_field *end = field + type->record.fields_count;

	for (; field < end; field++)
		hide(field->type, memory + field->offset, keeps);
}

static void hide(const struct belayi_type *type, unsigned char *memory,
		 bool keeps)
{
	if (!type->has_pointers)
		return;
	switch (type->shape) {
	case BELAYI_STRUCT:
		hide_fields(type, memory, keeps);
		break;
	case BELAYI_ARRAY:
		for (uint32_t i = 0; i < type->array.count; i++)
			hide(type->array.element,
			     memory + (size_t)i * type->array.element->size,
			     keeps);
		break;
	case BELAYI_UNION:
		/* Whichever arm it has. */
		for (uint32_t i = 0; i + sizeof(void *) <= type->size;
		     i += sizeof(void *))
			set_pointer(memory + i, belayi_absent);
		break;
	default:
		if (!keeps || !can_be_seen(type) || !pointer_at(memory))
			set_pointer(memory, belayi_absent);
		break;
	}
}

/* --- Arguments ----------------------------------------------------------- */

const struct belayi_type *belayi_seen_type(const struct belayi_param *param)
{
	const struct belayi_type *type = param->type;

	if (!(param->flags & BELAYI_PARAM_INDIRECT)) {
		if (type->shape != BELAYI_POINTER)
			return NULL;
		type = type->pointer.pointee;
	}
	return type->is_conformant && type->shape != BELAYI_STRUCT ? NULL
								   : type;
}

static const struct belayi_mirror *
mirror_of(const struct belayi_procedure *procedure,
	  const struct belayi_param *param)
{
	for (uint32_t i = 0; i < procedure->mirrors_count; i++)
		if (procedure->mirrors[i].from == param->offset)
			return &procedure->mirrors[i];
	return NULL;
}

static void reflect(const struct belayi_mirror *mirror, unsigned char *image)
{
	const void *from = pointer_at(image + mirror->from);

	if (from)
		memcpy(image + mirror->to, from, mirror->size);
	else
		memset(image + mirror->to, 0, mirror->size);
}

void belayi_image_mirror(const struct belayi_procedure *procedure, void *image)
{
	for (uint32_t i = 0; i < procedure->mirrors_count; i++)
		if (!procedure->mirrors[i].is_late)
			reflect(&procedure->mirrors[i], image);
}

/* An argument as the routine has it; returns how many bytes it is. */
static size_t show(const struct belayi_procedure *procedure,
		   const struct belayi_param *param, unsigned char *image,
		   unsigned char *stack)
{
	const struct belayi_mirror *mirror = mirror_of(procedure, param);
	const void *to = pointer_at(image + param->offset);

	if (mirror) {
		if (mirror->is_late)
			reflect(mirror, image);
		to = image + mirror->to;
		hide(mirror->type, image + mirror->to, false);
		if (param->flags & BELAYI_PARAM_BY_VALUE) {
			memcpy(stack, to, mirror->size);
			return mirror->size;
		}
	} else if ((param->flags & BELAYI_PARAM_INDIRECT ||
		    param->type->shape != BELAYI_SCALAR) &&
		   (!to || !belayi_is_seen_there(param))) {
		to = belayi_absent;
	}
	set_pointer(stack, to);
	return sizeof(to);
}

/* In widl's structures structs are by value whatever their size is. */
int64_t belayi_evaluate(const struct belayi_count *count,
			const unsigned char *image)
{
	const struct belayi_procedure *procedure = count->procedure;
	unsigned char copy[BELAYI_IMAGE_MAX] __attribute__((aligned(8)));
	unsigned char stack[BELAYI_IMAGE_MAX] __attribute__((aligned(8)));
	MIDL_STUB_MESSAGE message = {.StackTop = stack};
	size_t at = sizeof(void *);

	memcpy(copy, image, procedure->image_size);
	memcpy(stack, image, sizeof(void *));
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		at += show(procedure, &procedure->params[i], copy, stack + at);
		at = (at + 7) & ~(size_t)7;
	}
	count->eval(&message);
	return (int64_t)message.MaxCount;
}

int64_t belayi_evaluate_field(const struct belayi_count *count,
			      const unsigned char *base)
{
	const struct belayi_type *record = count->record;
	unsigned char copy[BELAYI_IMAGE_MAX] __attribute__((aligned(8)));
	MIDL_STUB_MESSAGE message = {.StackTop = (unsigned char *)base};

	if (record->has_pointers) {
		memcpy(copy, base, record->size);
		hide(record, copy, true);
		message.StackTop = copy;
	}
	message.StackTop += count->offset;
	count->eval(&message);
	return (int64_t)message.MaxCount;
}
