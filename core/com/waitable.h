/* SPDX-License-Identifier: MIT */
/*
 * waitable.h - ISynchronize and ISynchronizeHandle of whatever has an event
 */
#ifndef BELAYI_COM_WAITABLE_H
#define BELAYI_COM_WAITABLE_H

#include <stdbool.h>

#include <belay/com/objbase.h>

#include "event.h"

/*
 * struct belayi_waitable - the part of an object that can be waited for
 *
 * outer: the controlling unknown, to which IUnknown's methods go. Not counted
 */
struct belayi_waitable {
	const ISynchronizeVtbl *synchronize;
	const ISynchronizeHandleVtbl *handle;
	IUnknown *outer;
	struct belayi_event event;
};

/* belayi_waitable_init() - with both vtables, and an event */
void belayi_waitable_init(struct belayi_waitable *waitable, IUnknown *outer,
			  bool automatic);

/* Wait and Reset, for an object that has a Signal of its own. */
HRESULT belayi_waitable_wait(ISynchronize *This, DWORD dwFlags,
			     DWORD dwMilliseconds);
HRESULT belayi_waitable_reset(ISynchronize *This);

#endif
