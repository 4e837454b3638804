/* SPDX-License-Identifier: MIT */
/*
 * null_plugin.c - a plugin that brings a null library of its own
 */
#include "null.h"

__attribute__((visibility("default"))) int plugin_call(void);

int plugin_call(void)
{
	struct null_op op = {.pending = 1};
	int begun = null_begin(&op, 1);

	return begun == null_finish(&op) ? begun : -2;
}
