/* SPDX-License-Identifier: MIT */
/*
 * vtables.h - vtables of proxies: thunks, and functions made at run time
 *
 * Each slot behind IUnknown's three puts its arguments into an image and calls
 * one of three functions that the client's side gives. An interface has one
 * vtable of each kind, made when it is asked for first and kept for ever.
 *
 * Where a method's arguments all go in registers its slot is a thunk
 * (thunks.h). The others are libffi's closures, which take twice as long and
 * are code made at run time, for which a process may be refused the memory.
 */
#ifndef BELAYI_COM_VTABLES_H
#define BELAYI_COM_VTABLES_H

#include <stdint.h>

#include <belay/com/objbase.h>

#include "interface.h"

struct belayi_store;

/*
 * struct belayi_proxy_class - what a proxy or a call object does
 *
 * unknown: the slots 0 to 2: QueryInterface, AddRef and Release
 * call:    a synchronous method (client_call.c)
 * begin:   a Begin_ (call_object.c)
 * finish:  a Finish_
 *
 * object:    the interface pointer: its first word is the vtable
 * image:     the arguments, on the stack of the caller; by-value structs are
 *            there, too
 * ret_value: what the method returns, extended to 8 bytes; 0 at first
 *
 * A Begin_'s image is 0 where arguments are [out] only; a Finish_'s where they
 * are [in] only: belayi_image_join() makes one of both.
 */
struct belayi_proxy_class {
	const void *unknown[BELAYI_FIRST_SLOT];
	void (*call)(void *object, const struct belayi_procedure *procedure,
		     void *image, uint64_t *ret_value);
	HRESULT(*begin)
	(void *object, const struct belayi_procedure *procedure, void *image);
	void (*finish)(void *object, const struct belayi_procedure *procedure,
		       void *image, uint64_t *ret_value);
};

/* belayi_vtables_make() - an interface's, which are not there yet; or NULL */
struct belayi_vtables *belayi_vtables_make(struct belayi_store *store);

/*
 * belayi_vtable_call() - the vtable of an interface's proxies
 * belayi_vtable_async() - of the call objects of its asynchronous interface
 *
 * methods: a constant, the same in every call
 *
 * Return: S_OK, and *ret_vtable is what an interface pointer's first word is;
 *         E_OUTOFMEMORY; E_ACCESSDENIED: such memory is refused here, which was
 *         said on stderr; E_NOINTERFACE: there is no asynchronous one.
 */
HRESULT belayi_vtable_call(const struct belayi_interface *iface,
			   const struct belayi_proxy_class *methods,
			   const void **ret_vtable);
HRESULT belayi_vtable_async(const struct belayi_interface *iface,
			    const struct belayi_proxy_class *methods,
			    const void **ret_vtable);

/* belayi_image_join() - puts Finish_'s arguments into the image of Begin_'s */
void belayi_image_join(const struct belayi_procedure *procedure,
		       void *begin_image, const void *finish_image);

#endif
