/* SPDX-License-Identifier: MIT */
/*
 * lttng_home.h - the folder that a session daemon of our own lives in
 */
#ifndef BELAY_TOOLS_LTTNG_HOME_H
#define BELAY_TOOLS_LTTNG_HOME_H

#include <limits.h>
#include <stdbool.h>

/*
 * struct lttng_home - LTTNG_HOME, for the daemon and for the programs
 *
 * path: "" where there is none
 * lock: held as long as it is in use
 */
struct lttng_home {
	char path[PATH_MAX / 4];
	int lock;
};

/*
 * lttng_home_make() - makes one, and removes those that killed ones left
 *
 * Return: true; false with errno.
 */
bool lttng_home_make(struct lttng_home *ret_home);

/* lttng_home_remove() - and everything in it */
void lttng_home_remove(struct lttng_home *home);

#endif
