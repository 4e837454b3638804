/* SPDX-License-Identifier: MIT */
/*
 * lttng_shared.h - root's session daemon in its ordinary place, when Belay
 * started it there
 *
 * Several traces can use it. The last one stops it, unless somebody else has
 * a session in it by then. A lock file beside its sockets says who uses it:
 * it also holds the daemon's process id and start time.
 */
#ifndef BELAY_TOOLS_LTTNG_SHARED_H
#define BELAY_TOOLS_LTTNG_SHARED_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * shared_hold() - from now on nobody stops the daemon; waits while somebody
 * does
 *
 * make: make the lock file when it is missing
 * Return: what to release; -1 where there is no lock file.
 */
int shared_hold(bool make);

/*
 * shared_start_lock(), shared_start_unlock() - between them nobody else starts
 * the daemon
 */
void shared_start_lock(int held);
void shared_start_unlock(int held);

/* shared_started() - notes that the daemon is one of Belay's */
void shared_started(int held, pid_t pid);

/* shared_release() - stops the daemon if it is Belay's and nobody uses it */
void shared_release(int held);

#endif
