/* SPDX-License-Identifier: MIT */
/*
 * pq_operations.c - every operation of libpq once, waited for and sent; and
 * PostgreSQL 17's cancels
 *
 *     pq_operations OPERATION|CANCEL      connects as the environment says
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pq_17.h>

#include "pq_program.h"

static const char *sqlstate(const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return code ? code : "none";
}

static void say_result(const char *how, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (!result)
		printf("%s: no result\n", how);
	else if (status == PGRES_FATAL_ERROR)
		printf("%s: %s\n", how, sqlstate(result));
	else
		printf("%s: ok\n", how);
	PQclear(result);
}

static void say_connection(const char *how, PGconn *conn)
{
	printf("%s: %s: %s", how,
	       PQstatus(conn) == CONNECTION_OK ? "OK" : "BAD",
	       PQerrorMessage(conn));
	if (!PQerrorMessage(conn)[0])
		putchar('\n');
}

static PGconn *connected(void)
{
	PGconn *conn = PQconnectdb("");

	if (PQstatus(conn) != CONNECTION_OK) {
		say_connection("connected", conn);
		exit(1);
	}
	return conn;
}

static void wait_readable(const PGconn *conn)
{
	struct pollfd ready = {.fd = PQsocket(conn), .events = POLLIN};

	if (poll(&ready, 1, LIMIT_MS) != 1)
		printf("poll: late\n");
}

/* As an event loop does it; the last error counts. */
static void collect(const char *how, PGconn *conn)
{
	PGresult *result, *last = NULL;

	for (;;) {
		while (PQisBusy(conn)) {
			wait_readable(conn);
			if (!PQconsumeInput(conn))
				break;
		}
		result = PQgetResult(conn);
		if (!result)
			break;
		if (!last || PQresultStatus(last) != PGRES_FATAL_ERROR) {
			PQclear(last);
			last = result;
		} else {
			PQclear(result);
		}
	}
	say_result(how, last);
}

/* --- Operations ---------------------------------------------------------- */

struct operation {
	const char *name;
	PGresult *(*wait)(PGconn *conn);
	int (*send)(PGconn *conn);
};

static PGresult *wait_query(PGconn *conn)
{
	return PQexec(conn, "select 1");
}

static int send_query(PGconn *conn)
{
	return PQsendQuery(conn, "select 1");
}

static PGresult *wait_prepare(PGconn *conn)
{
	return PQprepare(conn, "first", "select 1", 0, NULL);
}

static int send_prepare(PGconn *conn)
{
	return PQsendPrepare(conn, "second", "select 1", 0, NULL);
}

static PGresult *wait_describe(PGconn *conn)
{
	return PQdescribePrepared(conn, "known");
}

static int send_describe(PGconn *conn)
{
	return PQsendDescribePrepared(conn, "known");
}

static PGresult *wait_close(PGconn *conn)
{
	return PQclosePrepared(conn, "known");
}

static int send_close(PGconn *conn)
{
	return PQsendClosePrepared(conn, "other");
}

static const struct operation operations[] = {
	{"query", wait_query, send_query},
	{"prepare", wait_prepare, send_prepare},
	{"describe", wait_describe, send_describe},
	{"close", wait_close, send_close},
};

static PGconn *with_statements(void)
{
	PGconn *conn = connected();

	PQclear(PQexec(conn, "prepare known as select /* unruled */ 1"));
	PQclear(PQexec(conn, "prepare other as select /* unruled */ 1"));
	return conn;
}

static void next_works(PGconn *conn)
{
	say_connection("then", conn);
	if (PQstatus(conn) == CONNECTION_OK)
		say_result("next", PQexec(conn, "select /* unruled */ 1"));
	PQfinish(conn);
}

static void operate(const struct operation *operation)
{
	PGconn *conn = with_statements();

	say_result("waited", operation->wait(conn));
	next_works(conn);
	conn = with_statements();
	if (operation->send(conn))
		collect("sent", conn);
	else
		printf("sent: not\n");
	next_works(conn);
}

static void operate_connect(void)
{
	PGconn *conn = PQconnectdb("");

	say_connection("waited", conn);
	PQfinish(conn);
	conn = PQconnectStart("");
	(void)poll_connection(conn, PQconnectPoll);
	say_connection("sent", conn);
	PQfinish(conn);
}

/* --- Cancels ------------------------------------------------------------- */

static int cancel_blocking(PGcancelConn *cancel)
{
	return PQcancelBlocking(cancel);
}

static int cancel_polling(PGcancelConn *cancel)
{
	PostgresPollingStatusType polled = PGRES_POLLING_READING;

	if (!PQcancelStart(cancel))
		return 0;
	while (polled == PGRES_POLLING_READING ||
	       polled == PGRES_POLLING_WRITING)
		polled = PQcancelPoll(cancel);
	return polled == PGRES_POLLING_OK;
}

static void cancel(int (*way)(PGcancelConn *cancel), const char *sql, int look)
{
	PGconn *conn = connected();
	PGcancelConn *object = PQcancelCreate(conn);
	int told;

	(void)PQsendQuery(conn, sql);
	wait_readable(conn);
	if (look) {
		(void)PQconsumeInput(conn);
		printf("busy: %d\n", PQisBusy(conn));
	}
	told = way(object);
	printf("told: %d\n", told);
	PQcancelFinish(object);
	if (told) {
		collect("ended", conn);
		next_works(conn);
	} else {
		PQfinish(conn);
	}
}

/* The server says something when it is at it: before, it hears no cancel. */
#define RUNS "do $$ begin raise notice 'runs'; perform pg_sleep(60); end $$"
#define HELD "select 'ruled'"

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		if (strcmp(what, operations[i].name) == 0) {
			operate(&operations[i]);
			return 0;
		}
	}
	if (strcmp(what, "connect") == 0)
		operate_connect();
	else if (strcmp(what, "blocking") == 0)
		cancel(cancel_blocking, RUNS, 0);
	else if (strcmp(what, "polling") == 0)
		cancel(cancel_polling, RUNS, 0);
	else if (strcmp(what, "blocking-held") == 0)
		cancel(cancel_blocking, HELD, 1);
	else if (strcmp(what, "polling-held") == 0)
		cancel(cancel_polling, HELD, 1);
	else
		return 2;
	return 0;
}
