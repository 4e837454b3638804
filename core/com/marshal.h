/* SPDX-License-Identifier: MIT */
/*
 * marshal.h - interface pointers inside messages
 *
 * What stands in a message is NDR's MInterfacePointer: the number of bytes
 * (twice, as size of the array and as its length, 4 bytes each), and an OBJREF
 * (objref.h). It begins at a multiple of 4; the caller has written the pointer
 * itself (its referent).
 *
 * What was put in must be taken out once, by belayi_marshal_from() or, where
 * nobody wants it, by belayi_marshal_discard().
 */
#ifndef BELAYI_COM_MARSHAL_H
#define BELAYI_COM_MARSHAL_H

#include <stddef.h>

#include <belay/com/objbase.h>

struct belayi_buffer;

/*
 * belayi_marshal_to() - appends a pointer of the current apartment
 *
 * object: not NULL. It is asked for iid, and for IMarshal.
 *
 * Return: S_OK; E_NOINTERFACE, REGDB_E_IIDNOTREG, CO_E_OBJNOTCONNECTED,
 *         E_OUTOFMEMORY, what the object's IMarshal says: nothing is appended.
 */
HRESULT belayi_marshal_to(struct belayi_buffer *buffer, REFIID iid,
			  IUnknown *object);

/*
 * belayi_marshal_from() - takes a pointer into the current apartment
 *
 * bytes, size: the message from the MInterfacePointer on
 * ret_used:    the bytes that it has, written whatever is returned but
 *              RPC_E_INVALID_OBJREF
 * iid:         as which the pointer is wanted
 *
 * Return: S_OK, and *ret_object is counted; RPC_E_INVALID_OBJREF: this is no
 *         MInterfacePointer of ours; CO_E_OBJNOTCONNECTED, E_NOINTERFACE,
 *         CO_E_NOTINITIALIZED, E_OUTOFMEMORY.
 */
HRESULT belayi_marshal_from(const unsigned char *bytes, size_t size,
			    size_t *ret_used, REFIID iid, void **ret_object);

/*
 * belayi_marshal_discard() - gives back what nobody took out
 *
 * Outside of COM, too: a reply is let go on whichever thread is the last with
 * it. A custom marshaler's class, though, is created only in an apartment.
 *
 * Return: the bytes that it has; 0: this is no MInterfacePointer of ours.
 */
size_t belayi_marshal_discard(const unsigned char *bytes, size_t size);

/* belayi_release_data() - CoReleaseMarshalData(), on any thread */
HRESULT belayi_release_data(IStream *stream);

#endif
