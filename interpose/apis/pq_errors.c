/* SPDX-License-Identifier: MIT */
/*
 * pq_errors.c - the SQLSTATEs that calls can end with, by name and by code
 *
 * The names are PostgreSQL's own condition names (its appendix A); "server"
 * is short for a server that is gone.
 */
#include <string.h>

#include "pq.h"

#define AT_END BELAY_ERROR_AT_FINISH
#define AT_BOTH (BELAY_ERROR_AT_FINISH | BELAY_ERROR_AT_BEGIN)

/* One condition under its name and under its code. */
#define E(a, b, c, d, e, text, at)                                             \
	{PQ_SQLSTATE(a, b, c, d, e), at, text},                                \
	{                                                                      \
		PQ_SQLSTATE(a, b, c, d, e), at, (const char[])                 \
		{                                                              \
			a, b, c, d, e, '\0'                                    \
		}                                                              \
	}

/* What any command can end with. */
#define ANY                                                                    \
	E('0', '8', '0', '0', '6', "connection_failure", AT_BOTH),             \
		{PQ_CONNECTION_FAILURE, AT_BOTH, "server"},                    \
		E('5', '3', '2', '0', '0', "out_of_memory", AT_BOTH),          \
		E('5', '7', '0', '1', '4', "query_canceled", AT_END),          \
		E('5', '7', 'P', '0', '1', "admin_shutdown", AT_END),          \
		E('5', '7', 'P', '0', '2', "crash_shutdown", AT_END),          \
		E('X', 'X', '0', '0', '0', "internal_error", AT_END)

const struct belay_error pq_query_errors[] = {
	ANY,
	E('2', '3', '5', '0', '5', "unique_violation", AT_END),
	E('2', '5', '0', '0', '6', "read_only_sql_transaction", AT_END),
	E('4', '0', '0', '0', '1', "serialization_failure", AT_END),
	E('4', '0', 'P', '0', '1', "deadlock_detected", AT_END),
	E('4', '2', '5', '0', '1', "insufficient_privilege", AT_END),
	E('4', '2', 'P', '0', '1', "undefined_table", AT_END),
	E('5', '3', '1', '0', '0', "disk_full", AT_END),
	E('5', '5', 'P', '0', '3', "lock_not_available", AT_END),
	E('5', '8', '0', '3', '0', "io_error", AT_END),
	{0, 0, NULL},
};

const struct belay_error pq_prepare_errors[] = {
	ANY,
	E('2', '5', 'P', '0', '2', "in_failed_sql_transaction", AT_END),
	E('4', '2', '6', '0', '1', "syntax_error", AT_END),
	E('4', '2', 'P', '0', '1', "undefined_table", AT_END),
	E('4', '2', 'P', '0', '5', "duplicate_prepared_statement", AT_END),
	{0, 0, NULL},
};

const struct belay_error pq_describe_errors[] = {
	ANY,
	E('2', '5', 'P', '0', '2', "in_failed_sql_transaction", AT_END),
	E('2', '6', '0', '0', '0', "invalid_sql_statement_name", AT_END),
	E('3', '4', '0', '0', '0', "invalid_cursor_name", AT_END),
	{0, 0, NULL},
};

/* To close what is not there is no error. */
const struct belay_error pq_close_errors[] = {
	ANY,
	{0, 0, NULL},
};

const struct belay_error pq_connect_errors[] = {
	E('0', '8', '0', '0', '1',
	  "sqlclient_unable_to_establish_sqlconnection", AT_BOTH),
	{PQ_CANNOT_CONNECT, AT_BOTH, "server"},
	E('2', '8', 'P', '0', '1', "invalid_password", AT_END),
	E('3', 'D', '0', '0', '0', "invalid_catalog_name", AT_END),
	E('5', '3', '2', '0', '0', "out_of_memory", AT_BOTH),
	E('5', '3', '3', '0', '0', "too_many_connections", AT_END),
	E('5', '7', 'P', '0', '3', "cannot_connect_now", AT_END),
	{0, 0, NULL},
};

static bool is_code(const char *text)
{
	size_t used = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return used == PQ_CODE_SIZE - 1 && text[used] == '\0';
}

int32_t pq_sqlstate(const char code[PQ_CODE_SIZE - 1])
{
	return PQ_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}

void pq_code(int32_t status, char ret_code[PQ_CODE_SIZE])
{
	for (int i = 0; i < PQ_CODE_SIZE - 1; i++)
		ret_code[i] = (char)((status >> 6 * i & 0x3f) + '0');
	ret_code[PQ_CODE_SIZE - 1] = '\0';
}

static bool named_in(const struct belay_error *errors, const char *name,
		     int32_t *ret_status)
{
	for (; errors->name; errors++) {
		if (strcmp(errors->name, name) == 0) {
			*ret_status = errors->status;
			return true;
		}
	}
	return false;
}

/* --- What the server would say ------------------------------------------- */

#define TEXT(a, b, c, d, e, severity, text)                                    \
	{                                                                      \
		PQ_SQLSTATE(a, b, c, d, e), severity, text                     \
	}

static const struct pq_text texts[] = {
	TEXT('2', '3', '5', '0', '5', "ERROR",
	     "duplicate key value violates unique constraint"),
	TEXT('2', '5', '0', '0', '6', "ERROR",
	     "cannot execute the command in a read-only transaction"),
	TEXT('2', '5', 'P', '0', '2', "ERROR",
	     "current transaction is aborted, commands ignored until end of "
	     "transaction block"),
	TEXT('2', '6', '0', '0', '0', "ERROR",
	     "prepared statement does not exist"),
	TEXT('2', '8', 'P', '0', '1', "FATAL",
	     "password authentication failed"),
	TEXT('3', 'D', '0', '0', '0', "FATAL", "database does not exist"),
	TEXT('3', '4', '0', '0', '0', "ERROR", "portal does not exist"),
	TEXT('4', '0', '0', '0', '1', "ERROR",
	     "could not serialize access due to concurrent update"),
	TEXT('4', '0', 'P', '0', '1', "ERROR", "deadlock detected"),
	TEXT('4', '2', '5', '0', '1', "ERROR", "permission denied"),
	TEXT('4', '2', '6', '0', '1', "ERROR", "syntax error"),
	TEXT('4', '2', 'P', '0', '5', "ERROR",
	     "prepared statement already exists"),
	TEXT('4', '2', 'P', '0', '1', "ERROR", "relation does not exist"),
	TEXT('5', '3', '1', '0', '0', "ERROR",
	     "could not extend file: No space left on device"),
	TEXT('5', '3', '2', '0', '0', "ERROR", "out of memory"),
	TEXT('5', '3', '3', '0', '0', "FATAL",
	     "sorry, too many clients already"),
	TEXT('5', '5', 'P', '0', '3', "ERROR",
	     "could not obtain lock on relation"),
	TEXT('5', '7', '0', '1', '4', "ERROR",
	     "canceling statement due to user request"),
	TEXT('5', '7', 'P', '0', '1', "FATAL",
	     "terminating connection due to administrator command"),
	TEXT('5', '7', 'P', '0', '2', "FATAL",
	     "terminating connection because of crash of another server process"),
	TEXT('5', '7', 'P', '0', '3', "FATAL",
	     "the database system is starting up"),
	TEXT('5', '8', '0', '3', '0', "ERROR",
	     "could not read block: Input/output error"),
	TEXT('X', 'X', '0', '0', '0', "ERROR", "internal error"),
	{0, "ERROR", "made up by a rule of Belay's"},
};

const struct pq_text *pq_text(int32_t status)
{
	const struct pq_text *text = texts;

	while (text->status && text->status != status)
		text++;
	return text;
}

/* --- Names --------------------------------------------------------------- */

bool pq_error_named(const char *name, int32_t *ret_status)
{
	if (!is_code(name))
		named_in(pq_connect_errors, name, ret_status);
	*ret_status = pq_sqlstate(name);
	return true;
}
