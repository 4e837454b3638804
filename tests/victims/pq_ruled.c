/* SPDX-License-Identifier: MIT */
/*
 * pq_ruled.c - asks libpq everything about commands that rules act on
 *
 *     pq_ruled SCENE      connects as the environment says
 *
 * Rules name the commands by their SQL, which says "ruled" where one is meant.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pq_program.h"

#define RULED "select 'ruled'"

static void say(const char *what, const char *text)
{
	printf("%s: %s%s", what, text ? text : "NULL",
	       text && text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

static void say_number(const char *what, long number)
{
	printf("%s: %ld\n", what, number);
}

static void say_result(PGresult *result)
{
	char *verbose;

	if (!result) {
		say("result", NULL);
		return;
	}
	say("result", PQresStatus(PQresultStatus(result)));
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		say("value", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
		verbose = PQresultVerboseErrorMessage(result, PQERRORS_VERBOSE,
						      PQSHOW_CONTEXT_NEVER);
		say("sqlstate", PQresultErrorField(result, PG_DIAG_SQLSTATE));
		say("severity", PQresultErrorField(result, PG_DIAG_SEVERITY));
		say("primary",
		    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
		say("detail",
		    PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
		say("message", PQresultErrorMessage(result));
		say("verbose", verbose);
		PQfreemem(verbose);
	}
	PQclear(result);
}

static void say_connection(const PGconn *conn)
{
	say("connection", PQerrorMessage(conn));
	say("status", PQstatus(conn) == CONNECTION_OK ? "OK" : "BAD");
	say_number("transaction", PQtransactionStatus(conn));
}

static void results(PGconn *conn)
{
	PGresult *result;

	while ((result = PQgetResult(conn)))
		say_result(result);
	say_result(NULL);
}

static PGconn *connected(void)
{
	PGconn *conn = PQconnectdb("");

	if (PQstatus(conn) != CONNECTION_OK) {
		say_connection(conn);
		exit(1);
	}
	return conn;
}

static void wait_readable(const PGconn *conn)
{
	struct pollfd ready = {.fd = PQsocket(conn), .events = POLLIN};

	if (poll(&ready, 1, LIMIT_MS) != 1)
		say("poll", "late");
}

/* Waits as an event loop does, and never in PQgetResult. */
static void wait_result(PGconn *conn)
{
	while (PQisBusy(conn)) {
		wait_readable(conn);
		if (!PQconsumeInput(conn))
			break;
	}
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- Scenes -------------------------------------------------------------- */

static void waiting(void)
{
	PGconn *conn = connected();

	say_result(PQexec(conn, RULED));
	say_connection(conn);
	say_result(PQexec(conn, "select 'next'"));
	say_connection(conn);
	PQfinish(conn);
}

/* Keeps more results than most programs do. */
static void many(void)
{
	static PGresult *kept[300];
	PGconn *conn = connected();
	int failed = 0, coded = 0;

	for (int i = 0; i < 300; i++) {
		kept[i] = PQexec(conn, RULED);
		failed += PQresultStatus(kept[i]) == PGRES_FATAL_ERROR;
		coded += PQresultErrorField(kept[i], PG_DIAG_SQLSTATE) != NULL;
	}
	say_number("failed", failed);
	say_number("coded", coded);
	say_connection(conn);
	for (int i = 0; i < 300; i++)
		PQclear(kept[i]);
	say_result(PQexec(conn, RULED));
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

static void sent(void)
{
	PGconn *conn = connected();

	say_number("sent", PQsendQuery(conn, "select 1; select 'ruled'; "
					     "select 3"));
	say_connection(conn);
	wait_result(conn);
	results(conn);
	say_connection(conn);
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

static void single_rows(void)
{
	PGconn *conn = connected();

	(void)PQsendQuery(conn, "select generate_series(1, 5), 'ruled'");
	say_number("single", PQsetSingleRowMode(conn));
	results(conn);
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

static void copying(void)
{
	PGconn *conn = connected();
	char *row = NULL;

	PQclear(PQexec(conn, "create temp table t (n int)"));
	say_result(PQexec(conn, "copy t /* ruled */ from stdin"));
	say_number("put", PQputCopyData(conn, "1\n2\n", 4));
	say_number("end", PQputCopyEnd(conn, NULL));
	results(conn);
	say_result(PQexec(conn, "copy t /* ruled */ to stdout"));
	while (PQgetCopyData(conn, &row, 0) > 0) {
		say("row", row);
		PQfreemem(row);
	}
	results(conn);
	/* Left alone by the error, with a COPY still to come. */
	say_result(PQexec(conn, "select 1 as ruled; copy t from stdin"));
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

static PGconn *piped(void)
{
	static const char *const queries[] = {"select 1", RULED, "select 3"};
	PGconn *conn = connected();

	(void)PQenterPipelineMode(conn);
	for (int i = 0; i < 3; i++)
		(void)PQsendQueryParams(conn, queries[i], 0, NULL, NULL, NULL,
					NULL, 0);
	(void)PQpipelineSync(conn);
	return conn;
}

/* The second loses the connection, or is not sent at all. */
static void pipeline_lost(void)
{
	PGconn *conn = piped();

	for (int i = 0; i < 8; i++)
		say_result(PQgetResult(conn));
	say_connection(conn);
	PQfinish(conn);
}

static void pipeline(void)
{
	PGconn *conn = piped();

	for (int i = 0; i < 3; i++)
		results(conn);
	say_result(PQgetResult(conn));
	say_number("exit", PQexitPipelineMode(conn));
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

/* Cancels a command whose answer is there, and is kept back. */
static void cancel_held(void)
{
	PGconn *conn = connected();
	PGcancel *cancel = PQgetCancel(conn);
	char error[256] = "";

	(void)PQsendQuery(conn, RULED);
	wait_readable(conn);
	say_number("consumed", PQconsumeInput(conn));
	say_number("busy", PQisBusy(conn));
	say_number("cancel", PQcancel(cancel, error, sizeof(error)));
	say("error", error);
	PQfreeCancel(cancel);
	if (error[0] == '\0') {
		wait_result(conn);
		results(conn);
		say_connection(conn);
		say_result(PQexec(conn, "select 'next'"));
	}
	PQfinish(conn);
}

/* The same of one that the server is still at. */
static void cancel_running(void)
{
	PGconn *conn = connected();
	PGcancel *cancel = PQgetCancel(conn);
	char error[256] = "";

	(void)PQsendQuery(conn, "do $$ begin raise notice 'ruled'; "
				"perform pg_sleep(60); end $$");
	wait_readable(conn);
	say_number("cancel", PQcancel(cancel, error, sizeof(error)));
	say("error", error);
	PQfreeCancel(cancel);
	if (error[0] == '\0') {
		results(conn);
		say_result(PQexec(conn, "select 'next'"));
	}
	PQfinish(conn);
}

/*
 * The same of one that ends well: the server is at it when it is cancelled,
 * and carries the cancel out between two commands, if at all.
 */
static void cancel_too_late(void)
{
	PGconn *conn = connected();
	PGcancel *cancel = PQgetCancel(conn);
	char error[256] = "";
	int server = PQbackendPID(conn);

	(void)kill(server, SIGSTOP);
	(void)PQsendQuery(conn, RULED);
	say_number("busy", PQisBusy(conn));
	say_number("cancel", PQcancel(cancel, error, sizeof(error)));
	PQfreeCancel(cancel);
	(void)kill(server, SIGCONT);
	results(conn);
	say_connection(conn);
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

/* The same after it has said something: that is not all of its answer. */
static void cancel_noticed(void)
{
	PGconn *conn = connected();
	PGcancel *cancel = PQgetCancel(conn);
	double began = seconds(CLOCK_MONOTONIC);
	char error[256] = "";

	(void)PQsendQuery(conn, "do $$ begin raise notice 'ruled'; "
				"perform pg_sleep(60); end $$");
	wait_readable(conn);
	say_number("consumed", PQconsumeInput(conn));
	say_number("busy", PQisBusy(conn));
	say_number("cancel", PQcancel(cancel, error, sizeof(error)));
	PQfreeCancel(cancel);
	results(conn);
	say_number("soon", seconds(CLOCK_MONOTONIC) - began < 30);
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

static void *cancel_it(void *argument)
{
	PGcancel *cancel = argument;
	char error[256] = "";

	if (!PQcancel(cancel, error, sizeof(error)))
		say("cancel", error);
	return NULL;
}

/*
 * Another thread cancels a command whose answer is kept back; the next one
 * comes at once.
 */
static void cancel_elsewhere(void)
{
	PGconn *conn = connected();
	PGcancel *cancel = PQgetCancel(conn);

	for (int i = 0; i < 100; i++) {
		pthread_t thread;
		PGresult *result;

		(void)PQsendQuery(conn, RULED);
		wait_readable(conn);
		(void)PQconsumeInput(conn);
		if (pthread_create(&thread, NULL, cancel_it, cancel) != 0)
			break;
		result = PQgetResult(conn);
		if (PQresultStatus(result) == PGRES_TUPLES_OK)
			say("not canceled", "");
		PQclear(result);
		while ((result = PQgetResult(conn)))
			PQclear(result);
		result = PQexec(conn, "select pg_sleep(0.002)");
		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			say("hit", PQresultErrorMessage(result));
		PQclear(result);
		(void)pthread_join(thread, NULL);
	}
	PQfreeCancel(cancel);
	PQfinish(conn);
}

/*
 * Commands that end just when they are cancelled, each followed at once by one
 * that nobody cancels.
 */
static void race(void)
{
	PGconn *conn = connected();
	int canceled = 0;

	for (int i = 0; i < 300; i++) {
		PGresult *result = PQexec(conn, "select pg_sleep(0.003), "
						"'ruled'");

		canceled += PQresultStatus(result) != PGRES_TUPLES_OK;
		PQclear(result);
		result = PQexec(conn, "select pg_sleep(0.002)");
		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			say("hit", PQresultErrorMessage(result));
		PQclear(result);
	}
	say_number("canceled", canceled);
	PQfinish(conn);
}

/* How long, and with how much processor time, it waits: asleep, polling. */
static void cost(void)
{
	PGconn *conn = connected();

	for (int polls = 0; polls < 2; polls++) {
		double began = seconds(CLOCK_MONOTONIC);
		double used = seconds(CLOCK_PROCESS_CPUTIME_ID);

		(void)PQsendQuery(conn, RULED);
		if (polls)
			wait_result(conn);
		PQclear(PQgetResult(conn));
		printf("%s: %.3f s, processor %.3f s\n",
		       polls ? "polling" : "asleep",
		       seconds(CLOCK_MONOTONIC) - began,
		       seconds(CLOCK_PROCESS_CPUTIME_ID) - used);
		while (PQgetResult(conn))
			;
	}
	PQfinish(conn);
}

static void large(void)
{
	PGconn *conn = connected();
	double began = seconds(CLOCK_MONOTONIC);
	PGresult *result;

	(void)PQsendQuery(conn, "select repeat('x', 40000000) || 'ruled'");
	wait_result(conn);
	result = PQgetResult(conn);
	say_number("length", PQgetlength(result, 0, 0));
	say_number("late", seconds(CLOCK_MONOTONIC) - began > 0.3);
	PQclear(result);
	while ((result = PQgetResult(conn)))
		PQclear(result);
	say_result(PQexec(conn, "select 'next'"));
	PQfinish(conn);
}

static void connecting(void)
{
	PGconn *conn = PQconnectStart("");
	double used = seconds(CLOCK_PROCESS_CPUTIME_ID);

	say_number("polled", poll_connection(conn, PQconnectPoll));
	say_connection(conn);
	fprintf(stderr, "processor: %.3f s\n",
		seconds(CLOCK_PROCESS_CPUTIME_ID) - used);
	PQreset(conn);
	say_connection(conn);
	PQfinish(conn);
	conn = PQconnectdb("");
	say_connection(conn);
	PQfinish(conn);
}

static const struct scene scenes[] = {
	{"waiting", waiting},
	{"many", many},
	{"sent", sent},
	{"single-rows", single_rows},
	{"copying", copying},
	{"pipeline", pipeline},
	{"pipeline-lost", pipeline_lost},
	{"cancel-held", cancel_held},
	{"race", race},
	{"cancel-running", cancel_running},
	{"cancel-noticed", cancel_noticed},
	{"cancel-too-late", cancel_too_late},
	{"cancel-elsewhere", cancel_elsewhere},
	{"cost", cost},
	{"large", large},
	{"connecting", connecting},
};

int main(int argc, char **argv)
{
	return run_scene(scenes, sizeof(scenes) / sizeof(*scenes), argc, argv);
}
