/* SPDX-License-Identifier: MIT */
/*
 * builtin.c - the class objects of the classes that are built in
 *
 * They are constants: counting their references means nothing.
 */
#define COBJMACROS
#define CONST_VTABLE

#include "builtin.h"

#include "impl.h"

static HRESULT factory_QueryInterface(IClassFactory *iface, REFIID riid,
				      void **ppv)
{
	return belayi_query_only(iface, &IID_IClassFactory, riid, ppv);
}

static ULONG factory_AddRef(IClassFactory *iface)
{
	(void)iface;
	return 2;
}

static ULONG factory_Release(IClassFactory *iface)
{
	(void)iface;
	return 1;
}

static HRESULT event_CreateInstance(bool automatic, IUnknown *outer,
				    REFIID riid, void **ppv)
{
	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (outer && !IsEqualIID(riid, &IID_IUnknown))
		return E_INVALIDARG;
	return belayi_event_object_new(automatic, outer, riid, ppv);
}

static HRESULT manual_CreateInstance(IClassFactory *iface, IUnknown *pUnkOuter,
				     REFIID riid, void **ppvObject)
{
	(void)iface;
	return event_CreateInstance(false, pUnkOuter, riid, ppvObject);
}

static HRESULT automatic_CreateInstance(IClassFactory *iface,
					IUnknown *pUnkOuter, REFIID riid,
					void **ppvObject)
{
	(void)iface;
	return event_CreateInstance(true, pUnkOuter, riid, ppvObject);
}

static HRESULT container_CreateInstance(IClassFactory *iface,
					IUnknown *pUnkOuter, REFIID riid,
					void **ppvObject)
{
	(void)iface;
	if (!ppvObject)
		return E_POINTER;
	*ppvObject = NULL;
	if (pUnkOuter)
		return CLASS_E_NOAGGREGATION;
	return belayi_container_new(riid, ppvObject);
}

static HRESULT factory_LockServer(IClassFactory *iface, BOOL fLock)
{
	(void)iface;
	(void)fLock;
	return S_OK;
}

#define FACTORY(create)                                                        \
	{                                                                      \
		.lpVtbl = &(const IClassFactoryVtbl)                           \
		{                                                              \
			factory_QueryInterface, factory_AddRef,                \
				factory_Release, create, factory_LockServer,   \
		}                                                              \
	}

static const struct {
	const CLSID *clsid;
	IClassFactory factory;
} classes[] = {
	{&CLSID_ManualResetEvent, FACTORY(manual_CreateInstance)},
	{&CLSID_StdEvent, FACTORY(automatic_CreateInstance)},
	{&CLSID_SynchronizeContainer, FACTORY(container_CreateInstance)},
};

IUnknown *belayi_builtin_class(REFCLSID clsid)
{
	unsigned int i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (IsEqualCLSID(clsid, classes[i].clsid))
			return (IUnknown *)&classes[i].factory;
	return NULL;
}
