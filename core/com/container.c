/* SPDX-License-Identifier: MIT */
/*
 * container.c - CLSID_SynchronizeContainer: waiting for the first of several
 *
 * It waits for the HANDLEs of its members, which they must have: those that they
 * have when a wait begins. Members stay, signaled or not, until the container
 * goes.
 */
#define COBJMACROS
#define CONST_VTABLE

#include <pthread.h>
#include <stdlib.h>

#include "apartment.h"
#include "builtin.h"
#include "handles.h"
#include "impl.h"

#define MEMBERS_MAX 63U

struct container {
	ISynchronizeContainer iface;
	uint32_t references;
	pthread_mutex_t lock; /* of what follows */
	unsigned int count;
	ISynchronize *members[MEMBERS_MAX];
	ISynchronizeHandle *sources[MEMBERS_MAX]; /* the same objects' */
};

static struct container *
impl_from_ISynchronizeContainer(ISynchronizeContainer *iface)
{
	return (struct container *)iface;
}

static HRESULT container_QueryInterface(ISynchronizeContainer *iface,
					REFIID riid, void **ppv)
{
	return belayi_query_only(iface, &IID_ISynchronizeContainer, riid, ppv);
}

static ULONG container_AddRef(ISynchronizeContainer *iface)
{
	struct container *container = impl_from_ISynchronizeContainer(iface);

	return __atomic_add_fetch(&container->references, 1, __ATOMIC_RELAXED);
}

static ULONG container_Release(ISynchronizeContainer *iface)
{
	struct container *container = impl_from_ISynchronizeContainer(iface);
	ULONG left =
		__atomic_sub_fetch(&container->references, 1, __ATOMIC_ACQ_REL);
	unsigned int i;

	if (left)
		return left;
	for (i = 0; i < container->count; i++) {
		(void)ISynchronize_Release(container->members[i]);
		(void)ISynchronizeHandle_Release(container->sources[i]);
	}
	(void)pthread_mutex_destroy(&container->lock);
	free(container);
	return 0;
}

/* Takes the source over, if it works. */
static HRESULT add(struct container *container, ISynchronize *member,
		   ISynchronizeHandle *source)
{
	HRESULT hr = RPC_E_OUT_OF_RESOURCES;

	(void)pthread_mutex_lock(&container->lock);
	if (container->count < MEMBERS_MAX) {
		container->members[container->count] = member;
		container->sources[container->count++] = source;
		hr = S_OK;
	}
	(void)pthread_mutex_unlock(&container->lock);
	if (SUCCEEDED(hr))
		(void)ISynchronize_AddRef(member);
	return hr;
}

static HRESULT container_AddSynchronize(ISynchronizeContainer *iface,
					ISynchronize *pSync)
{
	ISynchronizeHandle *source;
	HANDLE handle;
	HRESULT hr;

	if (!pSync)
		return E_INVALIDARG;
	hr = ISynchronize_QueryInterface(pSync, &IID_ISynchronizeHandle,
					 (void **)&source);
	if (FAILED(hr))
		return hr;
	hr = ISynchronizeHandle_GetHandle(source, &handle);
	if (SUCCEEDED(hr))
		hr = add(impl_from_ISynchronizeContainer(iface), pSync, source);
	if (FAILED(hr))
		(void)ISynchronizeHandle_Release(source);
	return hr;
}

/* Members are never taken out, so the lock is not held while they are asked. */
static HRESULT ask_handles(struct container *container, HANDLE *ret_handles,
			   unsigned int *ret_count)
{
	unsigned int i, count;
	HRESULT hr;

	(void)pthread_mutex_lock(&container->lock);
	count = container->count;
	(void)pthread_mutex_unlock(&container->lock);
	for (i = 0; i < count; i++) {
		hr = ISynchronizeHandle_GetHandle(container->sources[i],
						  &ret_handles[i]);
		if (FAILED(hr))
			return hr;
	}
	*ret_count = count;
	return S_OK;
}

static HRESULT wait_for_one(struct container *container, DWORD milliseconds,
			    ISynchronize **ret_member)
{
	HANDLE handles[MEMBERS_MAX];
	unsigned int count;
	DWORD index;
	HRESULT hr = ask_handles(container, handles, &count);

	if (FAILED(hr))
		return hr;
	if (!count)
		return RPC_E_NO_SYNC;
	hr = belayi_handles_wait(handles, count, 0, belayi_until(milliseconds),
				 &index);
	if (hr == RPC_S_CALLPENDING)
		return RPC_E_TIMEOUT;
	if (FAILED(hr))
		return hr;
	*ret_member = container->members[index];
	(void)ISynchronize_AddRef(*ret_member);
	return S_OK;
}

static HRESULT container_WaitMultiple(ISynchronizeContainer *iface,
				      DWORD dwFlags, DWORD dwTimeOut,
				      ISynchronize **ppSync)
{
	HRESULT hr;

	if (!ppSync)
		return E_INVALIDARG;
	*ppSync = NULL;
	if (dwFlags & COWAIT_WAITALL)
		return E_INVALIDARG;
	/* What comes in meanwhile may release it, and its members. */
	(void)container_AddRef(iface);
	hr = wait_for_one(impl_from_ISynchronizeContainer(iface), dwTimeOut,
			  ppSync);
	(void)container_Release(iface);
	return hr;
}

static const ISynchronizeContainerVtbl container_vtbl = {
	container_QueryInterface, container_AddRef,       container_Release,
	container_AddSynchronize, container_WaitMultiple,
};

HRESULT belayi_container_new(REFIID riid, void **ppv)
{
	struct container *container = calloc(1, sizeof(*container));
	HRESULT hr;

	if (!container)
		return E_OUTOFMEMORY;
	container->iface.lpVtbl = &container_vtbl;
	container->references = 1;
	(void)pthread_mutex_init(&container->lock, NULL);
	hr = ISynchronizeContainer_QueryInterface(&container->iface, riid, ppv);
	(void)ISynchronizeContainer_Release(&container->iface);
	return hr;
}
