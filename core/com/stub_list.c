/* SPDX-License-Identifier: MIT */
/*
 * stub_list.c - the interfaces of an exported object
 *
 * A list that only grows, read without a lock.
 */
#define COBJMACROS

#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "interface.h"

static struct belayi_stub *first(struct belayi_export *export)
{
	/* Acquire: pairs with the release in belayi_stub_add(). */
	return __atomic_load_n(&export->stubs, __ATOMIC_ACQUIRE);
}

static struct belayi_stub *after(struct belayi_stub *stub)
{
	return __atomic_load_n(&stub->next, __ATOMIC_ACQUIRE);
}

const IID *belayi_stub_iid(const struct belayi_stub *stub)
{
	return stub->iface ? &stub->iface->iid : &IID_IUnknown;
}

struct belayi_stub *belayi_stub_find(struct belayi_export *export, REFIID iid)
{
	struct belayi_stub *stub = first(export);

	while (stub && !IsEqualIID(belayi_stub_iid(stub), iid))
		stub = after(stub);
	return stub;
}

struct belayi_stub *belayi_stub_named(struct belayi_export *export,
				      const GUID *ipid)
{
	struct belayi_stub *stub = first(export);

	while (stub && !IsEqualGUID(&stub->ipid, ipid))
		stub = after(stub);
	return stub;
}

/* The IPID's first part is given when the stub is listed. */
static void name_stub(struct belayi_stub *stub)
{
	uint64_t oxid = belayi_apartment_id(stub->export->apartment);

	stub->ipid.Data2 = (uint16_t)oxid;
	stub->ipid.Data3 = (uint16_t)(oxid >> 16);
	memcpy(stub->ipid.Data4, &stub->export->oid, sizeof(uint64_t));
}

/* Takes the object over, whatever comes of it. */
static HRESULT list_stub(struct belayi_export *export,
			 const struct belayi_interface *iface, IUnknown *object)
{
	struct belayi_stub *stub = calloc(1, sizeof(*stub));

	if (!stub) {
		IUnknown_Release(object);
		return E_OUTOFMEMORY;
	}
	stub->iface = iface;
	stub->export = export;
	stub->object = object;
	name_stub(stub);
	if (!belayi_stub_add(stub)) {
		/* Another thread was faster. */
		IUnknown_Release(object);
		free(stub);
	}
	return S_OK;
}

/* Has entered the export. */
static HRESULT make_stub(struct belayi_export *export, REFIID iid)
{
	const struct belayi_interface *iface = NULL;
	IUnknown *object;
	HRESULT result = IUnknown_QueryInterface(export->identity, iid,
						 (void **)&object);

	if (FAILED(result))
		return result;
	if (!IsEqualIID(iid, &IID_IUnknown)) {
		iface = belayi_interface_find(iid);
		if (!iface) {
			IUnknown_Release(object);
			return REGDB_E_IIDNOTREG;
		}
	}
	return list_stub(export, iface, object);
}

HRESULT belayi_stub_query(struct belayi_export *export, REFIID iid,
			  struct belayi_stub **ret_stub)
{
	struct belayi_stub *stub = belayi_stub_find(export, iid);
	HRESULT result = S_OK;

	if (!stub) {
		if (!belayi_export_enter(export))
			return RPC_E_DISCONNECTED;
		result = make_stub(export, iid);
		stub = belayi_stub_find(export, iid);
		belayi_export_leave(export);
	}
	if (SUCCEEDED(result))
		*ret_stub = stub;
	return result;
}

ICallFactory *belayi_stub_factory(struct belayi_stub *stub)
{
	ICallFactory *factory = NULL;
	ICallFactory *none = NULL;

	/* Acquire: pairs with the release below. */
	if (__atomic_load_n(&stub->factory_asked, __ATOMIC_ACQUIRE))
		return __atomic_load_n(&stub->factory, __ATOMIC_ACQUIRE);
	if (FAILED(IUnknown_QueryInterface(stub->object, &IID_ICallFactory,
					   (void **)&factory)))
		factory = NULL;
	/* Two threads may have asked: the pointers are equal, as QI promises. */
	if (factory &&
	    !__atomic_compare_exchange_n(&stub->factory, &none, factory, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		ICallFactory_Release(factory);
	__atomic_store_n(&stub->factory_asked, 1, __ATOMIC_RELEASE);
	return __atomic_load_n(&stub->factory, __ATOMIC_ACQUIRE);
}
