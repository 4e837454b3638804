/* SPDX-License-Identifier: MIT */
/*
 * aftermath.h - what is said and done when the program has ended
 */
#ifndef BELAY_TOOLS_AFTERMATH_H
#define BELAY_TOOLS_AFTERMATH_H

#include <stdint.h>

#include "session.h"
#include "watch.h"

/*
 * aftermath() - prints the summary, and removes or keeps the session
 *
 * why_none: what to say, after a colon, if no process was watched; or ""
 */
void aftermath(const struct session *session, const struct watch *watch,
	       const char *program, const char *why_none, uint64_t discarded);

#endif
