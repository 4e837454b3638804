/* SPDX-License-Identifier: MIT */
/*
 * cancel_object.h - ICancelMethodCalls of a synchronous call in one turn
 */
#ifndef BELAYI_COM_CANCEL_OBJECT_H
#define BELAYI_COM_CANCEL_OBJECT_H

#include <belay/call.h>
#include <belay/com/objbase.h>

struct belayi_client_call;

/*
 * belayi_cancel_object_new() - an object that cancels that call
 *
 * It can live longer than the call: then it cancels nothing.
 */
HRESULT belayi_cancel_object_new(struct belayi_client_call *client,
				 const struct belay_ref *ref,
				 ICancelMethodCalls **ret_object);

#endif
