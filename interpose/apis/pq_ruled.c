/* SPDX-License-Identifier: MIT */
/*
 * pq_ruled.c - calls whose answer a rule keeps back, or changes
 *
 * An error takes the place of the first result that does not start a COPY.
 * What comes after it until the NULL is not shown. In a pipeline the commands
 * behind it are told that they were aborted, as the server would tell them, up
 * to the next synchronisation point.
 */
#include "pq.h"

BELAY_NEXT_SLOT_OF(PQclear, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQfreemem, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQgetCopyData, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQgetResult, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQisBusy, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQmakeEmptyPGresult, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQputCopyEnd, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresultStatus, PQ_SONAME);

#define NEXT(sym) PQ_NEXT_FROM(sym, connection->library)

/* What there is to know of a call before its answer comes. */
static void expect(struct pq_connection *connection,
		   const struct belay_ref *ref, enum belay_verdict verdict)
{
	uint64_t lost = verdict == BELAY_DROP ? belay_call_id(ref) : 0;

	__atomic_store_n(&connection->held, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&connection->lost, lost, __ATOMIC_RELEASE);
}

__attribute__((cold)) void pq_rule_head(struct pq_connection *connection,
					enum belay_verdict verdict, bool first)
{
	const struct belay_ref *head = &connection->head;
	bool ruled = verdict != BELAY_DELIVER;

	connection->ruled = ruled || connection->aborted;
	connection->keeping = ruled && first;
	connection->changes = ruled && belay_adapter_changes(head);
	connection->chosen = false;
	connection->canceled = false;
	connection->faulted = false;
	connection->drained = false;
	expect(connection, head, first ? verdict : BELAY_DELIVER);
	if (ruled && !first)
		belay_adapter_unable(head);
}

void pq_ruled_connect(struct pq_connection *connection)
{
	enum belay_verdict verdict = pq_keeps(&connection->connecting);

	connection->ruled_connect = verdict != BELAY_DELIVER;
	connection->done = false;
	expect(connection, &connection->connecting, verdict);
}

/* --- Errors -------------------------------------------------------------- */

/* Return: false where it would have to wait. */
static bool end_copy_out(const struct pq_connection *connection, bool wait)
{
	char *row;
	int length;

	do {
		row = NULL;
		length = NEXT(PQgetCopyData)(connection->conn, &row, !wait);
		if (row)
			NEXT(PQfreemem)(row);
	} while (length > 0);
	return length < 0;
}

/* What would come after an error that was made up, up to the NULL. */
static bool drain(struct pq_connection *connection, bool wait)
{
	PGconn *conn = connection->conn;
	PGresult *result;

	while (!connection->drained && (wait || !NEXT(PQisBusy)(conn))) {
		ExecStatusType status = PGRES_EMPTY_QUERY;

		result = NEXT(PQgetResult)(conn);
		connection->drained = !result;
		if (result)
			status = NEXT(PQresultStatus)(result);
		NEXT(PQclear)(result);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH)
			(void)NEXT(PQputCopyEnd)(conn, "the command failed");
		if ((status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) &&
		    !end_copy_out(connection, wait))
			return false;
	}
	return connection->drained;
}

BELAY_EXPORT PQ_EACH_QUERY int PQisBusy(PGconn *conn)
{
	__typeof__(&PQisBusy) next = PQ_HOT(PQisBusy);
	struct pq_connection *connection = pq_connection_find(conn);

	if (__builtin_expect(connection && connection->ruled, 0)) {
		if (pq_keeps_back(connection))
			return 1;
		if (connection->faulted)
			return !drain(connection, false);
	}
	return next(conn);
}

/*
 * Which error takes the place of the first result; 0: none. One that was kept
 * back until it was cancelled ends as the server would have ended it.
 */
static int32_t choose(struct pq_connection *connection)
{
	struct belay_outcome outcome = pq_outcome(connection);
	int32_t status = outcome.status;

	connection->chosen = true;
	if (pq_is_taken(connection))
		return PQ_CANCELED;
	/* The server did not stop it; without the cancel it would be held. */
	if (connection->canceled)
		return status == PQ_CANCELED ? 0 : PQ_CANCELED;
	if (!connection->changes ||
	    !belay_adapter_completed(&connection->head, &outcome))
		return 0;
	return outcome.status == status ? 0 : outcome.status;
}

static bool starts_copy(ExecStatusType status)
{
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
	       status == PGRES_COPY_BOTH;
}

static PGresult *show(struct pq_connection *connection, PGresult *result,
		      PGresult *made, int32_t status)
{
	if (!made)
		return result;
	NEXT(PQclear)(result);
	connection->faulted = true;
	/* What comes behind it when it is lost is libpq's own to say. */
	connection->aborted =
		connection->pipeline && !pq_takes_connection(status);
	pq_error_made_up(connection, status);
	return made;
}

/* Return: what is shown instead of the result, or the result. */
static PGresult *replace(struct pq_connection *connection, PGresult *result)
{
	int32_t status = choose(connection);

	if (!status && !connection->aborted)
		return result;
	if (!status)
		return show(connection, result,
			    NEXT(PQmakeEmptyPGresult)(connection->conn,
						      PGRES_PIPELINE_ABORTED),
			    PQ_ABORTED);
	/* It has nothing to say any more once the connection is lost. */
	if (pq_takes_connection(status))
		(void)drain(connection, false);
	return show(connection, result, pq_fault_result(connection, status),
		    status);
}

PGresult *pq_ruled_result(struct pq_connection *connection,
			  PGresult *(*next)(PGconn *))
{
	ExecStatusType status = PGRES_EMPTY_QUERY;
	PGresult *result = NULL;

	pq_wait_kept_back(connection);
	if (connection->faulted)
		(void)drain(connection, true);
	else
		result = next(connection->conn);
	if (result)
		status = NEXT(PQresultStatus)(result);
	if (status == PGRES_PIPELINE_SYNC) {
		connection->aborted = false;
		connection->ruled =
			pq_keeps(&connection->head) != BELAY_DELIVER;
		return result;
	}
	pq_saw(connection, result);
	if (!result || !connection->queued || !connection->ruled ||
	    connection->chosen || starts_copy(status))
		return result;
	return replace(connection, result);
}

/* --- Connections --------------------------------------------------------- */

static PostgresPollingStatusType end_connect(struct pq_connection *connection,
					     bool connected)
{
	const struct belay_ref *ref = &connection->connecting;
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 0};
	int32_t status = 0;

	if (!connected)
		outcome = (struct belay_outcome){BELAY_FAILED,
						 PQ_CANNOT_CONNECT, 0};
	pq_cancel_settle(connection, ref);
	if (pq_is_taken(connection))
		outcome =
			(struct belay_outcome){BELAY_CANCELED, PQ_CANCELED, 0};
	(void)belay_adapter_finished(ref, &outcome);
	status = outcome.status;
	connection->connecting = (struct belay_ref){NULL, 0};
	pq_ruled_connect(connection);
	if (!status)
		return PGRES_POLLING_OK;
	if (connected || status != PQ_CANNOT_CONNECT)
		pq_fault_connect(connection, status);
	return PGRES_POLLING_FAILED;
}

/*
 * libpq has read what the server said, so the socket would not wake who polls
 * it: that it can be written to does.
 */
PostgresPollingStatusType pq_ruled_poll(struct pq_connection *connection,
					PostgresPollingStatusType polled,
					bool wait)
{
	const struct belay_ref *ref = &connection->connecting;

	if (polled == PGRES_POLLING_FAILED)
		return end_connect(connection, false);
	if (polled != PGRES_POLLING_OK)
		return polled;
	connection->done = true;
	while (pq_hold(connection, ref)) {
		if (!wait)
			return PGRES_POLLING_WRITING;
		(void)belay_adapter_wait(ref, UINT64_MAX);
	}
	return end_connect(connection, true);
}
