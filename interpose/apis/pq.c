/* SPDX-License-Identifier: MIT */
/*
 * pq.c - libpq, PostgreSQL's client library: the commands
 *
 *     begin     PQsendQuery, PQsendQueryParams, PQsendQueryPrepared,
 *               PQsendPrepare, PQsendDescribePrepared, PQsendDescribePortal,
 *               PQsendClosePrepared, PQsendClosePortal; their synchronous
 *               sisters by way of these (see pq_site.c), but for describe and
 *               close, which libpq sends by a function of its own
 *     cancel    PQcancel, PQrequestCancel, PQcancelStart, PQcancelBlocking
 *     finish    PQgetResult that returns NULL; PQfinish, PQreset, PQresetStart
 *     connect   PQconnectPoll, from its first to its last (see pq_connect.c)
 *
 * The key is the connection. COPY is a part of its query's call: from the
 * result that says PGRES_COPY_IN or _OUT on the data flows, unwatched, and the
 * call ends as any other. A call is seen to complete only when it is finished,
 * because no function but PQgetResult says how it ended.
 *
 * PQcancel is async-signal-safe, and psql calls it in a signal handler that
 * interrupts PQgetResult. So nothing is held over a real call.
 */
#include <string.h>

#include "pq.h"
#include "pq_17.h"

BELAY_NEXT_SLOT_OF(PQsendQuery, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendQueryParams, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendQueryPrepared, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendPrepare, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendDescribePrepared, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendDescribePortal, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendClosePrepared, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsendClosePortal, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQexec, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQexecParams, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQexecPrepared, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQprepare, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQdescribePrepared, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQdescribePortal, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQclosePrepared, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQclosePortal, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQgetResult, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQenterPipelineMode, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQexitPipelineMode, PQ_SONAME);

#define COMMAND_AT(place, record, index, about, count)                         \
	{                                                                      \
		.begin = {.operation = &pq_operations[index],                  \
			  .key = conn,                                         \
			  .site = (place),                                     \
			  .text = (about),                                     \
			  .args = {0, (uint64_t)(count)}},                     \
		.next = (const void *)next, .connection = (record),            \
	}
#define COMMAND(index, about, count)                                           \
	COMMAND_AT(pq_site(BELAY_SITE(), (const void *)next), NULL, index,     \
		   about, count)

/* The same of what each query calls. */
#define HOT_COMMAND(index, about, count)                                       \
	COMMAND_AT(pq_site_of(BELAY_SITE(), here.inside), here.connection,     \
		   index, about, count)
#define NEXT_HERE(sym) ((__typeof__(&(sym)))here.next)

/* --- Commands that are sent ---------------------------------------------- */

BELAY_EXPORT PQ_EACH_QUERY int PQsendQuery(PGconn *conn, const char *query)
{
	struct pq_here here = PQ_HERE(PQsendQuery, conn);
	__typeof__(&PQsendQuery) next = NEXT_HERE(PQsendQuery);
	struct pq_command command = HOT_COMMAND(PQ_QUERY, query, 0);

	return pq_begin(&command) ? pq_begun(&command, next(conn, query)) : 0;
}

BELAY_EXPORT PQ_EACH_QUERY int
PQsendQueryParams(PGconn *conn, const char *query, int count, const Oid *types,
		  const char *const *values, const int *lengths,
		  const int *formats, int result_format)
{
	struct pq_here here = PQ_HERE(PQsendQueryParams, conn);
	__typeof__(&PQsendQueryParams) next = NEXT_HERE(PQsendQueryParams);
	struct pq_command command = HOT_COMMAND(PQ_QUERY, query, count);

	if (!pq_begin(&command))
		return 0;
	return pq_begun(&command, next(conn, query, count, types, values,
				       lengths, formats, result_format));
}

/* What runs is only known by its name: the SQL says so as SQL would. */
static const char *execute(const char *name, char ret_sql[BELAY_TEXT_MAX])
{
	static const char verb[] = "EXECUTE ";
	size_t used = sizeof(verb) - 1;
	size_t length = name ? strnlen(name, BELAY_TEXT_MAX - used - 1) : 0;

	memcpy(ret_sql, verb, used);
	if (length)
		memcpy(ret_sql + used, name, length);
	ret_sql[used + length] = '\0';
	return ret_sql;
}

BELAY_EXPORT PQ_EACH_QUERY int
PQsendQueryPrepared(PGconn *conn, const char *name, int count,
		    const char *const *values, const int *lengths,
		    const int *formats, int result_format)
{
	struct pq_here here = PQ_HERE(PQsendQueryPrepared, conn);
	__typeof__(&PQsendQueryPrepared) next = NEXT_HERE(PQsendQueryPrepared);
	char sql[BELAY_TEXT_MAX];
	struct pq_command command =
		HOT_COMMAND(PQ_QUERY, execute(name, sql), count);

	if (!pq_begin(&command))
		return 0;
	return pq_begun(&command, next(conn, name, count, values, lengths,
				       formats, result_format));
}

BELAY_EXPORT int PQsendPrepare(PGconn *conn, const char *name,
			       const char *query, int count, const Oid *types)
{
	__typeof__(&PQsendPrepare) next = PQ_NEXT(PQsendPrepare);
	struct pq_command command = COMMAND(PQ_PREPARE, query, count);

	if (!pq_begin(&command))
		return 0;
	return pq_begun(&command, next(conn, name, query, count, types));
}

BELAY_EXPORT int PQsendDescribePrepared(PGconn *conn, const char *name)
{
	__typeof__(&PQsendDescribePrepared) next =
		PQ_NEXT(PQsendDescribePrepared);
	struct pq_command command = COMMAND(PQ_DESCRIBE, name, 0);

	return pq_begin(&command) ? pq_begun(&command, next(conn, name)) : 0;
}

BELAY_EXPORT int PQsendDescribePortal(PGconn *conn, const char *name)
{
	__typeof__(&PQsendDescribePortal) next = PQ_NEXT(PQsendDescribePortal);
	struct pq_command command = COMMAND(PQ_DESCRIBE, name, 0);

	return pq_begin(&command) ? pq_begun(&command, next(conn, name)) : 0;
}

BELAY_EXPORT int PQsendClosePrepared(PGconn *conn, const char *name)
{
	__typeof__(&PQsendClosePrepared) next = PQ_NEXT(PQsendClosePrepared);
	struct pq_command command = COMMAND(PQ_CLOSE, name, 0);

	return pq_begin(&command) ? pq_begun(&command, next(conn, name)) : 0;
}

BELAY_EXPORT int PQsendClosePortal(PGconn *conn, const char *name)
{
	__typeof__(&PQsendClosePortal) next = PQ_NEXT(PQsendClosePortal);
	struct pq_command command = COMMAND(PQ_CLOSE, name, 0);

	return pq_begin(&command) ? pq_begun(&command, next(conn, name)) : 0;
}

/* --- Commands that are waited for ---------------------------------------- */

BELAY_EXPORT PQ_EACH_QUERY PGresult *PQexec(PGconn *conn, const char *query)
{
	struct pq_here here = PQ_HERE(PQexec, conn);
	const void *outer = pq_enter_of(BELAY_SITE(), here.inside);
	__typeof__(&PQexec) next = NEXT_HERE(PQexec);
	PGresult *result;

	result = next(conn, query);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGresult *PQexecParams(PGconn *conn, const char *query, int count,
				    const Oid *types, const char *const *values,
				    const int *lengths, const int *formats,
				    int result_format)
{
	__typeof__(&PQexecParams) next = PQ_NEXT(PQexecParams);
	const void *outer = PQ_ENTER(next);
	PGresult *result;

	result = next(conn, query, count, types, values, lengths, formats,
		      result_format);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGresult *PQexecPrepared(PGconn *conn, const char *name, int count,
				      const char *const *values,
				      const int *lengths, const int *formats,
				      int result_format)
{
	__typeof__(&PQexecPrepared) next = PQ_NEXT(PQexecPrepared);
	const void *outer = PQ_ENTER(next);
	PGresult *result;

	result = next(conn, name, count, values, lengths, formats,
		      result_format);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGresult *PQprepare(PGconn *conn, const char *name,
				 const char *query, int count, const Oid *types)
{
	__typeof__(&PQprepare) next = PQ_NEXT(PQprepare);
	const void *outer = PQ_ENTER(next);
	PGresult *result;

	result = next(conn, name, query, count, types);
	pq_leave(outer);
	return result;
}

BELAY_EXPORT PGresult *PQdescribePrepared(PGconn *conn, const char *name)
{
	__typeof__(&PQdescribePrepared) next = PQ_NEXT(PQdescribePrepared);
	struct pq_command command = COMMAND(PQ_DESCRIBE, name, 0);

	command.waits = true;
	if (!pq_begin(&command))
		return NULL;
	return pq_returned(&command, next(conn, name));
}

BELAY_EXPORT PGresult *PQdescribePortal(PGconn *conn, const char *name)
{
	__typeof__(&PQdescribePortal) next = PQ_NEXT(PQdescribePortal);
	struct pq_command command = COMMAND(PQ_DESCRIBE, name, 0);

	command.waits = true;
	if (!pq_begin(&command))
		return NULL;
	return pq_returned(&command, next(conn, name));
}

BELAY_EXPORT PGresult *PQclosePrepared(PGconn *conn, const char *name)
{
	__typeof__(&PQclosePrepared) next = PQ_NEXT(PQclosePrepared);
	struct pq_command command = COMMAND(PQ_CLOSE, name, 0);

	command.waits = true;
	if (!pq_begin(&command))
		return NULL;
	return pq_returned(&command, next(conn, name));
}

BELAY_EXPORT PGresult *PQclosePortal(PGconn *conn, const char *name)
{
	__typeof__(&PQclosePortal) next = PQ_NEXT(PQclosePortal);
	struct pq_command command = COMMAND(PQ_CLOSE, name, 0);

	command.waits = true;
	if (!pq_begin(&command))
		return NULL;
	return pq_returned(&command, next(conn, name));
}

/* --- Results ------------------------------------------------------------- */

BELAY_EXPORT PQ_EACH_QUERY PGresult *PQgetResult(PGconn *conn)
{
	struct pq_here here = PQ_HERE(PQgetResult, conn);
	struct pq_connection *connection = here.connection;
	__typeof__(&PQgetResult) next = NEXT_HERE(PQgetResult);
	PGresult *result;

	/* libpq asks for what is left before it sends something. */
	if (!connection || !pq_awaits(connection))
		return next(conn);
	if (__builtin_expect(pq_is_ruled(connection), 0))
		return pq_ruled_result(connection, next);
	result = next(conn);
	pq_saw(connection, result);
	return result;
}

BELAY_EXPORT int PQenterPipelineMode(PGconn *conn)
{
	__typeof__(&PQenterPipelineMode) next = PQ_NEXT(PQenterPipelineMode);
	struct pq_connection *connection =
		pq_connection_make(conn, (const void *)next);
	int done = next(conn);

	if (done && connection)
		connection->pipeline = true;
	return done;
}

BELAY_EXPORT int PQexitPipelineMode(PGconn *conn)
{
	struct pq_connection *connection = pq_connection_find(conn);
	int done = PQ_NEXT(PQexitPipelineMode)(conn);

	if (done && connection) {
		connection->pipeline = false;
		connection->aborted = false;
	}
	return done;
}
