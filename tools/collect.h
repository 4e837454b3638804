/* SPDX-License-Identifier: MIT */
/*
 * collect.h - adds up what the processes of a session left
 */
#ifndef BELAY_TOOLS_COLLECT_H
#define BELAY_TOOLS_COLLECT_H

#include "session.h"
#include "summary.h"

/*
 * struct collected - what was found beside the numbers
 *
 * killed:  processes that died with calls in flight; killed_pid is one
 * running: processes that still run; running_pid is one
 */
struct collected {
	unsigned int killed;
	unsigned int running;
	uint32_t killed_pid;
	uint32_t running_pid;
};

/* collect_session() - adds a session to a summary that was made with {0} */
void collect_session(const struct session *session, struct summary *summary,
		     struct collected *ret_collected);

#endif
