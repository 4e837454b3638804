/* SPDX-License-Identifier: MIT */
/*
 * pq_operations.c - the kinds of call that a connection has
 */
#include "pq.h"

BELAY_NEXT_SLOT_OF(PQhost, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQdb, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQuser, PQ_SONAME);

static const char *const derived[] = {"host", "dbname", "user", NULL};

static const char *derive(const struct belay_begin *begin, unsigned int index,
			  char space[BELAY_DERIVED_MAX])
{
	const PGconn *conn = begin->key;
	const struct pq_connection *connection = pq_connection_find(conn);

	(void)space;
	if (!connection)
		return NULL;
	switch (index) {
	case 0:
		return PQ_NEXT_FROM(PQhost, connection->library)(conn);
	case 1:
		return PQ_NEXT_FROM(PQdb, connection->library)(conn);
	default:
		return PQ_NEXT_FROM(PQuser, connection->library)(conn);
	}
}

static const char no_faults[] =
	"rows cannot be taken out of a result of libpq's; and of the commands "
	"in a pipeline only the first can be held, with all behind it";

#define OPERATION(index, text, error_list, cancel_function, ...)               \
	[index] = {                                                            \
		.size = sizeof(struct belay_operation),                        \
		.cancel_needs =                                                \
			BELAY_CANCEL_MAY_BLOCK | BELAY_CANCEL_ACCEPTED,        \
		.number = &pq_reads.numbers[index],                            \
		.api = "pq",                                                   \
		.name = text,                                                  \
		.arguments = {__VA_ARGS__},                                    \
		.errors = error_list,                                          \
		.status_kind = BELAY_STATUS_API,                               \
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,                        \
		.cancel = cancel_function,                                     \
		.wake = pq_wake,                                               \
		.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |   \
			  BELAY_FAULT_HOLD,                                    \
		.no_faults = no_faults,                                        \
		.derived = derived,                                            \
		.derive = derive,                                              \
		.error_named = pq_error_named,                                 \
	}

#define COMMAND(index, text, error_list, ...)                                  \
	OPERATION(index, text, error_list, pq_cancel_call, __VA_ARGS__)

const struct belay_operation pq_operations[PQ_OPERATIONS] = {
	OPERATION(PQ_CONNECT, "connect", pq_connect_errors, pq_cancel_connect,
		  {NULL, BELAY_ARGUMENT_NONE}),
	COMMAND(PQ_QUERY, "query", pq_query_errors,
		{"sql", BELAY_ARGUMENT_TEXT}, {"params", BELAY_ARGUMENT_UINT}),
	COMMAND(PQ_PREPARE, "prepare", pq_prepare_errors,
		{"sql", BELAY_ARGUMENT_TEXT}, {"params", BELAY_ARGUMENT_UINT}),
	COMMAND(PQ_DESCRIBE, "describe", pq_describe_errors,
		{"name", BELAY_ARGUMENT_TEXT}),
	COMMAND(PQ_CLOSE, "close", pq_close_errors,
		{"name", BELAY_ARGUMENT_TEXT}),
};

BELAY_ADAPTER(.name = "pq", .title = "PostgreSQL's client library, libpq",
	      .library = PQ_SONAME, .operations = pq_operations,
	      .operations_count = PQ_OPERATIONS);
