/* SPDX-License-Identifier: MIT */
/*
 * pq_17.h - what PostgreSQL 17's libpq has and Debian 12's header does not
 *
 * Declared here so that a program that brings a newer libpq is watched, too.
 */
#ifndef BELAY_APIS_PQ_17_H
#define BELAY_APIS_PQ_17_H

#include <libpq-fe.h>

#ifndef LIBPQ_HAS_ASYNC_CANCEL
typedef struct pg_cancel_conn PGcancelConn;

PGcancelConn *PQcancelCreate(PGconn *conn);
int PQcancelStart(PGcancelConn *cancel);
int PQcancelBlocking(PGcancelConn *cancel);
PostgresPollingStatusType PQcancelPoll(PGcancelConn *cancel);
void PQcancelFinish(PGcancelConn *cancel);
#endif

#ifndef LIBPQ_HAS_CLOSE_PREPARED
PGresult *PQclosePrepared(PGconn *conn, const char *name);
PGresult *PQclosePortal(PGconn *conn, const char *name);
int PQsendClosePrepared(PGconn *conn, const char *name);
int PQsendClosePortal(PGconn *conn, const char *name);
#endif

#ifndef LIBPQ_HAS_CHUNK_MODE
#define PGRES_TUPLES_CHUNK 12
#endif

#endif
