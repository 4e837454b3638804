/* SPDX-License-Identifier: MIT */
/*
 * lifetime.c - CoDisconnectObject and CoLockObjectExternal
 */
#define COBJMACROS

#include <stdbool.h>

#include "apartment.h"
#include "export.h"

/* Whoever asks for more unlocks than there were locks gets no other's. */
static bool take_lock(struct belayi_export *export)
{
	uint32_t locks = __atomic_load_n(&export->locks, __ATOMIC_RELAXED);

	while (locks)
		if (__atomic_compare_exchange_n(
			    &export->locks, &locks, locks - 1, true,
			    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	return false;
}

static HRESULT lock_object(IUnknown *object)
{
	struct belayi_stub *stub;
	HRESULT result = belayi_export_object(object, &IID_IUnknown, &stub);

	if (SUCCEEDED(result))
		__atomic_add_fetch(&stub->export->locks, 1, __ATOMIC_RELAXED);
	return result;
}

static HRESULT unlock_object(IUnknown *object, bool last_unlock_releases)
{
	struct belayi_export *export = belayi_export_find(object);
	bool locked = export && take_lock(export);

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
