/* SPDX-License-Identifier: MIT */
/*
 * idl_letters.h - what widl's format strings leave out of a method's types
 */
#ifndef BELAY_TOOLS_IDL_LETTERS_H
#define BELAY_TOOLS_IDL_LETTERS_H

#include <stddef.h>
#include <stdio.h>

#include "idl_index.h"

/*
 * letters_put() - one method's letters, see belay/com/rpcproxy.h
 *
 * The compiler of the proxy file finds out about the types: here are only
 * their names, as they stand in the header's vtable. A method that is not
 * there has none.
 */
void letters_put(const struct idl_index *index, const char *interface,
		 const char *method, size_t method_length, FILE *to);

#endif
