/* SPDX-License-Identifier: MIT */
/*
 * session_rules.h - the files of a session that has rules
 */
#ifndef BELAY_TOOLS_SESSION_RULES_H
#define BELAY_TOOLS_SESSION_RULES_H

#include <belay/table.h>

#include "session.h"

/*
 * struct session_rules - what the processes of a run are told of its rules
 *
 * text:      the rules, one a line
 * count:     of them
 * seed:      of what they do at random
 * recording: whether what fires is listed
 * replaying: `replay`, sorted, says what is to fire; else the triggers do
 */
struct session_rules {
	const char *text;
	uint32_t count;
	uint64_t seed;
	bool recording;
	bool replaying;
	const struct belay_replay_entry *replay;
	size_t replay_count;
};

/*
 * session_rules_make() - writes them
 *
 * Return: false, and it has been said why.
 */
bool session_rules_make(const struct session *session,
			const struct session_rules *rules);

/*
 * session_rules_state() - reads what the rules did
 *
 * Return: NULL if it cannot be read; free() it. No more entries than
 *         `entries` says are there; *ret_lost were for want of room.
 */
struct belay_rules_state *session_rules_state(const struct session *session,
					      uint64_t *ret_lost);

#endif
