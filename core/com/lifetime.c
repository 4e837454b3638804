/* SPDX-License-Identifier: MIT */
/*
 * lifetime.c - CoDisconnectObject and CoLockObjectExternal
 */
#define COBJMACROS

#include <stdbool.h>

#include "apartment.h"
#include "export.h"

/* With a strong reference, which the lock is to have. */
static HRESULT add_lock(struct belayi_export *export)
{
	(void)__atomic_add_fetch(&export->locks, 1, __ATOMIC_SEQ_CST);
	/* Whoever disconnects takes the locks, but may not have seen this. */
	if (belayi_export_connected(export))
		return S_OK;
	if (belayi_export_take_lock(export))
		belayi_export_drop(export);
	return CO_E_OBJNOTCONNECTED;
}

static HRESULT lock_object(IUnknown *object)
{
	struct belayi_stub *stub;
	HRESULT result = belayi_export_object(object, &IID_IUnknown, &stub);

	return SUCCEEDED(result) ? add_lock(stub->export) : result;
}

static HRESULT unlock_object(IUnknown *object, bool last_unlock_releases)
{
	struct belayi_export *export = belayi_export_find(object);
	bool locked = export && belayi_export_take_lock(export);

	if (locked)
		belayi_export_unlock(export, last_unlock_releases);
	if (export)
		belayi_export_unref(export);
	return locked ? S_OK : CO_E_OBJNOTREG;
}

HRESULT CoLockObjectExternal(IUnknown *object, BOOL lock,
			     BOOL last_unlock_releases)
{
	if (!object)
		return E_INVALIDARG;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	if (lock)
		return lock_object(object);
	return unlock_object(object, last_unlock_releases);
}

HRESULT CoDisconnectObject(IUnknown *object, DWORD reserved)
{
	IMarshal *marshal;
	HRESULT result = S_OK;

	if (!object)
		return E_INVALIDARG;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	if (SUCCEEDED(IUnknown_QueryInterface(object, &IID_IMarshal,
					      (void **)&marshal))) {
		result = IMarshal_DisconnectObject(marshal, reserved);
		IMarshal_Release(marshal);
	}
	/* It may have gone to other contexts in the standard way. */
	belayi_export_cut(object);
	return result;
}
