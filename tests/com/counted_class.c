/* SPDX-License-Identifier: MIT */
/*
 * counted_class.c - the class of counted objects, which tests register
 */
#define COBJMACROS
#include "counted_class.h"

#include "check.h"
#include "impl.h"
#include "tally.h"

const CLSID CLSID_Counted = {
	0x5f3a1c01, 0x1111, 0x4222, {0x83, 0x33, 1, 2, 3, 4, 5, 6}};

struct counted_class counted_class;

static HRESULT class_QueryInterface(IClassFactory *iface, REFIID riid,
				    void **ppv)
{
	return belayi_query_only(iface, &IID_IClassFactory, riid, ppv);
}

static ULONG class_AddRef(IClassFactory *iface)
{
	(void)iface;
	return tally_add(&counted_class.references);
}

static ULONG class_Release(IClassFactory *iface)
{
	(void)iface;
	return tally_take(&counted_class.references);
}

static HRESULT class_CreateInstance(IClassFactory *iface, IUnknown *outer,
				    REFIID riid, void **ppv)
{
	struct counted *counted;
	HRESULT hr;

	(void)iface;
	__atomic_add_fetch(&counted_class.asked, 1, __ATOMIC_SEQ_CST);
	*ppv = NULL;
	if (outer)
		return CLASS_E_NOAGGREGATION;
	counted = counted_new(counted_class.bound);
	hr = ICalcMemory_QueryInterface(&counted->calc, riid, ppv);
	(void)ICalcMemory_Release(&counted->calc);
	return hr;
}

static HRESULT class_LockServer(IClassFactory *iface, BOOL lock)
{
	(void)iface;
	(void)lock;
	return S_OK;
}

static IClassFactoryVtbl class_vtbl = {
	class_QueryInterface, class_AddRef,     class_Release,
	class_CreateInstance, class_LockServer,
};

void counted_class_reset(bool bound)
{
	counted_class = (struct counted_class){{&class_vtbl}, .bound = bound};
}

void counted_class_register(void *unused)
{
	(void)unused;
	assert_int_equal(CoRegisterClassObject(&CLSID_Counted,
					       (IUnknown *)&counted_class.iface,
					       CLSCTX_LOCAL_SERVER,
					       REGCLS_MULTIPLEUSE,
					       &counted_class.cookie),
			 S_OK);
}

void counted_class_revoke(void *unused)
{
	(void)unused;
	assert_int_equal(CoRevokeClassObject(counted_class.cookie), S_OK);
}
