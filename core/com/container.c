/* SPDX-License-Identifier: MIT */
/*
 * container.c - CLSID_SynchronizeContainer: waiting for the first of several
 *
 * It waits for the HANDLEs of its members, which they must have. Members stay,
 * signaled or not, until the container goes.
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
	HANDLE handles[MEMBERS_MAX];
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
	for (i = 0; i < container->count; i++)
		(void)ISynchronize_Release(container->members[i]);
	(void)pthread_mutex_destroy(&container->lock);
	free(container);
	return 0;
}

static HRESULT add(struct container *container, ISynchronize *member,
		   HANDLE handle)
{
	HRESULT hr = RPC_E_OUT_OF_RESOURCES;

	(void)pthread_mutex_lock(&container->lock);
	if (container->count < MEMBERS_MAX) {
		container->members[container->count] = member;
		container->handles[container->count++] = handle;
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
	(void)ISynchronizeHandle_Release(source);
	if (FAILED(hr))
		return hr;
	return add(impl_from_ISynchronizeContainer(iface), pSync, handle);
}

static HRESULT container_WaitMultiple(ISynchronizeContainer *iface,
				      DWORD dwFlags, DWORD dwTimeOut,
				      ISynchronize **ppSync)
{
	struct container *container = impl_from_ISynchronizeContainer(iface);
	HANDLE handles[MEMBERS_MAX];
	unsigned int i, count;
	DWORD index;
	HRESULT hr;

	if (!ppSync)
		return E_INVALIDARG;
	*ppSync = NULL;
	if (dwFlags & COWAIT_WAITALL)
		return E_INVALIDARG;
	(void)pthread_mutex_lock(&container->lock);
	count = container->count;
	for (i = 0; i < count; i++)
		handles[i] = container->handles[i];
	(void)pthread_mutex_unlock(&container->lock);
	if (!count)
		return RPC_E_NO_SYNC;
	hr = belayi_handles_wait(handles, count, 0, belayi_until(dwTimeOut),
				 &index);
	if (hr == RPC_S_CALLPENDING)
		return RPC_E_TIMEOUT;
	if (FAILED(hr))
		return hr;
	/* Members are never replaced: this one is what was waited for. */
	*ppSync = container->members[index];
	(void)ISynchronize_AddRef(*ppSync);
	return S_OK;
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
