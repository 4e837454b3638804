/* SPDX-License-Identifier: MIT */
/*
 * packets.c - interface pointers in messages, where there is no apartment
 */
#include "packets.h"

#include <string.h>

#include "client_call.h"
#include "marshal.h"
#include "ndr.h"

#define OBJECTS_MAX 64U
#define MARK 0x544a424fU

struct packet {
	uint32_t size;
	uint32_t length;
	uint32_t mark;
	uint32_t number;
};

/* What operations have in common; there are no calls here. */
const struct belay_operation belayi_client_operation = {
	.size = sizeof(struct belay_operation),
	.api = "com",
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

uint32_t pointers_put, pointers_taken, pointers_discarded;

static IUnknown *objects[OBJECTS_MAX];
static uint32_t objects_count;

void pointers_reset(void)
{
	while (objects_count) {
		IUnknown *object = objects[--objects_count];

		object->lpVtbl->Release(object);
	}
	pointers_put = pointers_taken = pointers_discarded = 0;
}

static uint32_t number_of(IUnknown *object)
{
	for (uint32_t i = 0; i < objects_count; i++)
		if (objects[i] == object)
			return i;
	if (objects_count == OBJECTS_MAX)
		return OBJECTS_MAX;
	object->lpVtbl->AddRef(object);
	objects[objects_count] = object;
	return objects_count++;
}

void pointers_keep(IUnknown *object)
{
	(void)number_of(object);
}

HRESULT belayi_marshal_to(struct belayi_buffer *buffer, REFIID iid,
			  IUnknown *object)
{
	struct packet packet = {8, 8, MARK, number_of(object)};
	unsigned char *bytes;
	IUnknown *asked;
	HRESULT status =
		object->lpVtbl->QueryInterface(object, iid, (void **)&asked);

	if (FAILED(status))
		return status;
	asked->lpVtbl->Release(asked);
	if (packet.number == OBJECTS_MAX)
		return E_OUTOFMEMORY;
	bytes = belayi_buffer_reserve(buffer, sizeof(packet));
	if (!bytes)
		return E_OUTOFMEMORY;
	memcpy(bytes, &packet, sizeof(packet));
	pointers_put++;
	return S_OK;
}

static IUnknown *find(const unsigned char *bytes, size_t size)
{
	struct packet packet;

	if (size < sizeof(packet))
		return NULL;
	memcpy(&packet, bytes, sizeof(packet));
	if (packet.size != 8 || packet.length != 8 || packet.mark != MARK ||
	    packet.number >= objects_count)
		return NULL;
	return objects[packet.number];
}

HRESULT belayi_marshal_from(const unsigned char *bytes, size_t size,
			    size_t *ret_used, REFIID iid, void **ret_object)
{
	IUnknown *object = find(bytes, size);

	if (!object)
		return RPC_E_INVALID_OBJREF;
	*ret_used = sizeof(struct packet);
	pointers_taken++;
	return object->lpVtbl->QueryInterface(object, iid, ret_object);
}

size_t belayi_marshal_discard(const unsigned char *bytes, size_t size)
{
	if (!find(bytes, size))
		return 0;
	pointers_discarded++;
	return sizeof(struct packet);
}
