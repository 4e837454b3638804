/* SPDX-License-Identifier: MIT */
/*
 * again.h - the command that does a run once more
 */
#ifndef BELAY_TOOLS_AGAIN_H
#define BELAY_TOOLS_AGAIN_H

#include <stdint.h>

#include "watch.h"

/*
 * command_again() - the command line as it was, with the seed, and without the
 * trace's folder, as a shell takes it
 *
 * Return: free() it.
 */
char *command_again(const struct watch *watch, uint64_t seed);

#endif
