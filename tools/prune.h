/* SPDX-License-Identifier: MIT */
/*
 * prune.h - removes what dead processes left
 */
#ifndef BELAY_TOOLS_PRUNE_H
#define BELAY_TOOLS_PRUNE_H

#include "session.h"

/* struct pruned - what was removed */
struct pruned {
	unsigned int tables;
	unsigned int sessions;
};

/*
 * prune_session() - removes a session's tables of dead processes, and the
 * session if nothing is left in it
 *
 * Leaves alone what belongs to other users, what runs, and what a `belay run`
 * that has not ended will still read.
 */
void prune_session(struct session *session, struct pruned *pruned);

#endif
