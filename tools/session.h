/* SPDX-License-Identifier: MIT */
/*
 * session.h - the folders in which runs keep their tables
 *
 * /dev/shm/belay-UID/NAME, or below $XDG_RUNTIME_DIR where /dev/shm cannot be
 * used. /dev/shm is everybody's: a folder counts only if it belongs to the
 * right user, is closed to all others, and is no link.
 */
#ifndef BELAY_TOOLS_SESSION_H
#define BELAY_TOOLS_SESSION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SESSION_NAME 64

/*
 * struct session - one session's folder, open
 *
 * owner: the user whose folder it is
 */
struct session {
	int root; /* the folder that it is in */
	int folder;
	uid_t owner;
	char name[SESSION_NAME];
	char path[PATH_MAX];
};

/*
 * session_create() - makes a folder for a run of `program`, and its summary
 *
 * The session is ours until the folder's descriptor is closed: see
 * session_in_use().
 *
 * Return: false, and it has been said why.
 */
bool session_create(const char *program, struct session *ret_session);

/* session_close() - closes the descriptors */
void session_close(struct session *session);

/*
 * session_remove() - removes the session's files and its folder
 *
 * Return: false if the folder is still there: something foreign is in it.
 */
bool session_remove(const struct session *session);

/* session_in_use() - whether the `belay` that made it has not ended yet */
bool session_in_use(const struct session *session);

/*
 * session_each() - visits the sessions that this user may read
 *
 * visit: the session is closed after it; return false to stop
 */
void session_each(bool (*visit)(struct session *session, void *data),
		  void *data);

/* session_files() - visits the names of the call tables in a session */
void session_files(const struct session *session,
		   void (*visit)(const struct session *session,
				 const char *name, void *data),
		   void *data);

#endif
