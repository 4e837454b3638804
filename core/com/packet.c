/* SPDX-License-Identifier: MIT */
/*
 * packet.c - marshaled pointers that stand in a stream
 */
#define COBJMACROS

#include "packet.h"

#include <stdlib.h>
#include <sys/random.h>

#include "export.h"

static struct belayi_table packets;

/* Numbers for the next packets: nobody can tell one from the others. */
static uint64_t numbers[32]; /* 256 bytes, which getrandom() gives at once */
static unsigned int numbers_left;

void belayi_packets_in_child(void)
{
	numbers_left = 0;
}

/* With the lock. 0: there are none. */
static uint64_t next_number(void)
{
	uint64_t number;

	do {
		if (!numbers_left &&
		    getrandom(numbers, sizeof(numbers), 0) != sizeof(numbers))
			return 0;
		if (!numbers_left)
			numbers_left = sizeof(numbers) / sizeof(*numbers);
		number = numbers[--numbers_left];
	} while (!number || belayi_table_find(&packets, number));
	return number;
}

uint64_t belayi_packet_new(uint32_t flags, struct belayi_stub *stub,
			   IUnknown *pointer)
{
	struct belayi_packet *packet = malloc(sizeof(*packet));
	uint64_t number;

	if (!packet)
		return 0;
	packet->refs = 1;
	packet->flags = flags;
	packet->stub = stub;
	packet->pointer = pointer;
	pthread_mutex_lock(&belayi_tables_lock);
	number = next_number();
	if (number && !belayi_table_insert(&packets, &packet->entry, number))
		number = 0;
	pthread_mutex_unlock(&belayi_tables_lock);
	if (!number)
		free(packet);
	return number;
}

struct belayi_packet *belayi_packet_find(uint64_t number, bool release)
{
	struct belayi_packet *packet;

	pthread_mutex_lock(&belayi_tables_lock);
	packet = (struct belayi_packet *)belayi_table_find(&packets, number);
	if (packet && (release || packet->flags == MSHLFLAGS_NORMAL))
		belayi_table_remove(&packets, &packet->entry);
	else if (packet)
		packet->refs++;
	pthread_mutex_unlock(&belayi_tables_lock);
	return packet;
}

static void give_up(struct belayi_packet *packet)
{
	bool weak = packet->flags == MSHLFLAGS_TABLEWEAK;

	if (packet->stub && weak)
		belayi_export_drop_weak(packet->stub->export);
	else if (packet->stub)
		belayi_export_drop(packet->stub->export);
	if (packet->pointer && !weak)
		IUnknown_Release(packet->pointer);
}

void belayi_packet_unref(struct belayi_packet *packet)
{
	uint32_t refs;

	pthread_mutex_lock(&belayi_tables_lock);
	refs = --packet->refs;
	pthread_mutex_unlock(&belayi_tables_lock);
	if (refs)
		return;
	give_up(packet);
	free(packet);
}
