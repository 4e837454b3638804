/* SPDX-License-Identifier: MIT */
/*
 * prune.h - removes what dead processes left
 */
#ifndef BELAY_TOOLS_PRUNE_H
#define BELAY_TOOLS_PRUNE_H

#include <stdint.h>

#include "session.h"

/* struct pruned - what was removed */
struct pruned {
	unsigned int tables;
	unsigned int sessions;
	unsigned int living; /* tables that were asked for, but are in use */
};

/*
 * prune_session() - removes a session's tables of dead processes, and the
 * session if nothing is left in it
 *
 * pid: of this process only; 0 for all
 *
 * Leaves alone what belongs to other users, what runs, and what a `belay run`
 * that has not ended will still read.
 */
void prune_session(struct session *session, uint32_t pid,
		   struct pruned *pruned);

#endif
