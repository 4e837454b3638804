/* SPDX-License-Identifier: MIT */
/*
 * stub.h - the server's side of a call
 */
#ifndef BELAYI_COM_STUB_H
#define BELAYI_COM_STUB_H

#include <stdint.h>

#include <belay/com/objbase.h>

#include "channel.h"

struct belayi_frame;

/*
 * belayi_serve() - serves a request, on a thread of the object's apartment
 *
 * The message's procedure may be NULL: the request named a method that there
 * is not. Replies now or, where the server has a call object of its own for
 * the interface, when that is signaled.
 */
void belayi_serve(struct belayi_message *message);

/*
 * belayi_serve_entered(), belayi_serve_left() - tell the observer, if any
 *
 * method: the address of what serves it
 * Return: a time for the other one; 0: nobody observes.
 */
uint64_t belayi_serve_entered(const struct belayi_message *message,
			      const void *method);
void belayi_serve_left(const struct belayi_message *message, uint64_t entered,
		       HRESULT status);

/*
 * belayi_serve_put_out() - results to the reply; the message's status and
 * result are set
 */
void belayi_serve_put_out(struct belayi_message *message,
			  struct belayi_frame *frame);

/* belayi_method_of() - what is in a slot of an interface pointer's vtable */
static inline const void *belayi_method_of(const void *object, uint32_t slot)
{
	const void *const *const *pointer = object;

	return (*pointer)[slot];
}

#endif
