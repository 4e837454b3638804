/* SPDX-License-Identifier: MIT */
/*
 * server_call.h - call objects of servers, as a stub drives them
 *
 * Where the object is an ICallFactory that makes a call object for the
 * interface, its Begin_ is called instead of the method, and when it signals,
 * its Finish_, which brings the results.
 */
#ifndef BELAYI_COM_SERVER_CALL_H
#define BELAYI_COM_SERVER_CALL_H

#include <stdbool.h>

struct belayi_message;

/*
 * belayi_server_call() - serves a request with the server's own call object
 *
 * For who has entered the export. Replies, and leaves it, when the call is
 * over: that may be before this returns, or much later.
 *
 * Return: false: there is no such object, and nothing was done.
 */
bool belayi_server_call(struct belayi_message *message);

#endif
