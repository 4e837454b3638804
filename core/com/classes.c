/* SPDX-License-Identifier: MIT */
/*
 * classes.c - the class objects that programs registered
 *
 * The list holds a reference to each object until CoRevokeClassObject(), or
 * until the apartment that registered it ends: it is released there.
 */
#define COBJMACROS

#include "classes.h"

#include <pthread.h>
#include <stdlib.h>

#include "fork.h"

#define CONTEXTS ((DWORD)CLSCTX_ALL)
#define FLAGS                                                                  \
	((DWORD)(REGCLS_MULTIPLEUSE | REGCLS_MULTI_SEPARATE |                  \
		 REGCLS_SUSPENDED | REGCLS_SURROGATE))

struct registration {
	struct belayi_at_end at_end; /* first: its address is the entry's */
	struct registration *next;
	struct belayi_apartment *home; /* counted */
	IUnknown *object;              /* counted */
	CLSID clsid;
	DWORD context;
	DWORD flags;
	DWORD cookie;
	uint32_t references; /* the list's, and of who uses it now */
	bool used;           /* for a single use, and it was */
};

/* Of the list, the oldest first, and of what its entries say. */
pthread_mutex_t belayi_classes_lock = PTHREAD_MUTEX_INITIALIZER;
static struct registration *registrations;
static DWORD last_cookie;

/* Takes an entry off the list; the lock is held. */
static void unlist(const struct registration *entry)
{
	struct registration **link = &registrations;

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
}

/* On a thread of its home, like all that touches its object. */
static void unref(struct registration *entry)
{
	if (__atomic_sub_fetch(&entry->references, 1, __ATOMIC_ACQ_REL))
		return;
	(void)IUnknown_Release(entry->object);
	(void)belayi_apartment_unref(entry->home);
	free(entry);
}

static void end(struct belayi_at_end *at_end)
{
	struct registration *entry = (struct registration *)at_end;

	(void)pthread_mutex_lock(&belayi_classes_lock);
	unlist(entry);
	(void)pthread_mutex_unlock(&belayi_classes_lock);
	unref(entry);
}

void belayi_classes_in_child(void)
{
	/* Their apartments are not there, and nobody may touch them. */
	registrations = NULL;
}

static bool is_twin(const struct registration *one,
		    const struct registration *two)
{
	return one->home == two->home && (one->context & two->context) &&
	       IsEqualCLSID(&one->clsid, &two->clsid);
}

/* Puts an entry on the list; 0: its apartment has that class already. */
static DWORD enlist(struct registration *entry)
{
	struct registration **link = &registrations;

	(void)pthread_mutex_lock(&belayi_classes_lock);
	while (*link && !is_twin(*link, entry))
		link = &(*link)->next;
	if (!*link) {
		entry->cookie = ++last_cookie;
		*link = entry;
	}
	(void)pthread_mutex_unlock(&belayi_classes_lock);
	return entry->cookie;
}

HRESULT CoRegisterClassObject(REFCLSID clsid, LPUNKNOWN object, DWORD context,
			      DWORD regcls, LPDWORD ret_cookie)
{
	struct belayi_apartment *home = belayi_apartment_current();
	struct registration *entry;

	if (!ret_cookie)
		return E_INVALIDARG;
	*ret_cookie = 0;
	if (!object || !context || (context & ~CONTEXTS) || (regcls & ~FLAGS))
		return E_INVALIDARG;
	if (!home)
		return CO_E_NOTINITIALIZED;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return E_OUTOFMEMORY;
	entry->at_end.end = end;
	entry->references = 1;
	entry->home = belayi_apartment_ref(home);
	entry->object = object;
	entry->clsid = *clsid;
	entry->flags = regcls;
	entry->context = context;
	if ((regcls & REGCLS_MULTIPLEUSE) && (context & CLSCTX_LOCAL_SERVER))
		entry->context |= CLSCTX_INPROC_SERVER;
	(void)IUnknown_AddRef(object);
	*ret_cookie = enlist(entry);
	if (!*ret_cookie) {
		unref(entry);
		return CO_E_OBJISREG;
	}
	if (belayi_apartment_at_end(home, &entry->at_end))
		return S_OK;
	*ret_cookie = 0;
	end(&entry->at_end);
	return CO_E_NOTINITIALIZED;
}

/* Takes the entry off the list, if it is this apartment's. */
static HRESULT take(DWORD cookie, const struct belayi_apartment *home,
		    struct registration **ret_entry)
{
	struct registration *entry;
	HRESULT hr = CO_E_OBJNOTREG;

	(void)pthread_mutex_lock(&belayi_classes_lock);
	for (entry = registrations; entry && entry->cookie != cookie;
	     entry = entry->next)
		;
	if (entry)
		hr = entry->home == home ? S_OK : RPC_E_WRONG_THREAD;
	/* False where it is being taken off at the moment: the home ends. */
	if (hr == S_OK &&
	    !belayi_apartment_not_at_end(entry->home, &entry->at_end))
		hr = CO_E_OBJNOTREG;
	if (hr == S_OK) {
		unlist(entry);
		*ret_entry = entry;
	}
	(void)pthread_mutex_unlock(&belayi_classes_lock);
	return hr;
}

HRESULT CoRevokeClassObject(DWORD cookie)
{
	struct belayi_apartment *home = belayi_apartment_current();
	struct registration *entry;
	HRESULT hr;

	if (!home)
		return CO_E_NOTINITIALIZED;
	hr = take(cookie, home, &entry);
	if (SUCCEEDED(hr))
		unref(entry);
	return hr;
}

static HRESULT set_suspended(bool suspended)
{
	struct registration *entry;

	(void)pthread_mutex_lock(&belayi_classes_lock);
	for (entry = registrations; entry; entry = entry->next) {
		entry->flags &= ~(DWORD)REGCLS_SUSPENDED;
		if (suspended)
			entry->flags |= REGCLS_SUSPENDED;
	}
	(void)pthread_mutex_unlock(&belayi_classes_lock);
	return S_OK;
}

HRESULT CoResumeClassObjects(void)
{
	return set_suspended(false);
}

HRESULT CoSuspendClassObjects(void)
{
	return set_suspended(true);
}

static bool serves(const struct registration *entry, REFCLSID clsid,
		   DWORD context)
{
	return !entry->used && !(entry->flags & REGCLS_SUSPENDED) &&
	       (entry->context & context) && IsEqualCLSID(&entry->clsid, clsid);
}

/* The entry's object, counted; for who was given a reference to the entry. */
static IUnknown *object_of(struct registration *entry)
{
	IUnknown *object = entry->object;

	(void)IUnknown_AddRef(object);
	unref(entry);
	return object;
}

IUnknown *belayi_class_object(DWORD cookie)
{
	const struct belayi_apartment *own = belayi_apartment_current();
	struct registration *entry;

	(void)pthread_mutex_lock(&belayi_classes_lock);
	for (entry = registrations; entry && entry->cookie != cookie;
	     entry = entry->next)
		;
	if (entry && entry->home != own)
		entry = NULL;
	if (entry)
		__atomic_add_fetch(&entry->references, 1, __ATOMIC_RELAXED);
	(void)pthread_mutex_unlock(&belayi_classes_lock);
	return entry ? object_of(entry) : NULL;
}

HRESULT belayi_class_find(REFCLSID clsid, DWORD context,
			  struct belayi_class *ret_class)
{
	struct belayi_apartment *own = belayi_apartment_current();
	struct registration *entry, *found = NULL;
	struct belayi_class class = {0};

	(void)pthread_mutex_lock(&belayi_classes_lock);
	for (entry = registrations; entry; entry = entry->next) {
		if (!serves(entry, clsid, context))
			continue;
		if (!found || (entry->home == own && found->home != own))
			found = entry;
	}
	if (found) {
		found->used = !(found->flags &
				(REGCLS_MULTIPLEUSE | REGCLS_MULTI_SEPARATE));
		class.cookie = found->cookie;
		if (found->home == own)
			__atomic_add_fetch(&found->references, 1,
					   __ATOMIC_RELAXED);
		else
			class.home = belayi_apartment_ref(found->home);
	}
	(void)pthread_mutex_unlock(&belayi_classes_lock);
	if (!found)
		return REGDB_E_CLASSNOTREG;
	if (!class.home)
		class.object = object_of(found);
	*ret_class = class;
	return S_OK;
}
