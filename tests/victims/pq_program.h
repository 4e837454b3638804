/* SPDX-License-Identifier: MIT */
/*
 * pq_program.h - what the programs that use libpq share
 */
#ifndef PQ_PROGRAM_H
#define PQ_PROGRAM_H

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

/* Longer than a server takes to answer. */
#define LIMIT_MS 20000

/* poll_connection() - connects, or resets, as a program with a loop does */
static inline PostgresPollingStatusType
poll_connection(PGconn *conn, PostgresPollingStatusType (*next)(PGconn *))
{
	PostgresPollingStatusType polled = PGRES_POLLING_WRITING;

	while (PQstatus(conn) != CONNECTION_BAD &&
	       (polled == PGRES_POLLING_READING ||
		polled == PGRES_POLLING_WRITING)) {
		struct pollfd ready = {
			.fd = PQsocket(conn),
			.events = polled == PGRES_POLLING_READING ? POLLIN
								  : POLLOUT,
		};

		if (poll(&ready, 1, LIMIT_MS) != 1)
			break;
		polled = next(conn);
	}
	return polled;
}

struct scene {
	const char *name;
	void (*run)(void);
};

/* run_scene() - the one that is named; what main() returns */
static inline int run_scene(const struct scene *scenes, size_t count, int argc,
			    char **argv)
{
	for (size_t i = 0; i < count; i++) {
		if (argc == 2 && strcmp(argv[1], scenes[i].name) == 0) {
			scenes[i].run();
			return 0;
		}
	}
	fprintf(stderr, "%s: no such scene\n", argv[0]);
	return 2;
}

#endif
