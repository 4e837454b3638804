/* SPDX-License-Identifier: MIT */
/*
 * activate.c - from a class's identity to its class object, and to objects
 */
#define COBJMACROS

#include "builtin.h"
#include "classes.h"

/* The class object, counted, as this apartment can use it. */
static HRESULT find(REFCLSID clsid, DWORD context, IUnknown **ret_object)
{
	IUnknown *builtin = belayi_builtin_class(clsid);
	struct belayi_class class;
	HRESULT hr;

	if (builtin && (context & CLSCTX_INPROC_SERVER)) {
		(void)IUnknown_AddRef(builtin);
		*ret_object = builtin;
		return S_OK;
	}
	hr = belayi_class_find(clsid, context, &class);
	if (FAILED(hr))
		return hr;
	if (!class.object) {
		(void)belayi_apartment_unref(class.home);
		return REGDB_E_CLASSNOTREG;
	}
	*ret_object = class.object;
	return S_OK;
}

HRESULT CoGetClassObject(REFCLSID clsid, DWORD context, LPVOID reserved,
			 REFIID riid, LPVOID *ppv)
{
	IUnknown *object;
	HRESULT hr;

	if (!ppv)
		return E_INVALIDARG;
	*ppv = NULL;
	if (!clsid || !riid || reserved)
		return E_INVALIDARG;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	hr = find(clsid, context, &object);
	if (FAILED(hr))
		return hr;
	hr = IUnknown_QueryInterface(object, riid, ppv);
	(void)IUnknown_Release(object);
	return hr;
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
