/* SPDX-License-Identifier: MIT */
/*
 * memory.c - memory that crosses an interface: whoever gets it frees it
 *
 * It is malloc()'s, so that tools that look for mistakes with memory know it.
 */
#include <stdlib.h>

#include <belay/com/objbase.h>

LPVOID CoTaskMemAlloc(SIZE_T size)
{
	/* COM promises a pointer that can be freed for 0 bytes, too. */
	return malloc(size ? size : 1);
}

LPVOID CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
	if (memory && !size) {
		free(memory);
		return NULL;
	}
	return realloc(memory, size ? size : 1);
}

void CoTaskMemFree(LPVOID memory)
{
	free(memory);
}
