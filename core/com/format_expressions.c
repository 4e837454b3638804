/* SPDX-License-Identifier: MIT */
/*
 * format_expressions.c - format strings to types: what computed counts look at
 *
 * An argument that a pointer leads to is kept in the image as long as a call is
 * (a mirror), unless it is [out] and can be looked at where it is.
 */
#include "format.h"
#include "ndr_expressions.h"

const struct belayi_mirror *
belayi_format_mirror(struct belayi_format *format,
		     const struct belayi_param *param,
		     const struct belayi_type *type)
{
	struct belayi_procedure *procedure = format->procedure;
	struct belayi_mirror *mirror = format->mirrors;
	struct belayi_mirror *end = mirror + procedure->mirrors_count;

	for (; mirror < end; mirror++)
		if (mirror->from == param->offset)
			return mirror;
	if (procedure->image_size + type->size > BELAYI_IMAGE_MAX)
		return belayi_refuse(format,
				     "more than 1 KiB of arguments by which "
				     "others are counted: pass the count by "
				     "value");
	*mirror = (struct belayi_mirror){
		.type = type,
		.from = param->offset,
		.to = procedure->image_size,
		.size = (uint16_t)type->size,
		.is_late = belayi_is_out(param),
	};
	procedure->image_size =
		(uint16_t)((procedure->image_size + type->size + 7) & ~7U);
	procedure->mirrors_count++;
	return mirror;
}

bool belayi_format_expressions(struct belayi_format *format)
{
	struct belayi_procedure *procedure = format->procedure;

	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &format->params[i];
		const struct belayi_type *type = belayi_seen_type(param);

		format->param = i;
		if (type && !belayi_is_seen_there(param) &&
		    !belayi_format_mirror(format, param, type))
			return false;
	}
	return true;
}
