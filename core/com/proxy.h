/* SPDX-License-Identifier: MIT */
/*
 * proxy.h - single proxies, for their import
 */
#ifndef BELAYI_COM_PROXY_H
#define BELAYI_COM_PROXY_H

#include "import.h"

/* belayi_proxy_new() - for a stub that is not IUnknown's; in no list */
HRESULT belayi_proxy_new(struct belayi_import *import, struct belayi_stub *stub,
			 struct belayi_proxy **ret_proxy);

/* belayi_proxy_free() - one that nobody can have. Return: NULL */
struct belayi_proxy *belayi_proxy_free(struct belayi_proxy *proxy);

/*
 * belayi_proxy_copy() - IClientSecurity::CopyProxy
 *
 * Return: S_OK, and the copy has one reference and the original's settings;
 *         E_INVALIDARG: this is no proxy of the import.
 */
HRESULT belayi_proxy_copy(struct belayi_import *import, IUnknown *object,
			  IUnknown **ret_copy);

/*
 * belayi_proxy_find() - the import's proxy, or copy of one, at that address
 *
 * For pointers that programs give: they are compared, not used. NULL: none.
 */
struct belayi_proxy *belayi_proxy_find(struct belayi_import *import,
				       const IUnknown *object);

#endif
