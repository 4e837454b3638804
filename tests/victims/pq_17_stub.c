/* SPDX-License-Identifier: MIT */
/*
 * pq_17_stub.c - what PostgreSQL 17's libpq has more, made of an older one
 *
 * Each does with the real library what the new function does: the server gets
 * the same cancel. They call it past any preload, as libpq's own parts do.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <pq_17.h>

#define EXPORT __attribute__((visibility("default")))

struct pg_cancel_conn {
	PGcancel *cancel;
	int started;
};

#define REAL(function) ((__typeof__(&(function)))real(#function))

static void *real(const char *name)
{
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_NOLOAD);
	void *(*look_up)(void *handle, const char *symbol);
	void *found;

	/* A preload may have dlsym(), too. */
	*(void **)&look_up = dlvsym(RTLD_DEFAULT, "dlsym", "GLIBC_2.34");
	found = library && look_up ? look_up(library, name) : NULL;
	if (!found)
		abort();
	return found;
}

EXPORT PGcancelConn *PQcancelCreate(PGconn *conn)
{
	PGcancelConn *made = calloc(1, sizeof(*made));

	if (made)
		made->cancel = REAL(PQgetCancel)(conn);
	return made;
}

EXPORT int PQcancelBlocking(PGcancelConn *cancel)
{
	char error[256];

	return REAL(PQcancel)(cancel->cancel, error, sizeof(error));
}

EXPORT int PQcancelStart(PGcancelConn *cancel)
{
	cancel->started = 1;
	return 1;
}

EXPORT PostgresPollingStatusType PQcancelPoll(PGcancelConn *cancel)
{
	/* It has to wait for the server once, as the real one has. */
	if (cancel->started++ == 1)
		return PGRES_POLLING_READING;
	return PQcancelBlocking(cancel) ? PGRES_POLLING_OK
					: PGRES_POLLING_FAILED;
}

EXPORT void PQcancelFinish(PGcancelConn *cancel)
{
	REAL(PQfreeCancel)(cancel->cancel);
	free(cancel);
}

EXPORT int PQsendClosePrepared(PGconn *conn, const char *name)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "deallocate %s", name);
	return REAL(PQsendQuery)(conn, sql);
}

EXPORT PGresult *PQclosePrepared(PGconn *conn, const char *name)
{
	PGresult *last = NULL, *result;

	/* The real one collects with the function that a preload has, too. */
	if (!PQsendClosePrepared(conn, name))
		return NULL;
	while ((result = PQgetResult(conn))) {
		PQclear(last);
		last = result;
	}
	return last;
}
