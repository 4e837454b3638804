/* SPDX-License-Identifier: MIT */
/*
 * security.c - IClientSecurity's settings
 */
#include "security.h"

#include <stdlib.h>
#include <string.h>

#include <belay/com/rpcdce.h>

struct belayi_blanket {
	DWORD authn;
	DWORD authz;
	DWORD authn_level;
	DWORD imp_level;
	DWORD capabilities;
	void *info;
	OLECHAR *principal;
};

static const struct belayi_blanket defaults = {
	.authn = RPC_C_AUTHN_WINNT,
	.authz = RPC_C_AUTHZ_NONE,
	.authn_level = RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
	.imp_level = RPC_C_IMP_LEVEL_IMPERSONATE,
	.capabilities = EOAC_NONE,
};

static size_t bytes_of(const OLECHAR *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return (length + 1) * sizeof(*text);
}

static void put(DWORD *ret, DWORD value)
{
	if (ret)
		*ret = value;
}

HRESULT belayi_blanket_query(const struct belayi_blanket *blanket,
			     DWORD *ret_authn, DWORD *ret_authz,
			     OLECHAR **ret_principal, DWORD *ret_authn_level,
			     DWORD *ret_imp_level, void **ret_info,
			     DWORD *ret_capabilities)
{
	OLECHAR *principal = NULL;

	if (!blanket)
		blanket = &defaults;
	if (ret_principal && blanket->principal) {
		principal = CoTaskMemAlloc(bytes_of(blanket->principal));
		if (!principal)
			return E_OUTOFMEMORY;
		memcpy(principal, blanket->principal,
		       bytes_of(blanket->principal));
	}
	if (ret_principal)
		*ret_principal = principal;
	if (ret_info)
		*ret_info = blanket->info;
	put(ret_authn, blanket->authn);
	put(ret_authz, blanket->authz);
	put(ret_authn_level, blanket->authn_level);
	put(ret_imp_level, blanket->imp_level);
	put(ret_capabilities, blanket->capabilities);
	return S_OK;
}

static DWORD or_default(DWORD value, DWORD unset, DWORD instead)
{
	return value == unset ? instead : value;
}

HRESULT belayi_blanket_set(struct belayi_blanket **blanket, DWORD authn,
			   DWORD authz, const OLECHAR *principal,
			   DWORD authn_level, DWORD imp_level, void *info,
			   DWORD capabilities)
{
	struct belayi_blanket *made;

	if (authn_level > RPC_C_AUTHN_LEVEL_PKT_PRIVACY ||
	    imp_level > RPC_C_IMP_LEVEL_DELEGATE)
		return E_INVALIDARG;
	made = calloc(1, sizeof(*made) + (principal ? bytes_of(principal) : 0));
	if (!made)
		return E_OUTOFMEMORY;
	made->authn =
		or_default(authn, (DWORD)RPC_C_AUTHN_DEFAULT, defaults.authn);
	made->authz =
		or_default(authz, (DWORD)RPC_C_AUTHZ_DEFAULT, defaults.authz);
	made->authn_level = or_default(authn_level, RPC_C_AUTHN_LEVEL_DEFAULT,
				       defaults.authn_level);
	made->imp_level = or_default(imp_level, RPC_C_IMP_LEVEL_DEFAULT,
				     defaults.imp_level);
	made->capabilities =
		or_default(capabilities, EOAC_DEFAULT, defaults.capabilities);
	made->info = info;
	if (principal)
		made->principal =
			memcpy(made + 1, principal, bytes_of(principal));
	free(*blanket);
	*blanket = made;
	return S_OK;
}

void belayi_blanket_free(struct belayi_blanket *blanket)
{
	free(blanket);
}
