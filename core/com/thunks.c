/* SPDX-License-Identifier: MIT */
/*
 * thunks.c - functions that know their slot and nothing else
 */
#include "thunks.h"

#include <stddef.h>

#define THUNK(n)                                                               \
	static uint64_t thunk_##n(uint64_t a, uint64_t b, uint64_t c,          \
				  uint64_t d, uint64_t e, uint64_t f)          \
	{                                                                      \
		const uint64_t registers[BELAYI_REGISTERS] = {                 \
			a, b, c, d, e, f};                                     \
                                                                               \
		return belayi_thunk_enter(0x##n, __builtin_return_address(0),  \
					  registers);                          \
	}

/* The numbers of all slots, in hexadecimal. */
#define SIXTEEN(X, high)                                                       \
	X(high##0)                                                             \
	X(high##1)                                                             \
	X(high##2)                                                             \
	X(high##3)                                                             \
	X(high##4)                                                             \
	X(high##5)                                                             \
	X(high##6)                                                             \
	X(high##7)                                                             \
	X(high##8)                                                             \
	X(high##9)                                                             \
	X(high##a)                                                             \
	X(high##b)                                                             \
	X(high##c)                                                             \
	X(high##d)                                                             \
	X(high##e)                                                             \
	X(high##f)
#define SLOTS(X)                                                               \
	SIXTEEN(X, 0)                                                          \
	SIXTEEN(X, 1)                                                          \
	SIXTEEN(X, 2)                                                          \
	SIXTEEN(X, 3)                                                          \
	SIXTEEN(X, 4)                                                          \
	SIXTEEN(X, 5)                                                          \
	SIXTEEN(X, 6)                                                          \
	SIXTEEN(X, 7)

SLOTS(THUNK)

#define ADDRESS(n) (const void *)thunk_##n,

static const void *const thunks[] = {SLOTS(ADDRESS)};

const void *belayi_thunk(uint32_t slot)
{
	return slot < sizeof(thunks) / sizeof(thunks[0]) ? thunks[slot] : NULL;
}
