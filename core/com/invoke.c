/* SPDX-License-Identifier: MIT */
/*
 * invoke.c - calls a method with the arguments of an image
 */
#include "invoke.h"

#include <string.h>

#include "ndr.h"
#include "ndr_scalars.h"
#include "signature.h"

typedef void (*method)(void);
typedef uint64_t (*register_method)(uint64_t, uint64_t, uint64_t, uint64_t,
				    uint64_t, uint64_t);

static method method_at(void *object, uint32_t slot)
{
	method *const *vtable = object;

	return (*vtable)[slot];
}

/*
 * Integers and pointers, six at most: the calling convention of x86-64 leaves
 * no choice where they go, and a method does not look at the registers of
 * arguments that it does not have. (libffi takes ten times longer.)
 */
static uint64_t call_in_registers(const struct belayi_procedure *procedure,
				  const struct belayi_signature *signature,
				  const unsigned char *image, void *object,
				  method to)
{
	register_method call = (register_method)to;
	uint64_t a[BELAYI_REGISTERS] = {(uintptr_t)object};

	for (uint32_t i = 1; i < signature->count; i++)
		memcpy(&a[i],
		       image + procedure->params[signature->params[i - 1]]
				       .offset,
		       sizeof(a[i]));
	return call(a[0], a[1], a[2], a[3], a[4], a[5]);
}

static uint64_t call_with_libffi(const struct belayi_procedure *procedure,
				 const struct belayi_signature *signature,
				 unsigned char *image, void *object, method to)
{
	void *arguments[BELAYI_IMAGE_MAX / 8];
	uint64_t result = 0;

	arguments[0] = (void *)&object;
	for (uint32_t i = 1; i < signature->count; i++) {
		const struct belayi_param *param =
			&procedure->params[signature->params[i - 1]];
		unsigned char *slot = image + param->offset;

		arguments[i] = param->flags & BELAYI_PARAM_BY_VALUE
				       ? *(void **)slot
				       : slot;
	}
	ffi_call((ffi_cif *)&signature->cif, to, &result, arguments);
	return result;
}

static uint64_t call(const struct belayi_procedure *procedure,
		     const struct belayi_signature *signature,
		     struct belayi_frame *frame, void *object, uint32_t slot)
{
	method to = method_at(object, slot);
	uint64_t result;

	if (signature->in_registers)
		result = call_in_registers(procedure, signature, frame->image,
					   object, to);
	else
		result = call_with_libffi(procedure, signature, frame->image,
					  object, to);
	if (!signature->value)
		return 0;
	return (uint64_t)belayi_load(signature->value->code, &result);
}

void belayi_invoke(const struct belayi_procedure *procedure,
		   struct belayi_frame *frame, void *object)
{
	frame->value = call(procedure, procedure->call, frame, object,
			    procedure->slot);
}

int32_t belayi_invoke_begin(const struct belayi_procedure *procedure,
			    struct belayi_frame *frame, void *object)
{
	return (int32_t)call(procedure, procedure->begin, frame, object,
			     belayi_begin_slot(procedure->slot));
}

void belayi_invoke_finish(const struct belayi_procedure *procedure,
			  struct belayi_frame *frame, void *object)
{
	frame->value = call(procedure, procedure->finish, frame, object,
			    belayi_finish_slot(procedure->slot));
}
