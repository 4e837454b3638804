/* SPDX-License-Identifier: MIT */
/*
 * session.h - whether and where this process records
 */
#ifndef BELAYI_SESSION_H
#define BELAYI_SESSION_H

#include <stdbool.h>

/*
 * belayi_session_end() - the process ends well: what it counted goes to the
 * summary, and its table is removed. Calls after this pass through.
 */
void belayi_session_end(void);

/*
 * belayi_session_confined() - whether the program has forbidden itself system
 * calls since its start: then we make none that it would not make
 */
bool belayi_session_confined(void);

#endif
