/* SPDX-License-Identifier: MIT */
/*
 * pq_fault.c - errors that rules make up, as a program would get them
 *
 * An error of the server's is an empty result of libpq's own that has failed;
 * what the program asks it is answered here, by its address, until it is
 * cleared. A connection that is lost is really lost: its socket is shut down,
 * libpq finds that out and says so in its own words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pq.h"

BELAY_NEXT_SLOT_OF(PQclear, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQconsumeInput, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQerrorMessage, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQgetResult, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQmakeEmptyPGresult, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresultErrorField, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresultErrorMessage, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresultVerboseErrorMessage, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsetErrorVerbosity, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsocket, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQstatus, PQ_SONAME);

#define NEXT(sym) PQ_NEXT_FROM(sym, connection->library)

#define ROOM 256 /* results that are made up and not cleared */
#define READS 1000
#define RESULTS 1000000

/* result: its key; NULL: the place is free. The rest is written before. */
static struct made {
	const PGresult *result;
	const struct pq_text *text;
	char code[PQ_CODE_SIZE];
	char message[PQ_MESSAGE_SIZE];
} made[ROOM];

/* Place holder while one is written. */
#define CLAIMED ((const PGresult *)(uintptr_t)1)

static inline struct made *find(const PGresult *result)
{
	if (__builtin_expect(
		    __atomic_load_n(&pq_reads.made, __ATOMIC_RELAXED) == 0, 1))
		return NULL;
	for (unsigned int i = 0; result && i < ROOM; i++)
		if (__atomic_load_n(&made[i].result, __ATOMIC_ACQUIRE) ==
		    result)
			return &made[i];
	return NULL;
}

static struct made *claim(void)
{
	for (unsigned int i = 0; i < ROOM; i++) {
		const PGresult *nobody = NULL;

		if (__atomic_compare_exchange_n(
			    &made[i].result, &nobody, CLAIMED, false,
			    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			(void)__atomic_fetch_add(&pq_reads.made, 1,
						 __ATOMIC_RELAXED);
			return &made[i];
		}
	}
	return NULL;
}

static void drop(struct made *one)
{
	__atomic_store_n(&one->result, NULL, __ATOMIC_RELEASE);
	(void)__atomic_fetch_sub(&pq_reads.made, 1, __ATOMIC_RELAXED);
}

/* --- Making -------------------------------------------------------------- */

static void format(const struct pq_text *text, const char *code,
		   PGVerbosity verbosity, char ret_message[PQ_MESSAGE_SIZE])
{
	const char *with = verbosity == PQERRORS_VERBOSE ? code : "";

	if (verbosity == PQERRORS_SQLSTATE)
		(void)snprintf(ret_message, PQ_MESSAGE_SIZE, "%s:  %s\n",
			       text->severity, code);
	else
		(void)snprintf(ret_message, PQ_MESSAGE_SIZE, "%s:  %s%s%s\n",
			       text->severity, with, with[0] ? ": " : "",
			       text->primary);
}

/* libpq tells how much it says only to who changes that. */
static PGVerbosity verbosity_of(const struct pq_connection *connection)
{
	PGVerbosity verbosity =
		NEXT(PQsetErrorVerbosity)(connection->conn, PQERRORS_DEFAULT);

	(void)NEXT(PQsetErrorVerbosity)(connection->conn, verbosity);
	return verbosity;
}

static bool is_connected(const struct pq_connection *connection)
{
	return NEXT(PQstatus)(connection->conn) == CONNECTION_OK;
}

/*
 * What has come of commands behind it in a pipeline: nothing of it is there
 * for who loses the connection, nor does libpq know what to do with it then.
 * Two NULLs follow each other when there is no more.
 */
static void throw_away(struct pq_connection *connection)
{
	int nothing = 0;

	for (int i = 0; i < RESULTS && nothing < 2; i++) {
		PGresult *result = NEXT(PQgetResult)(connection->conn);

		nothing = result ? 0 : nothing + 1;
		NEXT(PQclear)(result);
	}
}

/* The connection is lost as if the server had gone away. */
static void lose(struct pq_connection *connection)
{
	int fd = NEXT(PQsocket)(connection->conn);

	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
	if (connection->pipeline)
		throw_away(connection);
	/* What has come already is read before the end is seen. */
	for (int i = 0; i < READS && is_connected(connection); i++)
		(void)NEXT(PQconsumeInput)(connection->conn);
}

bool pq_takes_connection(int32_t status)
{
	return status == PQ_CONNECTION_FAILURE || status == PQ_ADMIN_SHUTDOWN ||
	       status == PQ_CRASH_SHUTDOWN;
}

PGresult *pq_fault_result(struct pq_connection *connection, int32_t status)
{
	const struct pq_text *text = pq_text(status);
	char code[PQ_CODE_SIZE];
	struct made *one;
	PGresult *result;

	if (pq_takes_connection(status))
		lose(connection);
	/* It has the text that the connection has: libpq's own. */
	result = NEXT(PQmakeEmptyPGresult)(connection->conn, PGRES_FATAL_ERROR);
	if (!result || status == PQ_CONNECTION_FAILURE)
		return result;
	pq_code(status, code);
	format(text, code, verbosity_of(connection), connection->message);
	connection->says = true;
	one = claim();
	/* The program keeps so many that this one has no code. */
	if (!one)
		return result;
	one->text = text;
	memcpy(one->code, code, sizeof(code));
	memcpy(one->message, connection->message, sizeof(one->message));
	__atomic_store_n(&one->result, result, __ATOMIC_RELEASE);
	return result;
}

void pq_fault_send(struct pq_connection *connection, int32_t status)
{
	if (pq_takes_connection(status)) {
		lose(connection);
		return;
	}
	/* What libpq says itself has no severity. */
	connection->says = true;
	(void)snprintf(connection->message, PQ_MESSAGE_SIZE, "%s\n",
		       pq_text(status)->primary);
}

void pq_fault_connect(struct pq_connection *connection, int32_t status)
{
	const struct pq_text *text = pq_text(status);

	lose(connection);
	connection->says = true;
	if (status == PQ_CANNOT_CONNECT)
		(void)snprintf(connection->message, PQ_MESSAGE_SIZE,
			       "connection to server failed: Connection "
			       "refused\n");
	else if (status == PQ_CANCELED)
		(void)snprintf(connection->message, PQ_MESSAGE_SIZE,
			       "timeout expired\n");
	else
		(void)snprintf(connection->message, PQ_MESSAGE_SIZE,
			       "connection to server failed: %s:  %s\n",
			       text->severity, text->primary);
}

/* --- What programs ask --------------------------------------------------- */

BELAY_EXPORT char *PQerrorMessage(const PGconn *conn)
{
	struct pq_connection *connection = pq_connection_find(conn);

	if (connection && connection->says)
		return connection->message;
	return PQ_NEXT(PQerrorMessage)(conn);
}

BELAY_EXPORT char *PQresultErrorMessage(const PGresult *result)
{
	struct made *one = find(result);

	return one ? one->message : PQ_NEXT(PQresultErrorMessage)(result);
}

BELAY_EXPORT char *PQresultVerboseErrorMessage(const PGresult *result,
					       PGVerbosity verbosity,
					       PGContextVisibility context)
{
	const struct made *one = find(result);
	char message[PQ_MESSAGE_SIZE];

	if (!one)
		return PQ_NEXT(PQresultVerboseErrorMessage)(result, verbosity,
							    context);
	format(one->text, one->code, verbosity, message);
	return strdup(message);
}

BELAY_EXPORT char *PQresultErrorField(const PGresult *result, int field)
{
	struct made *one = find(result);

	if (!one)
		return PQ_NEXT(PQresultErrorField)(result, field);
	switch (field) {
	case PG_DIAG_SEVERITY:
	case PG_DIAG_SEVERITY_NONLOCALIZED:
		return (char *)(uintptr_t)one->text->severity;
	case PG_DIAG_SQLSTATE:
		return one->code;
	case PG_DIAG_MESSAGE_PRIMARY:
		return (char *)(uintptr_t)one->text->primary;
	default:
		return NULL;
	}
}

BELAY_EXPORT PQ_EACH_QUERY void PQclear(PGresult *result)
{
	struct made *one = find(result);

	if (one)
		drop(one);
	PQ_HOT(PQclear)(result);
}
