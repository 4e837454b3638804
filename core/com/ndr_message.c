/* SPDX-License-Identifier: MIT */
/*
 * ndr_message.c - what both halves of a call do with a message
 */
#include "ndr_message.h"

#include <string.h>

#include "ndr_put.h"
#include "ndr_scalars.h"

static const unsigned char empty[16] __attribute__((aligned(16)));

/* Not the counts: `counted` says which of them there are. */
void belayi_reader_init(struct belayi_reader *reader,
			const struct belayi_buffer *buffer, bool is_reply)
{
	/* One that nothing was put into has no memory. */
	reader->start = buffer->data ? buffer->data : empty;
	reader->at = reader->start;
	reader->end = reader->start + buffer->size;
	reader->arena = NULL;
	reader->image = NULL;
	reader->is_reply = is_reply;
	reader->in_heap = false;
	reader->discards = false;
	reader->is_late = false;
	reader->depth = 0;
	reader->made = 0;
	reader->max = 0;
	reader->told = 0;
	reader->undo = NULL;
	reader->taken = 0;
	reader->skip = 0;
	reader->counted = 0;
	reader->status = S_OK;
}

bool belayi_get_value(struct belayi_reader *reader,
		      const struct belayi_procedure *procedure, uint64_t *value)
{
	unsigned char bytes[8] __attribute__((aligned(8)));

	*value = 0;
	if (!procedure->value)
		return true;
	if (!belayi_get(reader, procedure->value, bytes, 0))
		return false;
	*value = (uint64_t)belayi_load(procedure->value->code, bytes);
	return true;
}

bool belayi_get_end(struct belayi_reader *reader)
{
	if (reader->at == reader->end)
		return !reader->counted || belayi_get_agrees(reader);
	reader->status = BELAYI_WIN32(RPC_X_BAD_STUB_DATA);
	return false;
}

static bool has_interfaces(const struct belayi_procedure *procedure,
			   unsigned int flag)
{
	for (uint32_t i = 0; i < procedure->params_count; i++)
		if (procedure->params[i].flags & flag &&
		    procedure->params[i].type->has_interfaces)
			return true;
	return false;
}

static bool discard_argument(struct belayi_reader *reader,
			     const struct belayi_param *param)
{
	unsigned char *memory;
	bool is_there;

	if (param->flags & BELAYI_PARAM_UNIQUE) {
		if (!belayi_get_presence(reader, &is_there))
			return false;
		if (!is_there)
			return true;
	}
	return belayi_get_new(reader, param->type, &memory);
}

void belayi_discard(const struct belayi_procedure *procedure,
		    const struct belayi_buffer *buffer, bool is_reply,
		    uint32_t skip)
{
	unsigned int flag = is_reply ? BELAYI_PARAM_OUT : BELAYI_PARAM_IN;
	struct belayi_frame arena = {.image = NULL};
	struct belayi_reader reader;

	if (!has_interfaces(procedure, flag))
		return;
	belayi_reader_init(&reader, buffer, is_reply);
	reader.arena = &arena;
	reader.discards = true;
	reader.skip = skip;
	for (uint32_t i = 0; i < procedure->params_count; i++)
		if (procedure->params[i].flags & flag &&
		    !discard_argument(&reader, &procedure->params[i]))
			break;
	belayi_frame_deinit(&arena);
}

void belayi_ndr_discard_in(const struct belayi_procedure *procedure,
			   const struct belayi_buffer *buffer)
{
	belayi_discard(procedure, buffer, false, 0);
}

void belayi_ndr_discard_out(const struct belayi_procedure *procedure,
			    const struct belayi_buffer *buffer)
{
	belayi_discard(procedure, buffer, true, 0);
}
