/* SPDX-License-Identifier: MIT */
/*
 * ndr_release.h - gives back what values lead to
 */
#ifndef BELAYI_COM_NDR_RELEASE_H
#define BELAYI_COM_NDR_RELEASE_H

#include "ndr_types.h"

/*
 * belayi_release() - frees what pointers lead to, and releases interfaces
 *
 * capacity: how many elements the memory has of what is conformant
 *
 * For values whose memory follows COM's rules: it is CoTaskMemAlloc()'s. The
 * pointers are NULL afterwards.
 */
void belayi_release(const struct belayi_type *type, const unsigned char *image,
		    unsigned char *memory, uint32_t capacity);

#endif
