/* SPDX-License-Identifier: MIT */
/*
 * lttng_output.h - the folder that a trace is written to
 */
#ifndef BELAY_TOOLS_LTTNG_OUTPUT_H
#define BELAY_TOOLS_LTTNG_OUTPUT_H

#include <stdbool.h>

/*
 * output_prepare() - makes the folder, and sees that a trace can be written
 *
 * ret_made: whether it was missing
 * Return: true; false, and it has been said why.
 */
bool output_prepare(const char *path, bool *ret_made);

/* output_has_room() - whether its disk can take more of a trace */
bool output_has_room(const char *path);

#endif
