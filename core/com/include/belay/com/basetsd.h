/* SPDX-License-Identifier: MIT */
/*
 * belay/com/basetsd.h - integers of a fixed width, under their Windows names
 *
 * `long` has 64 bits here and 32 on Windows: LONG is int32_t. All 64-bit
 * names are one type, int64_t, so that pointers to them go together.
 */
#ifndef BELAY_COM_BASETSD_H
#define BELAY_COM_BASETSD_H

#include <stdint.h>

#ifndef __int64
#define __int64 long
#endif

typedef int8_t INT8;
typedef int16_t INT16;
typedef int32_t INT32;
typedef int64_t INT64;
typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef uint32_t UINT32;
typedef uint64_t UINT64;
typedef int32_t LONG32;
typedef int64_t LONG64;
typedef uint32_t ULONG32;
typedef uint64_t ULONG64;
typedef uint32_t DWORD32;
typedef uint64_t DWORD64;

typedef int64_t INT_PTR;
typedef uint64_t UINT_PTR;
typedef int64_t LONG_PTR;
typedef uint64_t ULONG_PTR;
typedef uint64_t DWORD_PTR;
typedef uint64_t SIZE_T;
typedef int64_t SSIZE_T;

#endif
