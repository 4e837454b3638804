/* SPDX-License-Identifier: MIT */
/*
 * security.h - IClientSecurity's settings, for proxies and call objects
 *
 * Inside one process nobody is authenticated: settings are kept, told again,
 * and change nothing else.
 */
#ifndef BELAYI_COM_SECURITY_H
#define BELAYI_COM_SECURITY_H

#include <belay/com/objbase.h>

struct belayi_blanket;

/*
 * belayi_blanket_query() - IClientSecurity::QueryBlanket
 *
 * blanket: NULL: the defaults
 * Every result may be NULL. *ret_principal is CoTaskMemAlloc()'s.
 */
HRESULT belayi_blanket_query(const struct belayi_blanket *blanket,
			     DWORD *ret_authn, DWORD *ret_authz,
			     OLECHAR **ret_principal, DWORD *ret_authn_level,
			     DWORD *ret_imp_level, void **ret_info,
			     DWORD *ret_capabilities);

/*
 * belayi_blanket_set() - IClientSecurity::SetBlanket
 *
 * *blanket is made where it is NULL. Not for two threads at once.
 * Return: S_OK; E_INVALIDARG: a level that there is not; E_OUTOFMEMORY.
 */
HRESULT belayi_blanket_set(struct belayi_blanket **blanket, DWORD authn,
			   DWORD authz, const OLECHAR *principal,
			   DWORD authn_level, DWORD imp_level, void *info,
			   DWORD capabilities);

/* belayi_blanket_free() - accepts NULL */
void belayi_blanket_free(struct belayi_blanket *blanket);

#endif
