/* SPDX-License-Identifier: MIT */
/*
 * pq_connect.c - connections: made, made anew, closed
 *
 *     begin     the first PQconnectPoll of a connection
 *     finish    PQconnectPoll that returns PGRES_POLLING_OK or _FAILED;
 *               PQfinish; a synchronous function that gives up
 *
 * libpq makes every connection, whichever function it is asked with, by a
 * first PQconnectPoll of its own, before it looks a name up. So that is where
 * the call begins, with the program's place (see pq_site.c), and all of
 * PQconnectStart, PQconnectdb, PQsetdbLogin, PQreset and their sisters are
 * watched alike. What was tried of several hosts is one call.
 */
#include "pq.h"

BELAY_NEXT_SLOT_OF(PQconnectStart, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQconnectStartParams, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQconnectdb, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQconnectdbParams, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsetdbLogin, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQping, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQpingParams, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQreset, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresetStart, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQconnectPoll, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQfinish, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQstatus, PQ_SONAME);

typedef PostgresPollingStatusType polling;

static const struct belay_ref nobody = {NULL, 0};

/*
 * PQconnectPoll is the first of a connection: libpq itself calls it, to start
 * one. A program that found PQconnectStart past us is not seen to go on. The
 * connection of a cancel (PostgreSQL 17) is none of the program's.
 */
static bool is_first(PGconn *conn, const void *site, const void *next)
{
	return conn && pq_entered && pq_is_inside(site, next) &&
	       !pq_pointer_get(conn) &&
	       PQ_NEXT_FROM(PQstatus, next)(conn) == CONNECTION_NEEDED;
}

static bool begin(struct pq_connection *connection, const void *site)
{
	const struct belay_begin begin = {
		.operation = &pq_operations[PQ_CONNECT],
		.key = connection->conn,
		.site = site,
	};
	struct belay_outcome fault;

	if (!belay_adapter_begin(&begin, &connection->connecting, &fault)) {
		pq_fault_connect(connection, fault.status);
		return false;
	}
	pq_ruled_connect(connection);
	return true;
}

static void finish(struct pq_connection *connection, bool connected)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 0};

	if (!connection->connecting.call)
		return;
	if (!connected)
		outcome = (struct belay_outcome){BELAY_FAILED,
						 PQ_CANNOT_CONNECT, 0};
	pq_cancel_settle(connection, &connection->connecting);
	(void)belay_adapter_finished(&connection->connecting, &outcome);
	connection->connecting = nobody;
}

/*
 * Between these no cancel closes the socket under libpq, which opens and
 * closes it here; see pq_cancel_connect(). Sequential: either the cancel sees
 * that we poll, or we see that it cancels.
 */
static void enter_poll(struct pq_connection *connection)
{
	for (;;) {
		__atomic_store_n(&connection->polling, 1, __ATOMIC_SEQ_CST);
		if (!__atomic_load_n(&connection->canceling, __ATOMIC_SEQ_CST))
			return;
		__atomic_store_n(&connection->polling, 0, __ATOMIC_SEQ_CST);
		pq_cancel_wait(connection);
	}
}

static void leave_poll(struct pq_connection *connection)
{
	__atomic_store_n(&connection->polling, 0, __ATOMIC_RELEASE);
}

static polling first_poll(PGconn *conn, polling (*next)(PGconn *),
			  const void *site)
{
	struct pq_connection *connection =
		pq_connection_make(conn, (const void *)next);
	polling polled;

	if (!connection)
		return next(conn);
	/* Another connection of this address may have ended unseen. */
	pq_give_up(connection);
	enter_poll(connection);
	if (begin(connection, pq_site(site, (const void *)next)))
		polled = next(conn);
	else
		polled = PGRES_POLLING_FAILED;
	if (polled != PGRES_POLLING_FAILED) {
		belay_adapter_accepted(&connection->connecting);
	} else {
		belay_adapter_refused(&connection->connecting,
				      PQ_CANNOT_CONNECT);
		connection->connecting = nobody;
	}
	leave_poll(connection);
	return polled;
}

/* By a function of libpq's that returns when the connection is made. */
static bool is_waited_for(const void *site, polling (*next)(PGconn *))
{
	return pq_entered && pq_is_inside(site, (const void *)next);
}

BELAY_EXPORT PostgresPollingStatusType PQconnectPoll(PGconn *conn)
{
	__typeof__(&PQconnectPoll) next = PQ_NEXT(PQconnectPoll);
	struct pq_connection *connection = pq_connection_find(conn);
	polling polled = PGRES_POLLING_OK;

	if (!connection || !connection->connecting.call) {
		if (is_first(conn, BELAY_SITE(), (const void *)next))
			return first_poll(conn, next, BELAY_SITE());
		return next(conn);
	}
	enter_poll(connection);
	if (!connection->done)
		polled = next(conn);
	leave_poll(connection);
	if (connection->ruled_connect)
		return pq_ruled_poll(connection, polled,
				     is_waited_for(BELAY_SITE(), next));
	if (polled == PGRES_POLLING_OK || polled == PGRES_POLLING_FAILED)
		finish(connection, polled == PGRES_POLLING_OK);
	return polled;
}

/* A synchronous function that has given up did not poll to the end. */
static PGconn *connected(PGconn *conn)
{
	struct pq_connection *connection = pq_connection_find(conn);

	if (connection && connection->connecting.call)
		finish(connection, false);
	return conn;
}

BELAY_EXPORT PGconn *PQconnectStart(const char *conninfo)
{
	__typeof__(&PQconnectStart) next = PQ_NEXT(PQconnectStart);
	const void *outer = PQ_ENTER(next);
	PGconn *result;

	result = next(conninfo);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGconn *PQconnectStartParams(const char *const *keywords,
					  const char *const *values, int expand)
{
	__typeof__(&PQconnectStartParams) next = PQ_NEXT(PQconnectStartParams);
	const void *outer = PQ_ENTER(next);
	PGconn *result;

	result = next(keywords, values, expand);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGconn *PQconnectdb(const char *conninfo)
{
	__typeof__(&PQconnectdb) next = PQ_NEXT(PQconnectdb);
	const void *outer = PQ_ENTER(next);
	PGconn *result;

	result = next(conninfo);
	pq_leave(outer);
	return connected(result);
}

BELAY_EXPORT PGconn *PQconnectdbParams(const char *const *keywords,
				       const char *const *values, int expand)
{
	__typeof__(&PQconnectdbParams) next = PQ_NEXT(PQconnectdbParams);
	const void *outer = PQ_ENTER(next);
	PGconn *result;

	result = next(keywords, values, expand);
	pq_leave(outer);
	return connected(result);
}

BELAY_EXPORT PGconn *PQsetdbLogin(const char *host, const char *port,
				  const char *options, const char *tty,
				  const char *dbname, const char *user,
				  const char *password)
{
	__typeof__(&PQsetdbLogin) next = PQ_NEXT(PQsetdbLogin);
	const void *outer = PQ_ENTER(next);
	PGconn *result;

	result = next(host, port, options, tty, dbname, user, password);
	pq_leave(outer);
	return connected(result);
}

BELAY_EXPORT PGPing PQping(const char *conninfo)
{
	__typeof__(&PQping) next = PQ_NEXT(PQping);
	const void *outer = PQ_ENTER(next);
	PGPing result;

	result = next(conninfo);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGPing PQpingParams(const char *const *keywords,
				 const char *const *values, int expand)
{
	__typeof__(&PQpingParams) next = PQ_NEXT(PQpingParams);
	const void *outer = PQ_ENTER(next);
	PGPing result;

	result = next(keywords, values, expand);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT void PQreset(PGconn *conn)
{
	__typeof__(&PQreset) next = PQ_NEXT(PQreset);
	struct pq_connection *connection = pq_connection_find(conn);
	const void *outer = PQ_ENTER(next);

	if (connection)
		pq_give_up(connection);
	next(conn);
	pq_leave(outer);
	(void)connected(conn);
}

BELAY_EXPORT int PQresetStart(PGconn *conn)
{
	__typeof__(&PQresetStart) next = PQ_NEXT(PQresetStart);
	struct pq_connection *connection = pq_connection_find(conn);
	const void *outer = PQ_ENTER(next);
	int result;

	if (connection)
		pq_give_up(connection);
	result = next(conn);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT void PQfinish(PGconn *conn)
{
	struct pq_connection *connection = pq_connection_find(conn);

	if (connection) {
		pq_give_up(connection);
		pq_connection_forget(connection);
	}
	PQ_NEXT(PQfinish)(conn);
}
