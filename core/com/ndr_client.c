/* SPDX-License-Identifier: MIT */
/*
 * ndr_client.c - the client's half of a call: request out of arguments,
 * arguments out of reply
 *
 * A reply is read straight into the program's memory where that can do no
 * harm: it may turn out to be wrong at its last byte. So what leads anywhere,
 * and what may say how much memory the program has, is read into memory of our
 * own first; only a reply that is right to its end replaces what [in,out]
 * arguments led to before.
 */
#include <string.h>

#include "ndr_arena.h"
#include "ndr_counts.h"
#include "ndr_get.h"
#include "ndr_message.h"
#include "ndr_plain.h"
#include "ndr_put.h"
#include "ndr_release.h"

/* Plain arguments up to this size are read beside the program's memory, too,
 * where others are: one may be the count of an [in,out] argument. */
#define BESIDE_MAX 64

static unsigned char *slot_of(const struct belayi_param *param,
			      const void *image)
{
	return (unsigned char *)image + param->offset;
}

/* Where an argument's value is, or NULL. */
static unsigned char *memory_of(const struct belayi_param *param,
				const void *image)
{
	unsigned char *slot = slot_of(param, image);

	return param->flags & BELAYI_PARAM_INDIRECT ? *(unsigned char **)slot
						    : slot;
}

HRESULT belayi_ndr_put_in(const struct belayi_procedure *procedure,
			  const void *image, struct belayi_buffer *buffer)
{
	struct belayi_writer writer = {
		.buffer = buffer,
		.image = image,
		.capacity = BELAYI_MESSAGE_MAX,
	};

	if (procedure->plain &&
	    belayi_plain_put_in(procedure->plain, image, buffer))
		return S_OK;
	buffer->size = 0;
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		const unsigned char *memory = memory_of(param, image);

		if (!belayi_is_in(param) ||
		    belayi_put_argument(&writer, param, memory))
			continue;
		belayi_discard(procedure, buffer, false, 0);
		buffer->size = 0;
		return writer.status;
	}
	return S_OK;
}

/* Bytes of an argument's own memory. */
static uint64_t size_of(const struct belayi_type *type, uint32_t capacity)
{

	if (!type->is_conformant)
		return type->size;
	return type->size +
	       (uint64_t)capacity * belayi_unit_of(belayi_tail_of(type, NULL));
}

static bool is_beside(const struct belayi_procedure *procedure,
		      const struct belayi_param *param)
{
	const struct belayi_type *type = param->type;

	/* A count may be a field of what is larger. */
	return type->has_pointers ||
	       (!type->is_conformant && type->size <= BESIDE_MAX) ||
	       (procedure->counts_change && belayi_is_in(param) &&
		type->shape == BELAYI_STRUCT);
}

/* struct reply - a reply that is being read; what is beside the program's
 * memory has its place in `image` */
struct reply {
	struct belayi_reader reader;
	struct belayi_frame arena;
	const struct belayi_procedure *procedure;
	void *program_image;
	uint32_t capacities[BELAYI_IMAGE_MAX / 8];
	unsigned char image[BELAYI_IMAGE_MAX] __attribute__((aligned(8)));
};

/* Before anything is read: a count may be an [in,out] argument itself. */
static bool look_at_memory(struct reply *reply)
{
	for (uint32_t i = 0; i < reply->procedure->params_count; i++) {
		const struct belayi_param *param = &reply->procedure->params[i];
		unsigned char *memory = memory_of(param, reply->program_image);

		reply->capacities[i] = 0;
		if (!belayi_is_out(param))
			continue;
		if (!memory && param->flags & BELAYI_PARAM_UNIQUE)
			continue;
		if (!memory) {
			reply->reader.status =
				BELAYI_WIN32(RPC_X_NULL_REF_POINTER);
			return false;
		}
		if (param->type->is_conformant)
			reply->capacities[i] = belayi_capacity_of(
				param->type, reply->program_image, memory);
	}
	return true;
}

static bool make_places(struct reply *reply)
{
	for (uint32_t i = 0; i < reply->procedure->params_count; i++) {
		const struct belayi_param *param = &reply->procedure->params[i];
		uint64_t size = size_of(param->type, reply->capacities[i]);
		unsigned char *memory = memory_of(param, reply->program_image);
		unsigned char *place;

		if (!belayi_is_out(param) ||
		    !is_beside(reply->procedure, param) || !memory)
			continue;
		place = size <= BELAYI_MESSAGE_MAX
				? belayi_arena_take(reply->reader.arena, size)
				: NULL;
		if (!place) {
			reply->reader.status = E_OUTOFMEMORY;
			return false;
		}
		/* A reply need not have all elements of an array. Those that
		 * lead to something are gone: what they led to is freed. */
		if (!param->type->has_pointers)
			memcpy(place, memory, size);
		memcpy(reply->image + param->offset, &place, sizeof(place));
	}
	return true;
}

static bool read_value(struct reply *reply, uint32_t i)
{
	const struct belayi_param *param = &reply->procedure->params[i];
	struct belayi_reader *reader = &reply->reader;
	unsigned char *memory = memory_of(param, reader->image);
	bool is_there;

	if (param->flags & BELAYI_PARAM_UNIQUE) {
		if (!belayi_get_presence(reader, &is_there))
			return false;
		/* The caller's pointer is as it was. */
		if (is_there != (memory != NULL)) {
			reader->status = BELAYI_WIN32(RPC_X_BAD_STUB_DATA);
			return false;
		}
		if (!memory)
			return true;
	}
	return belayi_get(reader, param->type, memory, reply->capacities[i]);
}

static bool read_values(struct reply *reply, uint64_t *value)
{
	const struct belayi_procedure *procedure = reply->procedure;
	struct belayi_reader *reader = &reply->reader;

	for (uint32_t i = 0; i < procedure->params_count; i++)
		if (belayi_is_out(&procedure->params[i]) &&
		    !read_value(reply, i))
			return false;
	return belayi_get_value(reader, procedure, value) &&
	       belayi_get_end(reader);
}

static void replace(const struct reply *reply)
{
	const struct belayi_procedure *procedure = reply->procedure;

	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		unsigned char *memory = memory_of(param, reply->program_image);

		if (belayi_is_in(param) && belayi_is_out(param) &&
		    param->type->has_pointers && memory)
			belayi_release(param->type, reply->program_image,
				       memory, reply->capacities[i]);
	}
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		unsigned char *memory = memory_of(param, reply->program_image);

		if (belayi_is_out(param) && is_beside(procedure, param) &&
		    memory)
			memcpy(memory, memory_of(param, reply->image),
			       size_of(param->type, reply->capacities[i]));
	}
}

/* Where arguments lead to something, or count others. */
static HRESULT get_beside(struct reply *reply, uint64_t *ret_value)
{
	reply->arena = (struct belayi_frame){.image = NULL};
	reply->reader.arena = &reply->arena;
	reply->reader.image = reply->image;
	reply->reader.in_heap = true;
	memcpy(reply->image, reply->program_image,
	       reply->procedure->image_size);
	if (make_places(reply) && read_values(reply, ret_value)) {
		replace(reply);
		belayi_frame_deinit(&reply->arena);
		return S_OK;
	}
	belayi_gifts_return(reply->reader.undo);
	belayi_frame_deinit(&reply->arena);
	return reply->reader.status;
}

HRESULT belayi_ndr_get_out(const struct belayi_procedure *procedure,
			   void *image, const struct belayi_buffer *buffer,
			   uint64_t *ret_value)
{
	struct reply reply;
	uint64_t value = 0;
	HRESULT status;

	if (procedure->plain &&
	    belayi_plain_get_out(procedure, image, buffer, ret_value))
		return S_OK;
	belayi_reader_init(&reply.reader, buffer, true);
	reply.reader.image = image;
	reply.procedure = procedure;
	reply.program_image = image;
	if (!look_at_memory(&reply))
		status = reply.reader.status;
	else if (procedure->out_has_pointers || procedure->counts_change)
		status = get_beside(&reply, &value);
	else
		status = read_values(&reply, &value) ? S_OK
						     : reply.reader.status;
	if (status == S_OK) {
		*ret_value = value;
		return S_OK;
	}
	belayi_discard(procedure, buffer, true, reply.reader.taken);
	belayi_ndr_zero_out(procedure, image);
	return status;
}

void belayi_ndr_zero_out(const struct belayi_procedure *procedure, void *image)
{
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		unsigned char *memory = memory_of(param, image);
		uint32_t capacity = 0;
		uint64_t size;

		if (!belayi_is_out(param) || belayi_is_in(param) || !memory)
			continue;
		if (param->type->is_conformant)
			capacity =
				belayi_capacity_of(param->type, image, memory);
		size = size_of(param->type, capacity);
		if (size <= BELAYI_MESSAGE_MAX)
			memset(memory, 0, size);
	}
}
