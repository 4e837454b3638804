/* SPDX-License-Identifier: MIT */
/*
 * array.h - arrays that grow by one element at a time
 */
#ifndef BELAY_TOOLS_ARRAY_H
#define BELAY_TOOLS_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/*
 * array_grow() - makes room for one more element behind `count` of them
 *
 * The room doubles when `count` is a power of 2, so every growth of an array
 * has to come through here.
 */
static inline void *array_grow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) == 0)
		array = realloc(array, (count ? 2 * count : 1) * size);
	if (!array)
		abort();
	return array;
}

#endif
