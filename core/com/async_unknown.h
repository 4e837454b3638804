/* SPDX-License-Identifier: MIT */
/*
 * async_unknown.h - AsyncIUnknown of an import: IUnknown, without a wait
 *
 * A call object like any other, of a proxy that no program sees. Its calls go
 * through a channel of their own, as no object's methods serve them: AddRef
 * and Release count the import's references at once; a query goes to the
 * object's apartment where this one cannot tell the answer.
 */
#ifndef BELAYI_COM_ASYNC_UNKNOWN_H
#define BELAYI_COM_ASYNC_UNKNOWN_H

#include <belay/com/objbase.h>

struct belayi_import;
struct belayi_proxy;

/*
 * belayi_unknown_proxy() - the proxy that AsyncIUnknown's calls are made of
 *
 * Part of the import, which it counts as a reference of its own.
 */
struct belayi_proxy *belayi_unknown_proxy(struct belayi_import *import);

/* belayi_unknown_init() - of an import that has its export */
void belayi_unknown_init(struct belayi_import *import);

/* belayi_unknown_vtable - what a call object's `async` is then */
extern CONST_VTBL AsyncIUnknownVtbl belayi_unknown_vtable;

#endif
