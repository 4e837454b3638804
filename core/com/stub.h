/* SPDX-License-Identifier: MIT */
/*
 * stub.h - the server's side of a call
 */
#ifndef BELAYI_COM_STUB_H
#define BELAYI_COM_STUB_H

#include <stdbool.h>

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

#endif
