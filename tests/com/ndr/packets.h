/* SPDX-License-Identifier: MIT */
/*
 * packets.h - interface pointers in messages, where there is no apartment
 *
 * A stand-in for marshal.h: objects are kept in a table, and messages have
 * their number. A packet may be taken out as often as somebody damages it.
 */
#ifndef BELAY_TESTS_COM_PACKETS_H
#define BELAY_TESTS_COM_PACKETS_H

#include <stdint.h>

#include <belay/com/objbase.h>

/* How many pointers were put in, taken out, and given back. */
extern uint32_t pointers_put, pointers_taken, pointers_discarded;

/* pointers_reset() - lets go of all objects, and counts from 0 */
void pointers_reset(void);

/* pointers_keep() - puts an object into the table, for messages to name */
void pointers_keep(IUnknown *object);

#endif
