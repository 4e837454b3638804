/* SPDX-License-Identifier: MIT */
/*
 * proxy.c - single proxies: their IUnknown, and copies of them
 *
 * A copy has its own settings (IClientSecurity) and its own references, and is
 * never found by QueryInterface.
 */
#define COBJMACROS

#include "proxy.h"

#include <pthread.h>
#include <stdlib.h>

#include "channel.h"
#include "client_call.h"
#include "faces.h"
#include "fork.h"
#include "security.h"
#include "vtables.h"

/* For all lists of copies. */
pthread_mutex_t belayi_copies_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct belayi_proxy_class proxy_class = {
	.unknown =
		{
			(const void *)belayi_proxy_query,
			(const void *)belayi_proxy_ref,
			(const void *)belayi_proxy_unref,
		},
	.call = belayi_proxy_call,
};

HRESULT belayi_proxy_new(struct belayi_import *import, struct belayi_stub *stub,
			 struct belayi_proxy **ret_proxy)
{
	struct belayi_proxy *proxy;
	const void *vtable;
	HRESULT result = belayi_vtable_call(stub->iface, &proxy_class, &vtable);

	if (FAILED(result))
		return result;
	proxy = calloc(1, sizeof(*proxy));
	if (!proxy)
		return E_OUTOFMEMORY;
	proxy->vtable = vtable;
	proxy->iface = stub->iface;
	proxy->import = import;
	proxy->stub = stub;
	proxy->channel = &belayi_channel_local;
	*ret_proxy = proxy;
	return S_OK;
}

struct belayi_proxy *belayi_proxy_free(struct belayi_proxy *proxy)
{
	belayi_blanket_free(proxy->blanket);
	free(proxy);
	return NULL;
}

/* --- IUnknown ------------------------------------------------------------ */

HRESULT STDMETHODCALLTYPE belayi_proxy_query(IUnknown *This, REFIID iid,
					     void **ret_object)
{
	struct belayi_proxy *proxy = (struct belayi_proxy *)This;

	return belayi_faces_query(proxy->import, iid, ret_object);
}

ULONG STDMETHODCALLTYPE belayi_proxy_ref(IUnknown *This)
{
	struct belayi_proxy *proxy = (struct belayi_proxy *)This;

	if (__atomic_load_n(&proxy->refs, __ATOMIC_RELAXED))
		return __atomic_add_fetch(&proxy->refs, 1, __ATOMIC_RELAXED);
	return belayi_import_ref(proxy->import);
}

static void unlist_copy(struct belayi_proxy *copy)
{
	struct belayi_proxy **link = &copy->import->copies;

	pthread_mutex_lock(&belayi_copies_lock);
	while (*link != copy)
		link = &(*link)->next;
	*link = copy->next;
	pthread_mutex_unlock(&belayi_copies_lock);
}

ULONG STDMETHODCALLTYPE belayi_proxy_unref(IUnknown *This)
{
	struct belayi_proxy *proxy = (struct belayi_proxy *)This;
	struct belayi_import *import = proxy->import;
	uint32_t refs;

	if (!__atomic_load_n(&proxy->refs, __ATOMIC_RELAXED))
		return belayi_import_unref(import);
	refs = __atomic_sub_fetch(&proxy->refs, 1, __ATOMIC_ACQ_REL);
	if (!refs) {
		unlist_copy(proxy);
		(void)belayi_proxy_free(proxy);
		(void)belayi_import_unref(import);
	}
	return refs;
}

/* --- Copies -------------------------------------------------------------- */

struct belayi_proxy *belayi_proxy_find(struct belayi_import *import,
				       const IUnknown *object)
{
	struct belayi_proxy *proxy =
		__atomic_load_n(&import->proxies, __ATOMIC_ACQUIRE);

	while (proxy && (const void *)proxy != object)
		proxy = __atomic_load_n(&proxy->next, __ATOMIC_ACQUIRE);
	if (proxy)
		return proxy;
	pthread_mutex_lock(&belayi_copies_lock);
	proxy = import->copies;
	while (proxy && (const void *)proxy != object)
		proxy = proxy->next;
	pthread_mutex_unlock(&belayi_copies_lock);
	return proxy;
}

static HRESULT copy_settings(const struct belayi_blanket *from,
			     struct belayi_blanket **to)
{
	DWORD authn, authz, authn_level, imp_level, capabilities;
	OLECHAR *principal;
	void *info;
	HRESULT result;

	if (!from)
		return S_OK;
	result = belayi_blanket_query(from, &authn, &authz, &principal,
				      &authn_level, &imp_level, &info,
				      &capabilities);
	if (FAILED(result))
		return result;
	result = belayi_blanket_set(to, authn, authz, principal, authn_level,
				    imp_level, info, capabilities);
	CoTaskMemFree(principal);
	return result;
}

HRESULT belayi_proxy_copy(struct belayi_import *import, IUnknown *object,
			  IUnknown **ret_copy)
{
	struct belayi_proxy *original = belayi_proxy_find(import, object);
	struct belayi_proxy *copy;
	HRESULT result;

	if (!original)
		return E_INVALIDARG;
	result = belayi_proxy_new(import, original->stub, &copy);
	if (FAILED(result))
		return result;
	result = copy_settings(original->blanket, &copy->blanket);
	if (FAILED(result)) {
		(void)belayi_proxy_free(copy);
		return result;
	}
	copy->refs = 1;
	(void)belayi_import_ref(import);
	pthread_mutex_lock(&belayi_copies_lock);
	copy->next = import->copies;
	import->copies = copy;
	pthread_mutex_unlock(&belayi_copies_lock);
	*ret_copy = (IUnknown *)copy;
	return S_OK;
}
