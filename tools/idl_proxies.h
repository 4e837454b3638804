/* SPDX-License-Identifier: MIT */
/*
 * idl_proxies.h - puts into NAME_p.c what widl leaves out
 *
 * widl cannot write proxies of interfaces with async_uuid, so it was shown
 * them without. What is missing then: the IIDs of their asynchronous forms,
 * and the methods' names, which only stand in comments.
 */
#ifndef BELAY_TOOLS_IDL_PROXIES_H
#define BELAY_TOOLS_IDL_PROXIES_H

#include <stdbool.h>
#include <stdio.h>

#include "idl_index.h"
#include "idl_widl.h"

/*
 * proxies_complete() - copies a proxy file, and completes it
 *
 * index: of this text, and of the header of the same IDL file
 * Return: false, with the reason said, where the text is not as this widl
 *         writes it.
 */
bool proxies_complete(const struct idl *idl, const char *proxies,
		      const struct idl_index *index, FILE *to);

#endif
