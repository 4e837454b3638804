/* SPDX-License-Identifier: MIT */
/*
 * packet.h - marshaled pointers that stand in a stream
 *
 * A stream holds only the packet's number, which cannot be guessed; what it
 * stands for is here. So a packet is unmarshaled as often as its kind allows,
 * released once, and a stream that somebody made up names nothing.
 */
#ifndef BELAYI_COM_PACKET_H
#define BELAYI_COM_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "table.h"

struct belayi_stub;

/*
 * struct belayi_packet - one of the two: a stub, or a pointer that is good in
 *                        every apartment (the free-threaded marshaler's)
 *
 * flags:   MSHLFLAGS_NORMAL, _TABLESTRONG or _TABLEWEAK
 * stub:    with a strong or a weak reference on its export
 * pointer: counted, but not by a weak packet
 */
struct belayi_packet {
	struct belayi_entry entry;
	uint32_t refs;
	uint32_t flags;
	struct belayi_stub *stub;
	IUnknown *pointer;
};

/*
 * belayi_packet_new() - takes the reference over, if it works
 *
 * Return: its number; 0: no memory, or no random numbers.
 */
uint64_t belayi_packet_new(uint32_t flags, struct belayi_stub *stub,
			   IUnknown *pointer);

/*
 * belayi_packet_find() - the packet of that number, to unmarshal or release it
 *
 * A normal packet, or one that is to be released, is nobody else's then.
 *
 * Return: to be given back with belayi_packet_unref(); NULL: there is none, or
 *         it was used up.
 */
struct belayi_packet *belayi_packet_find(uint64_t number, bool release);

/* belayi_packets_in_child() - the numbers to come are the parent's */
void belayi_packets_in_child(void);

/* belayi_packet_unref() - the last one gives up what it stands for */
void belayi_packet_unref(struct belayi_packet *packet);

#endif
