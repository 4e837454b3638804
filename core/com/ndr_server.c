/* SPDX-License-Identifier: MIT */
/*
 * ndr_server.c - the server's half of a call: arguments out of request, reply
 * out of arguments
 */
#include <string.h>

#include "ndr_arena.h"
#include "ndr_counts.h"
#include "ndr_get.h"
#include "ndr_message.h"
#include "ndr_plain.h"
#include "ndr_put.h"
#include "ndr_release.h"
#include "ndr_scalars.h"

static void reset(struct belayi_frame *frame)
{
	frame->image = NULL;
	frame->gifts = NULL;
	belayi_arena_reset(frame);
}

/* What stands in a slot is extended, as in the register that it goes to. */
static bool get_slot(struct belayi_reader *reader,
		     const struct belayi_param *param, unsigned char *slot)
{
	int64_t value;

	if (!belayi_get(reader, param->type, slot, 0))
		return false;
	if (param->type->shape == BELAYI_SCALAR) {
		value = belayi_load(param->type->code, slot);
		memcpy(slot, &value, sizeof(value));
	}
	return true;
}

static bool get_argument(struct belayi_reader *reader,
			 const struct belayi_param *param)
{
	unsigned char *slot = reader->image + param->offset;
	unsigned char *memory;
	bool is_there;

	reader->in_heap = belayi_is_out(param);
	if (!(param->flags & BELAYI_PARAM_INDIRECT))
		return get_slot(reader, param, slot);
	if (param->flags & BELAYI_PARAM_UNIQUE) {
		if (!belayi_get_presence(reader, &is_there))
			return false;
		if (!is_there)
			return true;
	}
	if (!belayi_get_new(reader, param->type, &memory))
		return false;
	memcpy(slot, &memory, sizeof(memory));
	return true;
}

static bool get_arguments(struct belayi_reader *reader,
			  const struct belayi_procedure *procedure)
{
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		if (!belayi_is_in(&procedure->params[i]))
			continue;
		if (!get_argument(reader, &procedure->params[i]))
			return false;
		/* The next one may be counted by it. */
		if (procedure->mirrors_count)
			belayi_image_mirror(procedure, reader->image);
	}
	return belayi_get_end(reader);
}

/*
 * How many elements each [out] argument has memory for, behind the image: a
 * method may raise the count. Only of those that are conformant.
 */
static uint32_t *capacities_of(const struct belayi_procedure *procedure,
			       unsigned char *image)
{
	return (uint32_t *)(void *)(image + procedure->image_size);
}

/* How many elements an [out] argument is to have. */
static bool count_result(struct belayi_reader *reader,
			 const struct belayi_type *type, uint32_t *ret_capacity)
{
	const struct belayi_count *count = type->shape == BELAYI_STRING
						   ? &type->string.size
						   : &type->array.size;
	int64_t value;

	if (!belayi_count_value(count, reader->image, NULL, &value) ||
	    value < 0 || value > (int64_t)BELAYI_MESSAGE_MAX) {
		reader->status = BELAYI_WIN32(RPC_X_BAD_STUB_DATA);
		return false;
	}
	*ret_capacity = (uint32_t)value;
	return true;
}

/* Storage for what is [out] only. */
static bool make_result(struct belayi_reader *reader,
			const struct belayi_param *param,
			uint32_t *ret_capacity)
{
	const struct belayi_type *type = param->type;
	uint64_t size = type->size;
	void *memory;

	if (type->is_conformant) {
		if (!count_result(reader, type, ret_capacity))
			return false;
		size += (uint64_t)*ret_capacity * belayi_unit_of(type);
	}
	memory = belayi_get_memory(reader, size, false);
	if (!memory)
		return false;
	memcpy(reader->image + param->offset, &memory, sizeof(memory));
	return true;
}

static bool make_results(struct belayi_reader *reader,
			 const struct belayi_procedure *procedure)
{
	uint32_t *capacities = capacities_of(procedure, reader->image);

	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		const unsigned char *memory;

		if (!belayi_is_out(param))
			continue;
		if (!belayi_is_in(param)) {
			if (!make_result(reader, param, &capacities[i]))
				return false;
			continue;
		}
		memory = *(unsigned char **)(reader->image + param->offset);
		if (memory && param->type->is_conformant)
			capacities[i] = belayi_capacity_of(
				param->type, reader->image, memory);
	}
	return true;
}

HRESULT belayi_ndr_get_in(const struct belayi_procedure *procedure,
			  const struct belayi_buffer *buffer,
			  struct belayi_frame *frame)
{
	struct belayi_reader reader;

	if (procedure->plain && belayi_plain_get_in(procedure, buffer, frame))
		return S_OK;
	belayi_reader_init(&reader, buffer, false);
	frame->gifts = NULL;
	frame->value = 0;
	reader.arena = frame;
	reader.image = belayi_arena_take(
		frame, procedure->image_size +
			       procedure->params_count * sizeof(uint32_t));
	if (!reader.image)
		return E_OUTOFMEMORY;
	frame->image = reader.image;
	if (get_arguments(&reader, procedure) &&
	    make_results(&reader, procedure))
		return S_OK;
	belayi_gifts_return(reader.undo);
	belayi_gifts_return(frame->gifts);
	belayi_discard(procedure, buffer, false, reader.taken);
	reset(frame);
	return reader.status;
}

static bool put_results(const struct belayi_procedure *procedure,
			struct belayi_frame *frame,
			struct belayi_writer *writer)
{
	const uint32_t *capacities = capacities_of(procedure, frame->image);

	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];

		if (!belayi_is_out(param))
			continue;
		writer->capacity = capacities[i];
		if (!belayi_put_argument(
			    writer, param,
			    *(unsigned char **)(frame->image + param->offset)))
			return false;
	}
	return !procedure->value ||
	       belayi_put(writer, procedure->value,
			  (const unsigned char *)&frame->value, NULL);
}

HRESULT belayi_ndr_put_out(const struct belayi_procedure *procedure,
			   struct belayi_frame *frame,
			   struct belayi_buffer *buffer)
{
	struct belayi_writer writer = {
		.buffer = buffer,
		.image = frame->image,
	};

	if (procedure->plain && belayi_plain_put_out(procedure, frame, buffer))
		return S_OK;
	buffer->size = 0;
	if (put_results(procedure, frame, &writer))
		return S_OK;
	belayi_discard(procedure, buffer, true, 0);
	buffer->size = 0;
	return writer.status;
}

static void release_results(const struct belayi_procedure *procedure,
			    struct belayi_frame *frame)
{
	const uint32_t *capacities = capacities_of(procedure, frame->image);

	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		unsigned char *memory =
			*(unsigned char **)(frame->image + param->offset);

		if (belayi_is_out(param) && memory)
			belayi_release(param->type, frame->image, memory,
				       capacities[i]);
	}
}

void belayi_ndr_free(const struct belayi_procedure *procedure,
		     struct belayi_frame *frame)
{
	if (procedure->out_has_pointers)
		release_results(procedure, frame);
	belayi_gifts_return(frame->gifts);
	reset(frame);
}
