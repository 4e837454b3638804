/* SPDX-License-Identifier: MIT */
/*
 * idl_wide.h - finds wchar_t in an IDL file
 *
 * widl takes it for 16 bits, but C's has 32 on Linux: what it describes would
 * not be what the program passes.
 */
#ifndef BELAY_TOOLS_IDL_WIDE_H
#define BELAY_TOOLS_IDL_WIDE_H

#include <stdbool.h>

#include "idl_widl.h"

/*
 * wide_check() - looks for it
 *
 * text: the file as the preprocessor left it
 * Return: true where there is none; else each place has been said.
 */
bool wide_check(const struct idl *idl, const char *text);

#endif
