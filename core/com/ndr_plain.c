/* SPDX-License-Identifier: MIT */
/*
 * ndr_plain.c - methods whose arguments are numbers, and nothing else
 */
#include "ndr_plain.h"

#include <string.h>

#include "ndr_arena.h"
#include "ndr_scalars.h"

/* Room for a number that the server's method returns. */
#define ROOM 8U

static bool is_number(const struct belayi_type *type)
{
	return type->shape == BELAYI_SCALAR && type->is_flat;
}

static bool is_plain(const struct belayi_procedure *procedure)
{
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		bool goes_in = belayi_is_in(param);
		bool is_pointer = param->flags & BELAYI_PARAM_INDIRECT;

		if (!is_number(param->type) ||
		    goes_in == belayi_is_out(param) || goes_in == is_pointer ||
		    param->flags &
			    (BELAYI_PARAM_BY_VALUE | BELAYI_PARAM_UNIQUE))
			return false;
	}
	return !procedure->mirrors_count &&
	       (!procedure->value || is_number(procedure->value));
}

static uint16_t place(uint16_t at, const struct belayi_type *type)
{
	return (uint16_t)((at + type->wire_alignment - 1) &
			  ~(type->wire_alignment - 1U));
}

static void add(struct belayi_plain_side *side,
		struct belayi_plain_number *numbers,
		const struct belayi_param *param)
{
	uint16_t at = place(side->size, param->type);

	numbers[side->count++] = (struct belayi_plain_number){
		param->offset, at, param->type->least, param->type->code};
	side->size = (uint16_t)(at + param->type->least);
}

bool belayi_plain_make(struct belayi_store *store,
		       struct belayi_procedure *procedure)
{
	uint32_t count = procedure->params_count;
	struct belayi_plain_number *numbers;
	struct belayi_plain *plain;

	if (!is_plain(procedure))
		return true;
	plain = belayi_store_take(store, sizeof(*plain));
	numbers = belayi_store_take(store, (2 * count + 1) * sizeof(*numbers));
	if (!plain || !numbers)
		return false;
	plain->in.numbers = numbers;
	plain->out.numbers = numbers + count;
	for (uint32_t i = 0; i < count; i++) {
		const struct belayi_param *param = &procedure->params[i];

		if (belayi_is_in(param))
			add(&plain->in, numbers, param);
		else
			add(&plain->out, numbers + count, param);
	}
	if (procedure->value) {
		plain->value_at = place(plain->out.size, procedure->value);
		plain->out.size =
			(uint16_t)(plain->value_at + procedure->value->least);
	}
	procedure->plain = plain;
	return true;
}

/* Of a constant size each: a call of memcpy() would take longer than this. */
static inline void copy(void *to, const void *from, uint8_t size)
{
	switch (size) {
	case 1:
		memcpy(to, from, 1);
		break;
	case 2:
		memcpy(to, from, 2);
		break;
	case 4:
		memcpy(to, from, 4);
		break;
	default:
		memcpy(to, from, 8);
		break;
	}
}

/* Nothing between the numbers is left as it was. */
static unsigned char *start(struct belayi_buffer *buffer, uint16_t size)
{
	unsigned char *bytes;

	buffer->size = 0;
	bytes = belayi_buffer_reserve(buffer, size);
	if (bytes)
		memset(bytes, 0, size);
	return bytes;
}

bool belayi_plain_put_in(const struct belayi_plain *plain, const void *image,
			 struct belayi_buffer *buffer)
{
	const struct belayi_plain_side *side = &plain->in;
	unsigned char *bytes = start(buffer, side->size);

	if (!bytes)
		return side->size == 0;
	for (uint32_t i = 0; i < side->count; i++)
		copy(bytes + side->numbers[i].at,
		     (const unsigned char *)image + side->numbers[i].slot,
		     side->numbers[i].size);
	return true;
}

bool belayi_plain_get_in(const struct belayi_procedure *procedure,
			 const struct belayi_buffer *buffer,
			 struct belayi_frame *frame)
{
	const struct belayi_plain *plain = procedure->plain;
	unsigned char *image, *results;
	uint32_t size = (procedure->image_size + ROOM - 1) & ~(ROOM - 1);

	if (buffer->size != plain->in.size)
		return false;
	image = belayi_arena_take(frame, size + ROOM * plain->out.count);
	if (!image)
		return false;
	for (uint32_t i = 0; i < plain->in.count; i++) {
		const struct belayi_plain_number *number =
			&plain->in.numbers[i];
		int64_t value =
			belayi_load(number->code, buffer->data + number->at);

		memcpy(image + number->slot, &value, sizeof(value));
	}
	results = image + size;
	for (uint32_t i = 0; i < plain->out.count; i++, results += ROOM)
		memcpy(image + plain->out.numbers[i].slot, &results,
		       sizeof(results));
	frame->image = image;
	frame->gifts = NULL;
	frame->value = 0;
	return true;
}

bool belayi_plain_put_out(const struct belayi_procedure *procedure,
			  const struct belayi_frame *frame,
			  struct belayi_buffer *buffer)
{
	const struct belayi_plain *plain = procedure->plain;
	unsigned char *bytes = start(buffer, plain->out.size);

	if (!bytes)
		return plain->out.size == 0;
	for (uint32_t i = 0; i < plain->out.count; i++) {
		const struct belayi_plain_number *number =
			&plain->out.numbers[i];

		copy(bytes + number->at,
		     *(const void *const *)(frame->image + number->slot),
		     number->size);
	}
	if (procedure->value)
		copy(bytes + plain->value_at, &frame->value,
		     procedure->value->least);
	return true;
}

static void *result_at(const void *image,
		       const struct belayi_plain_number *number)
{
	return *(void *const *)((const unsigned char *)image + number->slot);
}

bool belayi_plain_get_out(const struct belayi_procedure *procedure,
			  const void *image, const struct belayi_buffer *buffer,
			  uint64_t *ret_value)
{
	const struct belayi_plain *plain = procedure->plain;
	const struct belayi_plain_number *numbers = plain->out.numbers;

	if (buffer->size != plain->out.size)
		return false;
	for (uint32_t i = 0; i < plain->out.count; i++)
		if (!result_at(image, &numbers[i]))
			return false;
	for (uint32_t i = 0; i < plain->out.count; i++)
		copy(result_at(image, &numbers[i]),
		     buffer->data + numbers[i].at, numbers[i].size);
	*ret_value =
		procedure->value
			? (uint64_t)belayi_load(procedure->value->code,
						buffer->data + plain->value_at)
			: 0;
	return true;
}
