/* SPDX-License-Identifier: MIT */
/*
 * invoke.h - calls a method with the arguments of an image
 */
#ifndef BELAYI_COM_INVOKE_H
#define BELAYI_COM_INVOKE_H

#include <stdint.h>

struct belayi_frame;
struct belayi_procedure;

/*
 * belayi_invoke() - the synchronous method
 *
 * object: an interface pointer of procedure->iface
 *
 * frame->value is what the method returned.
 */
void belayi_invoke(const struct belayi_procedure *procedure,
		   struct belayi_frame *frame, void *object);

/*
 * belayi_invoke_begin() - Begin_ with the [in] and [in,out] arguments
 * belayi_invoke_finish() - Finish_ with the [out] and [in,out] arguments
 *
 * object: an interface pointer of the asynchronous interface
 *
 * Return: what Begin_ returned; after Finish_, that is in frame->value.
 */
int32_t belayi_invoke_begin(const struct belayi_procedure *procedure,
			    struct belayi_frame *frame, void *object);
void belayi_invoke_finish(const struct belayi_procedure *procedure,
			  struct belayi_frame *frame, void *object);

#endif
