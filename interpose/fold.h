/* SPDX-License-Identifier: MIT */
/*
 * fold.h - what a process leaves in the session's summary when it ends
 */
#ifndef BELAYI_FOLD_H
#define BELAYI_FOLD_H

#include "process.h"

/* belayi_fold_own() - adds this process's table to the summary, once */
void belayi_fold_own(int folder);

/* belayi_fold_left() - adds a table that this process left before an exec */
void belayi_fold_left(int folder, const char *name);

#endif
