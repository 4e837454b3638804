/* SPDX-License-Identifier: MIT */
/*
 * idl_counts.h - finds computed counts that widl takes for one another
 *
 * It writes one function for all of a method's, or of a struct's: the first
 * one's.
 */
#ifndef BELAY_TOOLS_IDL_COUNTS_H
#define BELAY_TOOLS_IDL_COUNTS_H

#include "idl_widl.h"

/*
 * counts_check() - warns of each that is not the first one
 *
 * text: the file as the preprocessor left it
 */
void counts_check(const struct idl *idl, const char *text);

#endif
