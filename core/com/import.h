/* SPDX-License-Identifier: MIT */
/*
 * import.h - proxy managers: objects of other apartments
 *
 * An *import* stands in one apartment for one object of another one. It is the
 * object's identity there: one IUnknown, whichever way the object came. It
 * answers IUnknown, IMultiQI, IMarshal, IClientSecurity and ICallFactory
 * itself, without a message, and has a *proxy* for each other interface that
 * was asked for.
 *
 *  (A) References to proxies are counted by their import; the last Release
 *      ends it, on whichever thread. The object's apartment is told, and not
 *      waited for.
 *  (B) AddRef and Release work on every thread. Everything else answers
 *      CO_E_NOTINITIALIZED or RPC_E_WRONG_THREAD outside the import's
 *      apartment.
 *  (C) A proxy lives as long as its import, a copy (IClientSecurity) as long
 *      as it has references of its own.
 *  (D) When the apartment ends, its imports are cut off: they may be released
 *      later, and do nothing else.
 */
#ifndef BELAYI_COM_IMPORT_H
#define BELAYI_COM_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "apartment.h"
#include "export.h"

struct belayi_blanket;
struct belayi_channel;
struct belayi_import;
struct belayi_interface;

/*
 * struct belayi_proxy - one interface of an imported object
 *
 * vtable:   first: a program's interface pointer points here
 * iface:    what it is
 * stub:     what it stands for, in this process; good as long as the proxy is
 * channel:  the way there
 * blanket:  IClientSecurity's settings; NULL: none were made (security.c)
 */
struct belayi_proxy {
	const void *vtable;
	const struct belayi_interface *iface;
	struct belayi_import *import;
	struct belayi_stub *stub;
	struct belayi_channel *channel;
	struct belayi_blanket *blanket;
	uint32_t refs; /* a copy's own references; 0: not a copy */
	struct belayi_proxy *next;
};

/*
 * struct belayi_import - one object; its members are import.c's
 *
 * calls: what AsyncIUnknown's and AsyncIMultiQI's calls are made of
 *        (import_calls.c); no program has a pointer to it
 */
struct belayi_import {
	IUnknown identity;
	IMultiQI multi;
	IMarshal marshal;
	IClientSecurity security;
	ICallFactory factory;
	struct belayi_apartment *apartment;
	struct belayi_export *export;
	struct belayi_proxy calls;
	uint32_t refs;
	uint32_t memory;  /* 1 while there are refs, 1 for `at_end` */
	uint32_t cut_off; /* see (D) */
	struct belayi_proxy *proxies;
	struct belayi_proxy *copies;
	struct belayi_entry entry;
	struct belayi_at_end at_end;
};

/* belayi_proxy_wrong() - which of the two answers it is */
static inline HRESULT belayi_proxy_wrong(void)
{
	return belayi_apartment_current() ? RPC_E_WRONG_THREAD
					  : CO_E_NOTINITIALIZED;
}

/*
 * belayi_proxy_check() - whether this thread may use the proxy
 *
 * Return: S_OK, CO_E_NOTINITIALIZED or RPC_E_WRONG_THREAD.
 */
static inline HRESULT belayi_proxy_check(const struct belayi_proxy *proxy)
{
	if (__builtin_expect(
		    belayi_apartment_current() == proxy->import->apartment, 1))
		return S_OK;
	return belayi_proxy_wrong();
}

/*
 * belayi_import_stub() - the current apartment's pointer to a stub's object
 *
 * In the object's own apartment that is the object itself. Takes over one
 * strong reference on the export, also when it fails.
 *
 * Return: S_OK, and *ret_object is counted; CO_E_NOTINITIALIZED,
 *         CO_E_OBJNOTCONNECTED, E_OUTOFMEMORY.
 */
HRESULT belayi_import_stub(struct belayi_stub *stub, IUnknown **ret_object);

/*
 * belayi_import_proxy() - the proxy for an interface
 *
 * One message to the object's apartment where the import has none yet. In the
 * import's apartment.
 *
 * Return: S_OK, and *ret_proxy is counted (belayi_proxy_unref());
 *         E_NOINTERFACE, REGDB_E_IIDNOTREG, RPC_E_DISCONNECTED,
 *         RPC_E_CALL_CANCELED (a message filter's), E_OUTOFMEMORY.
 */
HRESULT belayi_import_proxy(struct belayi_import *import, REFIID iid,
			    struct belayi_proxy **ret_proxy);

/*
 * belayi_import_find() - the import that an interface pointer belongs to
 *
 * Asks the object. Return: counted (belayi_import_unref()); NULL: it is none.
 */
struct belayi_import *belayi_import_find(IUnknown *object);

/* belayi_import_of() - the import whose IMarshal it is, lent; NULL: none's */
struct belayi_import *belayi_import_of(IMarshal *marshal);

uint32_t belayi_import_ref(struct belayi_import *import);
uint32_t belayi_import_unref(struct belayi_import *import);

/* The slots 0 to 2 of every proxy's vtable. */
HRESULT STDMETHODCALLTYPE belayi_proxy_query(IUnknown *This, REFIID iid,
					     void **ret_object);
ULONG STDMETHODCALLTYPE belayi_proxy_ref(IUnknown *This);
ULONG STDMETHODCALLTYPE belayi_proxy_unref(IUnknown *This);

#endif
