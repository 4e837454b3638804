/* SPDX-License-Identifier: MIT */
/*
 * guids.c - the constants of all IIDs and CLSIDs that the headers declare
 */
#define INITGUID

#include <belay/com/objbase.h>
