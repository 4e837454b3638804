/* SPDX-License-Identifier: MIT */
/*
 * format_counts.c - format strings to types: what counts refer to
 *
 * A count is read where it stands, and what it refers to is looked for when
 * all parameters and structs are known: it must be a number of the size that
 * the count says, or a message could make the interpreter read elsewhere.
 */
#include "format.h"
#include "ndr.h"
#include "ndr_codes.h"

#define NO_COUNT 0xffffffffU

static const char no_such_number[] =
	"its count or [switch_is] is not there (widl describes a union only "
	"once a file: give each method or struct that has one a union of its "
	"own)";

static bool refused(struct belayi_format *format, const char *why)
{
	(void)belayi_refuse(format, why);
	return false;
}

static bool remember(struct belayi_format *format, struct belayi_count *count,
		     const struct belayi_type *record, bool is_iid)
{
	struct belayi_pending *pending =
		belayi_store_take(&format->scratch, sizeof(*pending));

	if (!pending)
		return refused(format, belayi_no_memory);
	*pending = (struct belayi_pending){.next = format->pending,
					   .count = count,
					   .record = record,
					   .param = format->param,
					   .is_iid = is_iid};
	format->pending = pending;
	return true;
}

static bool is_operation(unsigned int code)
{
	return !code || (code >= FC_DEREFERENCE && code <= FC_CALLBACK);
}

static bool callback(struct belayi_format *format, struct belayi_count *count,
		     unsigned int index)
{
	if (!format->description->apfnExprEval)
		return refused(format, "an expression without its routine");
	count->eval = format->description->apfnExprEval[index];
	count->procedure = format->procedure;
	return true;
}

static bool of_argument(struct belayi_format *format,
			struct belayi_count *count, bool is_iid)
{
	count->where = BELAYI_IMAGE;
	if (count->operation == FC_CALLBACK)
		format->has_expressions = true;
	if (format->numbers >= BELAYI_COUNTS_MAX)
		return refused(format, "too many counts in one method");
	count->number = (uint8_t)format->numbers++;
	return remember(format, count, NULL, is_iid);
}

static bool of_field(struct belayi_format *format, struct belayi_count *count,
		     const struct belayi_owner *owner, int32_t shift,
		     bool is_iid)
{
	count->where = BELAYI_FIELD;
	count->offset =
		count->operation == FC_CALLBACK ? shift : count->offset + shift;
	if (!owner->record)
		return refused(format, no_such_number);
	if (is_iid)
		return refused(format, "[iid_is] in a struct is not supported");
	if (count->operation == FC_DEREFERENCE)
		return refused(format, "a count behind a pointer in a struct "
				       "is not supported");
	return remember(format, count, owner->record, is_iid);
}

bool belayi_format_count(struct belayi_format *format, int32_t at,
			 struct belayi_count *count,
			 const struct belayi_owner *owner, bool is_iid)
{
	const unsigned char *string = format->strings + at;

	if (belayi_long_at(string) == NO_COUNT)
		return true;
	if ((string[0] & 0xf0) == FC_COUNT_CONSTANT) {
		count->where = BELAYI_CONSTANT;
		count->offset = (int32_t)((uint32_t)string[1] << 16 |
					  belayi_short_at(string + 2));
		return !is_iid || refused(format, "[iid_is] of a number");
	}
	count->code = string[0] & 0x0f;
	count->operation = string[1];
	count->offset = belayi_offset_at(string + 2);
	if (!is_operation(count->operation))
		return refused(format, "a count by an unknown operation");
	if (count->operation == FC_CALLBACK &&
	    (is_iid || !callback(format, count, belayi_short_at(string + 2))))
		return refused(format, "[iid_is] of an expression");
	switch (string[0] & 0xf0) {
	case FC_COUNT_PARAMETER:
		return of_argument(format, count, is_iid);
	case FC_COUNT_FIELD:
		return of_field(format, count, owner, owner->shift, is_iid);
	case FC_COUNT_FIELD_POINTER:
		return of_field(format, count, owner, 0, is_iid);
	default:
		return refused(format, "an unknown kind of count");
	}
}

/* --- What they refer to -------------------------------------------------- */

static int find_param(const struct belayi_format *format, int32_t offset)
{
	for (uint32_t i = 0; i < format->procedure->params_count; i++)
		if (format->params[i].offset == offset)
			return (int)i;
	return -1;
}

/* A number of a count's size, and no part of one. */
static bool is_number(const struct belayi_type *type,
		      const struct belayi_count *count)
{
	const struct belayi_type *counted = belayi_scalar_type(count->code);

	return counted && type->shape == BELAYI_SCALAR &&
	       type->size >= counted->size && type->code != FC_FLOAT &&
	       type->code != FC_DOUBLE;
}

/* What is behind an [in] pointer may be gone when Finish_ needs it. */
static bool mirror(struct belayi_format *format, struct belayi_count *count,
		   const struct belayi_param *param)
{
	const struct belayi_mirror *mirror =
		belayi_format_mirror(format, param, param->type);

	if (!mirror)
		return false;
	count->offset = mirror->to;
	count->operation = 0;
	return true;
}

/* Which messages have a number behind what it counts. */
static void when(struct belayi_count *count, const struct belayi_param *number,
		 const struct belayi_param *counted)
{
	count->late_in = number > counted && belayi_is_in(number);
	count->late_out = number > counted && belayi_is_out(number);
}

static bool number_argument(struct belayi_format *format,
			    const struct belayi_pending *pending,
			    const struct belayi_param *number)
{
	struct belayi_count *count = pending->count;
	const struct belayi_param *counted = &format->params[pending->param];
	bool behind = count->operation == FC_DEREFERENCE;

	if (!(number->flags & BELAYI_PARAM_INDIRECT) == behind ||
	    !is_number(number->type, count))
		return refused(format, no_such_number);
	if (belayi_is_in(counted) && !belayi_is_in(number))
		return refused(format, "an [in] argument whose count is [out]");
	when(count, number, counted);
	if (behind && !belayi_is_out(number))
		return mirror(format, count, number);
	return true;
}

static bool iid_argument(struct belayi_format *format,
			 const struct belayi_pending *pending,
			 const struct belayi_param *iid)
{
	struct belayi_count *count = pending->count;

	if (!(iid->flags & BELAYI_PARAM_INDIRECT) ||
	    iid->flags & BELAYI_PARAM_BY_VALUE ||
	    iid->type->size != sizeof(IID) || !iid->type->is_flat)
		return refused(format, "[iid_is] is no IID");
	if (!belayi_is_in(iid) || belayi_is_out(iid) ||
	    iid > &format->params[pending->param])
		return refused(format, "[iid_is] must be an [in] parameter "
				       "before the pointer");
	return mirror(format, count, iid);
}

static bool settle_argument(struct belayi_format *format,
			    const struct belayi_pending *pending)
{
	struct belayi_count *count = pending->count;
	int found;

	if (count->operation == FC_CALLBACK) {
		count->late_in = true;
		count->late_out = true;
		return true;
	}
	found = find_param(format, count->offset);
	if (found < 0)
		return refused(format, "its count is no parameter");
	return pending->is_iid
		       ? iid_argument(format, pending, &format->params[found])
		       : number_argument(format, pending,
					 &format->params[found]);
}

/* The number at an offset of a struct, also in a struct within. */
static const struct belayi_type *number_at(const struct belayi_type *record,
					   int64_t offset)
{
	for (uint32_t i = 0; i < record->record.fields_count; i++) {
		const struct belayi_field *field = &record->record.fields[i];

		if (field->type->shape == BELAYI_STRUCT &&
		    offset >= field->offset &&
		    offset < (int64_t)field->offset + field->type->size)
			return number_at(field->type, offset - field->offset);
		if (field->offset == offset &&
		    field->type->shape == BELAYI_SCALAR)
			return field->type;
	}
	return NULL;
}

static bool settle_field(struct belayi_format *format,
			 const struct belayi_pending *pending)
{
	struct belayi_count *count = pending->count;
	const struct belayi_type *number;

	if (count->operation == FC_CALLBACK) {
		count->record = pending->record;
		return !count->record->has_pointers ||
		       count->record->size <= BELAYI_IMAGE_MAX ||
		       refused(format, "a struct of more than 1 KiB that has "
				       "pointers, and a count to be computed");
	}
	number = number_at(pending->record, count->offset);
	return (number && is_number(number, count)) ||
	       refused(format, "its count is no number of its struct");
}

bool belayi_format_counts(struct belayi_format *format)
{
	const struct belayi_pending *pending = format->pending;

	for (; pending; pending = pending->next) {
		format->param = pending->param;
		if (!(pending->record ? settle_field(format, pending)
				      : settle_argument(format, pending)))
			return false;
	}
	return !format->has_expressions || belayi_format_expressions(format);
}
