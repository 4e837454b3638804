/* SPDX-License-Identifier: MIT */
/*
 * pq_victim.c - uses libpq in every way that the adapter's map names
 *
 *     pq_victim SCENE      connects as the environment says
 *
 * Prints what every function answered, so that two runs can be compared.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pq_program.h"

static void say(const char *what, const char *text)
{
	printf("%s: %s%s", what, text,
	       text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

static void say_number(const char *what, long number)
{
	printf("%s: %ld\n", what, number);
}

/* Everything that a program can ask a result. */
static void say_result(const char *what, PGresult *result)
{
	const char *code;

	if (!result) {
		say(what, "NULL");
		return;
	}
	code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	printf("%s: %s, %d rows, \"%s\", %s\n", what,
	       PQresStatus(PQresultStatus(result)), PQntuples(result),
	       PQcmdTuples(result), code ? code : "no SQLSTATE");
	if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		say(what, PQresultErrorMessage(result));
	PQclear(result);
}

static void results(PGconn *conn)
{
	PGresult *result;

	while ((result = PQgetResult(conn)))
		say_result("PQgetResult", result);
	say("PQgetResult", "NULL");
}

static PGconn *connected(void)
{
	PGconn *conn = PQconnectdb("");

	if (PQstatus(conn) != CONNECTION_OK) {
		say("PQconnectdb", PQerrorMessage(conn));
		exit(1);
	}
	return conn;
}

/* Waits as an event loop does, and never in PQgetResult. */
static void wait_result(PGconn *conn)
{
	while (PQisBusy(conn)) {
		struct pollfd ready = {.fd = PQsocket(conn), .events = POLLIN};

		if (poll(&ready, 1, LIMIT_MS) != 1 || !PQconsumeInput(conn)) {
			say("PQconsumeInput", PQerrorMessage(conn));
			return;
		}
	}
}

/* --- Scenes -------------------------------------------------------------- */

static void say_polled(PGconn *conn,
		       PostgresPollingStatusType (*next)(PGconn *))
{
	say_number("polled", poll_connection(conn, next));
	say_number("PQstatus", PQstatus(conn));
}

static void connecting(void)
{
	const char *const no_words[] = {NULL};
	PGconn *conn = PQconnectStart("");

	say_polled(conn, PQconnectPoll);
	say_number("PQresetStart", PQresetStart(conn));
	say_polled(conn, PQresetPoll);
	PQreset(conn);
	say_number("PQreset", PQstatus(conn));
	PQfinish(conn);
	conn = PQconnectStartParams(no_words, no_words, 0);
	say_polled(conn, PQconnectPoll);
	PQfinish(conn);
	conn = PQconnectdbParams(no_words, no_words, 0);
	say_number("PQconnectdbParams", PQstatus(conn));
	PQfinish(conn);
	conn = PQsetdbLogin(NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	say_number("PQsetdbLogin", PQstatus(conn));
	PQfinish(conn);
	say_number("PQping", PQping(""));
	say_number("PQpingParams", PQpingParams(no_words, no_words, 0));
	/* Given up in the middle. */
	conn = PQconnectStart("");
	PQfinish(conn);
	/* Fails at once, and after asking the server. */
	conn = PQconnectdb("host=/nonexistent");
	say("PQconnectdb", PQerrorMessage(conn));
	PQfinish(conn);
	conn = PQconnectdb("dbname=nowhere");
	say("PQconnectdb", PQerrorMessage(conn));
	PQfinish(conn);
}

static void commands(void)
{
	const char *const values[] = {"21"};
	PGconn *conn = connected();

	say_result("PQexec", PQexec(conn, "select generate_series(1, 3)"));
	say_result("PQexec", PQexec(conn, "create temp table t (n int)"));
	say_result("PQexec", PQexec(conn, "insert into t select "
					  "generate_series(1, 5)"));
	say_result("PQexec", PQexec(conn, "update t set n = n where n < 3"));
	say_result("PQexec", PQexec(conn, ""));
	say_result("PQexec", PQexec(conn, "select 1; select 2; select 3"));
	say_result("PQexec", PQexec(conn, "select 1; select 1/0"));
	say_result("PQexecParams", PQexecParams(conn, "select 2 * $1::int", 1,
						NULL, values, NULL, NULL, 0));
	say_result("PQprepare",
		   PQprepare(conn, "twice", "select 2 * $1::int", 1, NULL));
	say_result("PQexecPrepared",
		   PQexecPrepared(conn, "twice", 1, values, NULL, NULL, 0));
	say_result("PQdescribePrepared", PQdescribePrepared(conn, "twice"));
	say_result("PQdescribePrepared", PQdescribePrepared(conn, "none"));
	say_result("PQexec", PQexec(conn, "begin; declare c cursor for "
					  "select 1"));
	say_result("PQdescribePortal", PQdescribePortal(conn, "c"));
	say_result("PQexec", PQexec(conn, "rollback"));
	PQfinish(conn);
}

static void sent(void)
{
	const char *const values[] = {"21"};
	PGconn *conn = connected();

	say_number("PQsendQuery", PQsendQuery(conn, "select 1; select 2"));
	/* One is in progress. */
	say_number("PQsendQuery", PQsendQuery(conn, "select 3"));
	say("PQsendQuery", PQerrorMessage(conn));
	results(conn);
	(void)PQsendQueryParams(conn, "select $1::int", 1, NULL, values, NULL,
				NULL, 0);
	wait_result(conn);
	results(conn);
	(void)PQsendPrepare(conn, "p", "select $1::int", 1, NULL);
	results(conn);
	(void)PQsendQueryPrepared(conn, "p", 1, values, NULL, NULL, 0);
	results(conn);
	(void)PQsendDescribePrepared(conn, "p");
	results(conn);
	(void)PQsendDescribePortal(conn, "none");
	results(conn);
	(void)PQsendQuery(conn, "select generate_series(1, 4)");
	say_number("PQsetSingleRowMode", PQsetSingleRowMode(conn));
	results(conn);
	PQfinish(conn);
}

/* What programs do that do not collect all that is there. */
static void careless(void)
{
	PGconn *conn = connected();

	/* No NULL, but libpq has seen that the server is ready. */
	(void)PQsendQuery(conn, "select 1");
	say_result("PQgetResult", PQgetResult(conn));
	wait_result(conn);
	say_number("PQsendQuery", PQsendQuery(conn, "select 2"));
	results(conn);
	/* PQexec drains what another left. */
	(void)PQsendQuery(conn, "select 3");
	say_result("PQexec", PQexec(conn, "select 4"));
	(void)PQsendQuery(conn, "select 5");
	say_result("PQdescribePrepared", PQdescribePrepared(conn, "none"));
	/* Closed with the answer there, and before it is. */
	(void)PQsendQuery(conn, "select 6");
	wait_result(conn);
	PQreset(conn);
	(void)PQsendQuery(conn, "select pg_sleep(60)");
	PQfinish(conn);
}

static void copying(void)
{
	PGconn *conn = connected();
	char *row = NULL;

	say_result("PQexec", PQexec(conn, "create temp table t (n int)"));
	say_result("PQexec", PQexec(conn, "copy t from stdin"));
	say_number("PQputCopyData", PQputCopyData(conn, "1\n2\n", 4));
	say_number("PQputCopyEnd", PQputCopyEnd(conn, NULL));
	results(conn);
	say_result("PQexec", PQexec(conn, "copy t to stdout"));
	while (PQgetCopyData(conn, &row, 0) > 0) {
		say("PQgetCopyData", row);
		PQfreemem(row);
	}
	results(conn);
	/* Left in the middle. */
	say_result("PQexec", PQexec(conn, "copy t from stdin"));
	say_result("PQexec", PQexec(conn, "select count(*) from t"));
	PQfinish(conn);
}

static void send_all(PGconn *conn, const char *const *queries)
{
	for (; *queries; queries++)
		(void)PQsendQueryParams(conn, *queries, 0, NULL, NULL, NULL,
					NULL, 0);
	say_number("PQpipelineSync", PQpipelineSync(conn));
}

static void pipeline(void)
{
	static const char *const good[] = {"select 1", "select 2", "select 3",
					   NULL};
	static const char *const bad[] = {"select 4", "select 1/0", "select 5",
					  "select 6", NULL};
	PGconn *conn = connected();

	say_number("PQenterPipelineMode", PQenterPipelineMode(conn));
	send_all(conn, good);
	send_all(conn, bad);
	say_result("PQexec", PQexec(conn, "select 7"));
	for (int i = 0; i < 7; i++)
		results(conn);
	/* Two synchronisation points, which have no NULL of their own. */
	results(conn);
	say_number("PQexitPipelineMode", PQexitPipelineMode(conn));
	say_result("PQexec", PQexec(conn, "select 8"));
	PQfinish(conn);
}

/* A cancel that comes before the query stops nothing. */
static void start_sleep(PGconn *conn)
{
	struct pollfd ready = {.events = POLLIN};

	/* Where the server is when the cancel reaches it is chance. */
	(void)PQsetErrorContextVisibility(conn, PQSHOW_CONTEXT_NEVER);
	(void)PQsendQuery(conn, "do $$ begin raise notice 'sleeps'; "
				"perform pg_sleep(60); end $$");
	ready.fd = PQsocket(conn);
	say_number("poll", poll(&ready, 1, LIMIT_MS));
}

static void canceling(void)
{
	PGconn *conn = connected();
	PGcancel *cancel = PQgetCancel(conn);
	char error[256] = "";

	start_sleep(conn);
	say_number("PQcancel", PQcancel(cancel, error, sizeof(error)));
	say("PQcancel", error);
	results(conn);
	start_sleep(conn);
	say_number("PQrequestCancel", PQrequestCancel(conn));
	results(conn);
	/* Nothing to cancel. */
	say_number("PQcancel", PQcancel(cancel, error, sizeof(error)));
	PQfreeCancel(cancel);
	PQfinish(conn);
}

static void lost(void)
{
	PGconn *conn = connected();

	say_result("PQexec", PQexec(conn, "select pg_terminate_backend("
					  "pg_backend_pid())"));
	say_number("PQstatus", PQstatus(conn));
	say_number("PQsendQuery", PQsendQuery(conn, "select 1"));
	say("PQsendQuery", PQerrorMessage(conn));
	PQreset(conn);
	(void)PQsendQuery(conn, "select pg_sleep(60)");
	(void)shutdown(PQsocket(conn), SHUT_RDWR);
	results(conn);
	PQfinish(conn);
}

static const struct scene scenes[] = {
	{"connecting", connecting},
	{"commands", commands},
	{"sent", sent},
	{"careless", careless},
	{"copying", copying},
	{"pipeline", pipeline},
	{"canceling", canceling},
	{"lost", lost},
};

int main(int argc, char **argv)
{
	return run_scene(scenes, sizeof(scenes) / sizeof(*scenes), argc, argv);
}
