/* SPDX-License-Identifier: MIT */
/*
 * activate.c - from a class's identity to its class object, and to objects
 */
#define COBJMACROS

#include "builtin.h"
#include "classes.h"
#include "remote_class.h"

/* An interface of a class object that a program registered. */
static HRESULT connect_to(REFCLSID clsid, DWORD context, REFIID riid,
			  void **ppv)
{
	struct belayi_class class;
	HRESULT hr = belayi_class_find(clsid, context, &class);

	if (FAILED(hr))
		return hr;
	if (class.object) {
		hr = IUnknown_QueryInterface(class.object, riid, ppv);
		(void)IUnknown_Release(class.object);
		return hr;
	}
	hr = belayi_remote_class(&class, riid, ppv);
	(void)belayi_apartment_unref(class.home);
	return hr;
}

HRESULT CoGetClassObject(REFCLSID clsid, DWORD context, LPVOID reserved,
			 REFIID riid, LPVOID *ppv)
{
	IUnknown *builtin;

	if (!ppv)
		return E_INVALIDARG;
	*ppv = NULL;
	if (!clsid || !riid || reserved)
		return E_INVALIDARG;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	builtin = belayi_builtin_class(clsid);
	if (builtin && (context & CLSCTX_INPROC_SERVER))
		return IUnknown_QueryInterface(builtin, riid, ppv);
	return connect_to(clsid, context, riid, ppv);
}

HRESULT CoCreateInstance(REFCLSID clsid, LPUNKNOWN outer, DWORD context,
			 REFIID riid, LPVOID *ppv)
{
	IClassFactory *factory;
	HRESULT hr;

	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (!riid)
		return E_INVALIDARG;
	hr = CoGetClassObject(clsid, context, NULL, &IID_IClassFactory,
			      (void **)&factory);
	if (FAILED(hr))
		return hr;
	hr = IClassFactory_CreateInstance(factory, outer, riid, ppv);
	(void)IClassFactory_Release(factory);
	return hr;
}
