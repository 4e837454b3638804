/* SPDX-License-Identifier: MIT */
/*
 * aftermath.h - what is said and done when the program has ended
 */
#ifndef BELAY_TOOLS_AFTERMATH_H
#define BELAY_TOOLS_AFTERMATH_H

#include <stdint.h>

#include "session.h"
#include "watch.h"
#include "watch_rules.h"

/*
 * aftermath() - prints the summary, writes the record that was asked for, and
 * removes or keeps the session
 *
 * why_none: what to say, after a colon, if no process was watched; or ""
 */
void aftermath(const struct session *session, const struct watch *watch,
	       struct watch_rules *rules, const char *program,
	       const char *why_none, uint64_t discarded);

#endif
