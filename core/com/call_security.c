/* SPDX-License-Identifier: MIT */
/*
 * call_security.c - IClientSecurity of call objects: settings of the calls that
 * they make
 */
#define COBJMACROS
#include <pthread.h>

#include "call_object.h"
#include "fork.h"
#include "impl.h"
#include "security.h"

BELAYI_DELEGATE(IClientSecurity, belayi_call_object, security, waitable.outer)

static struct belayi_call_object *object_from(IClientSecurity *This)
{
	return BELAYI_IMPL(belayi_call_object, security, This);
}

/* Whether it is a pointer to this very call object. */
static bool is_own(struct belayi_call_object *object, IUnknown *pointer)
{
	void *identity;
	void *asked;

	if (!pointer ||
	    FAILED(IUnknown_QueryInterface(pointer, &IID_IUnknown, &asked)))
		return false;
	(void)IUnknown_Release((IUnknown *)asked);
	if (FAILED(IUnknown_QueryInterface(object->waitable.outer,
					   &IID_IUnknown, &identity)))
		return false;
	(void)IUnknown_Release((IUnknown *)identity);
	return identity == asked;
}

/* Of all call objects: blankets are asked for and set by several threads. */
pthread_mutex_t belayi_call_settings_lock = PTHREAD_MUTEX_INITIALIZER;

static HRESULT STDMETHODCALLTYPE security_QueryBlanket(
	IClientSecurity *This, IUnknown *pProxy, DWORD *pAuthnSvc,
	DWORD *pAuthzSvc, OLECHAR **pServerPrincName, DWORD *pAuthnLevel,
	DWORD *pImpLevel, void **pAuthInfo, DWORD *pCapabilities)
{
	struct belayi_call_object *object = object_from(This);
	HRESULT hr;

	if (!is_own(object, pProxy))
		return E_INVALIDARG;
	(void)pthread_mutex_lock(&belayi_call_settings_lock);
	hr = belayi_blanket_query(object->blanket, pAuthnSvc, pAuthzSvc,
				  pServerPrincName, pAuthnLevel, pImpLevel,
				  pAuthInfo, pCapabilities);
	(void)pthread_mutex_unlock(&belayi_call_settings_lock);
	return hr;
}

static HRESULT STDMETHODCALLTYPE security_SetBlanket(
	IClientSecurity *This, IUnknown *pProxy, DWORD dwAuthnSvc,
	DWORD dwAuthzSvc, OLECHAR *pServerPrincName, DWORD dwAuthnLevel,
	DWORD dwImpLevel, void *pAuthInfo, DWORD dwCapabilities)
{
	struct belayi_call_object *object = object_from(This);
	HRESULT hr;

	if (!is_own(object, pProxy))
		return E_INVALIDARG;
	(void)pthread_mutex_lock(&belayi_call_settings_lock);
	hr = belayi_blanket_set(&object->blanket, dwAuthnSvc, dwAuthzSvc,
				pServerPrincName, dwAuthnLevel, dwImpLevel,
				pAuthInfo, dwCapabilities);
	(void)pthread_mutex_unlock(&belayi_call_settings_lock);
	return hr;
}

/* A call object is no proxy: there is one of it. */
static HRESULT STDMETHODCALLTYPE security_CopyProxy(IClientSecurity *This,
						    IUnknown *pProxy,
						    IUnknown **ppCopy)
{
	(void)This;
	(void)pProxy;
	if (!ppCopy)
		return E_POINTER;
	*ppCopy = NULL;
	return E_INVALIDARG;
}

const IClientSecurityVtbl belayi_object_security = {
	security_QueryInterface, security_AddRef,     security_Release,
	security_QueryBlanket,   security_SetBlanket, security_CopyProxy,
};
