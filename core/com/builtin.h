/* SPDX-License-Identifier: MIT */
/*
 * builtin.h - the classes that the runtime has built in
 */
#ifndef BELAYI_BUILTIN_H
#define BELAYI_BUILTIN_H

#include <stdbool.h>

#include <belay/com/objbase.h>

/*
 * belayi_builtin_class() - the class object of a class that is built in; lent
 *
 * It lives for ever, in every apartment. NULL: there is no such class.
 */
IUnknown *belayi_builtin_class(REFCLSID clsid);

/*
 * belayi_event_object_new() - CLSID_StdEvent's (automatic) or
 * CLSID_ManualResetEvent's object
 *
 * outer: NULL, or its controlling unknown; then *ppv is the non-delegating one
 */
HRESULT belayi_event_object_new(bool automatic, IUnknown *outer, REFIID riid,
				void **ppv);

/* belayi_container_new() - CLSID_SynchronizeContainer's object */
HRESULT belayi_container_new(REFIID riid, void **ppv);

#endif
