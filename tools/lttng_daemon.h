/* SPDX-License-Identifier: MIT */
/*
 * lttng_daemon.h - the session daemon that records: found, or started
 *
 * A daemon of our own is private: it keeps its sockets in a folder that only
 * the traced program is told of, so it neither sees other programs nor is in
 * the way of another daemon. Only for a root that may not make a mount
 * namespace (in a container) it is an ordinary one, which traces share.
 */
#ifndef BELAY_TOOLS_LTTNG_DAEMON_H
#define BELAY_TOOLS_LTTNG_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "lttng_home.h"

/*
 * struct daemon - the one that this process talks to
 *
 * pid:   of the daemon if it is ours alone, else 0
 * home:  a folder of the daemon's, if we started it
 * held:  what keeps others from stopping it: see lttng_shared.h
 * here:  our own mount namespace, and cwd the folder in it; -1 unless the
 *        daemon has a namespace of its own
 * there: the daemon's
 * away:  this process is in the daemon's
 */
struct daemon {
	pid_t pid;
	struct lttng_home home;
	int held;
	int here;
	int there;
	int cwd;
	bool away;
	bool made_place; /* root's, which must be there to be covered */
};

/*
 * daemon_open() - finds a running daemon that this user can reach, or starts
 * one
 *
 * On return this process is where it can talk to the daemon; before anything
 * else is started from it, it must daemon_leave().
 *
 * Return: true; false, and it has been said why.
 */
bool daemon_open(struct daemon *ret_daemon);

/*
 * daemon_leave(), daemon_enter() - from and to where the daemon can be talked
 * to
 *
 * Return: true; false, and it has been said why.
 */
bool daemon_leave(struct daemon *daemon);
bool daemon_enter(struct daemon *daemon);

/* daemon_home() - where programs find it (LTTNG_HOME); NULL: they look there */
const char *daemon_home(const struct daemon *daemon);

/* daemon_close() - stops the daemon if it is ours */
void daemon_close(struct daemon *daemon);

#endif
