/* SPDX-License-Identifier: MIT */
/*
 * early.c - a library that makes calls before and after everything of Belay's
 *
 * Preloaded last, it is the first that starts and the last that ends.
 */
#include <stdlib.h>

#include "null.h"

static void calls(int count)
{
	struct null_op op = {0, 0};

	while (count--) {
		if (null_begin(&op, 1) != 1 || null_poll(&op) != 0 ||
		    null_finish(&op) != 1)
			abort();
	}
}

__attribute__((constructor)) static void early(void)
{
	calls(3);
}

__attribute__((destructor)) static void late(void)
{
	calls(50);
}
