/* SPDX-License-Identifier: MIT */
/*
 * idl_header.h - what `belay idl` changes in what widl has written
 */
#ifndef BELAY_TOOLS_IDL_HEADER_H
#define BELAY_TOOLS_IDL_HEADER_H

#include <stdio.h>

#include "idl_index.h"
#include "idl_widl.h"

/*
 * put_origin() - copies the first line, which names the IDL file: by its last
 * part, so that the result does not depend on where it was made
 *
 * Return: the rest of the text.
 */
const char *put_origin(const struct idl *idl, const char *text, FILE *to);

/*
 * header_complete() - copies a header, and lets each Begin_ return HRESULT
 *
 * widl gives it the type of the synchronous method. That differs for the few
 * methods that return no HRESULT.
 */
void header_complete(const struct idl *idl, const char *header,
		     const struct idl_index *index, FILE *to);

#endif
