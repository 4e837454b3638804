/* SPDX-License-Identifier: MIT */
/*
 * pq_selects.c - what a point SELECT through libpq costs
 *
 *     pq_selects exec|send CHUNKS SELECTS
 *
 * Prints the smallest and the median chunk, in ns a SELECT: with PQexec(), or
 * with PQsendQuery() and PQgetResult() until that returns NULL. The server is
 * where libpq's environment says; the table is temporary.
 */
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "chunks.h"

#define ROWS 1000

static struct chunks chunks;
static PGconn *conn;

static void check(PGresult *result, ExecStatusType wanted)
{
	if (PQresultStatus(result) != wanted) {
		(void)fputs(PQerrorMessage(conn), stderr);
		exit(1);
	}
	PQclear(result);
}

static void execute(const char *sql)
{
	check(PQexec(conn, sql), PGRES_COMMAND_OK);
}

static void select_sent(const char *sql)
{
	PGresult *result;

	if (!PQsendQuery(conn, sql))
		exit(1);
	while ((result = PQgetResult(conn)) != NULL)
		check(result, PGRES_TUPLES_OK);
}

static void selects(unsigned int count, int sent)
{
	char sql[64];

	for (unsigned int i = 0; i < count; i++) {
		(void)snprintf(sql, sizeof(sql),
			       "select value from points where id = %u",
			       i % ROWS + 1);
		if (sent)
			select_sent(sql);
		else
			check(PQexec(conn, sql), PGRES_TUPLES_OK);
	}
}

static void make_table(void)
{
	char sql[128];

	execute("create temporary table points (id int primary key, value int)");
	(void)snprintf(sql, sizeof(sql),
		       "insert into points select i, i from "
		       "generate_series(1, %d) i",
		       ROWS);
	execute(sql);
	execute("analyze points");
}

int main(int argc, char **argv)
{
	unsigned int count = argc == 4 ? (unsigned int)atoi(argv[2]) : 0;
	unsigned int units = argc == 4 ? (unsigned int)atoi(argv[3]) : 0;
	int sent;

	if (count == 0 || units == 0)
		return 2;
	sent = strcmp(argv[1], "send") == 0;
	conn = PQconnectdb("");
	if (PQstatus(conn) != CONNECTION_OK) {
		(void)fputs(PQerrorMessage(conn), stderr);
		return 1;
	}
	make_table();
	selects(ROWS, sent);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		selects(units, sent);
		chunks_add(&chunks, started, units);
	}
	PQfinish(conn);
	chunks_print(&chunks);
	return 0;
}
