/* SPDX-License-Identifier: MIT */
/*
 * header.c - a header that `belay idl` made compiles alone: HEADER
 */
#define COBJMACROS

#include HEADER

/* Its includes are complete, so that it can be used. */
extern IUnknown *header_object;
IUnknown *header_object;
