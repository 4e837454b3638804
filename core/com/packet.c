/* SPDX-License-Identifier: MIT */
/*
 * packet.c - marshaled pointers that stand in a stream
 */
#define COBJMACROS

#include "packet.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "export.h"

static struct belayi_table packets;
static uint64_t last; /* what the last number was made of; 0: nothing yet */

/* With the lock. Different for 2^64 packets, and different in each process. */
static uint64_t next_number(void)
{
	struct timespec now;

	while (!last)
		if (getrandom(&last, sizeof(last), GRND_NONBLOCK) < 0) {
			(void)clock_gettime(CLOCK_REALTIME, &now);
			last = (uint64_t)now.tv_nsec << 32 ^ (uintptr_t)&now;
		}
	if (!++last)
		++last;
	return belayi_table_hash(last);
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
	if (!belayi_table_insert(&packets, &packet->entry, number))
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
