/* SPDX-License-Identifier: MIT */
/*
 * interface.h - the interfaces that can be marshaled
 *
 * belay_register_proxies() reads the format strings of a NAME_p.c once, checks
 * all of them, and makes procedures of them: nothing that is called later
 * looks at a string. What is registered lives for ever and never changes, so
 * that finding it takes no lock.
 */
#ifndef BELAYI_COM_INTERFACE_H
#define BELAYI_COM_INTERFACE_H

#include <stdint.h>

#include <belay/call.h>
#include <belay/com/apartment.h>

struct belayi_mirror;
struct belayi_plain;
struct belayi_param;
struct belayi_signature;
struct belayi_type;
struct belayi_vtables;

/* Slots of IUnknown, which no procedure describes. */
#define BELAYI_FIRST_SLOT 3

/* More bytes than an image has: the object and 127 arguments. */
#define BELAYI_IMAGE_MAX 1024

/*
 * struct belayi_procedure - one method
 *
 * An *image* is where its arguments stand: slots of 8 bytes, each aligned to
 * 8, of which slot 0 is the object. A number stands in its slot as in the
 * register that it would be passed in (sign or zero extended to 8 bytes; a
 * float in the low half). A struct or union that is passed by value stands
 * elsewhere, and its slot is a pointer to it. After the arguments come slots
 * that the runtime fills: whoever keeps an image copies all image_size bytes.
 *
 * operation: what an observer knows it by: api "com", name "ICalc.Add", status
 *            an HRESULT, cancel mode FINISH_DUE; client_call.c's hooks
 * slot:      in the synchronous interface's vtable
 * value:     what it returns, or NULL for void
 * is_hresult: it returns a 32-bit number: a failure can be told by it
 * plain:     how numbers stand in its messages, where there is nothing else
 * has_in, has_out: whether a request or a reply has any bytes
 * counts_change: an [in,out] argument may count what comes back
 */
struct belayi_procedure {
	const struct belayi_interface *iface;
	const char *name;
	struct belay_operation operation;
	uint32_t operation_number;
	uint16_t slot;
	uint16_t image_size;
	uint8_t params_count;
	uint8_t late_count;
	uint8_t mirrors_count;
	uint8_t is_hresult;
	uint8_t has_in;
	uint8_t has_out;
	uint8_t out_has_pointers;
	uint8_t counts_change;
	const struct belayi_type *value;
	const struct belayi_param *params;
	const struct belayi_mirror *mirrors;
	const struct belayi_plain *plain;
	const struct belayi_signature *call;
	const struct belayi_signature *begin;
	const struct belayi_signature *finish;
};

/*
 * struct belayi_interface - one registered interface
 *
 * async_iid: GUID_NULL where it has no asynchronous one
 * slots:     in its vtable, IUnknown's three among them; the asynchronous
 *            one has 3 + 2 * (slots - 3)
 */
struct belayi_interface {
	IID iid;
	IID async_iid;
	const char *name;
	uint32_t slots;
	const struct belayi_procedure *procedures;
	struct belayi_vtables *vtables;
	const struct belayi_interface *next;
	const struct belayi_interface *next_async;
};

/*
 * belayi_interface_find() - by the IID of the synchronous interface
 * belayi_interface_find_async() - by the IID of the asynchronous one
 *
 * Return: NULL: nobody registered it. IUnknown never is.
 */
const struct belayi_interface *belayi_interface_find(REFIID iid);
const struct belayi_interface *belayi_interface_find_async(REFIID async_iid);

/*
 * belayi_procedure_of() - the method in a slot
 *
 * For numbers that come in a message. Return: NULL: there is no such method.
 */
static inline const struct belayi_procedure *
belayi_procedure_of(const struct belayi_interface *iface, uint32_t slot)
{
	if (slot < BELAYI_FIRST_SLOT || slot >= iface->slots)
		return NULL;
	return &iface->procedures[slot - BELAYI_FIRST_SLOT];
}

/* Slots of the asynchronous interface: Begin_ and Finish_ stand in pairs. */
static inline uint32_t belayi_begin_slot(uint32_t slot)
{
	return BELAYI_FIRST_SLOT + 2 * (slot - BELAYI_FIRST_SLOT);
}

static inline uint32_t belayi_finish_slot(uint32_t slot)
{
	return belayi_begin_slot(slot) + 1;
}

#endif
