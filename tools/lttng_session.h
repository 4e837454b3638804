/* SPDX-License-Identifier: MIT */
/*
 * lttng_session.h - one LTTng session that records what Belay emits
 */
#ifndef BELAY_TOOLS_LTTNG_SESSION_H
#define BELAY_TOOLS_LTTNG_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct recording {
	char name[64];
	struct lttng_handle *handle;
};

/*
 * recording_start() - makes a session of a new name, and starts it
 *
 * output: an empty folder
 * Return: true; false, and it has been said why.
 */
bool recording_start(const char *output, bool lossless,
		     struct recording *ret_recording);

/* recording_end() - no events come any more; recording_stop() is still due */
void recording_end(const struct recording *recording);

/*
 * recording_stop() - stops the session, and waits until all of it is written
 *
 * ret_discarded: events that found no room in the buffers
 * Return: true; false, and it has been said why.
 */
bool recording_stop(struct recording *recording, uint64_t *ret_discarded);

/* recording_destroy() - removes the session from its daemon */
void recording_destroy(struct recording *recording);

#endif
