/* SPDX-License-Identifier: MIT */
/*
 * pq_command.c - a command from its Begin to the NULL after its last result
 *
 * Outside of pipeline mode a connection has one command at a time; libpq
 * refuses a second one, and so that is on record. In pipeline mode commands
 * queue, and their results come in order, with a NULL after each: so the
 * oldest call of a connection is the one whose results come.
 *
 * A command that could not be watched would put the others out of step: from
 * there on none is watched until all have ended.
 */
#include "pq.h"
#include "pq_17.h"

BELAY_NEXT_SLOT_OF(PQstatus, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresultStatus, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQresultErrorField, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcmdTuples, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQntuples, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQisBusy, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQtransactionStatus, PQ_SONAME);

#define NEXT(sym) PQ_NEXT_FROM(sym, connection->library)
#define HOT(sym) PQ_HOT_ON(sym, connection)

static bool is_lost(const struct pq_connection *connection)
{
	return NEXT(PQstatus)(connection->conn) != CONNECTION_OK;
}

/* --- What a result says -------------------------------------------------- */

static int64_t number_in(const char *digits)
{
	int64_t number = 0;

	for (; digits && *digits >= '0' && *digits <= '9'; digits++)
		number = number * 10 + (*digits - '0');
	return number;
}

static int32_t failure(const struct pq_connection *connection)
{
	return is_lost(connection) ? PQ_CONNECTION_FAILURE : PQ_INTERNAL_ERROR;
}

/* What libpq itself made of a failure has no SQLSTATE. */
static int32_t error_of(const struct pq_connection *connection,
			const PGresult *result)
{
	const char *code = NEXT(PQresultErrorField)(result, PG_DIAG_SQLSTATE);

	return code ? pq_sqlstate(code) : failure(connection);
}

/* All rows of a command; of those that came one by one its end says it. */
static int64_t rows_changed(const struct pq_connection *connection,
			    const PGresult *result)
{
	return number_in(HOT(PQcmdTuples)((PGresult *)(uintptr_t)result));
}

static inline int64_t rows_of(const struct pq_connection *connection,
			      const PGresult *result)
{
	int rows = HOT(PQntuples)(result);

	return __builtin_expect(rows != 0, 1)
		       ? rows
		       : rows_changed(connection, result);
}

__attribute__((noinline, cold)) static void
count_other(struct pq_connection *connection, const PGresult *result,
	    ExecStatusType status)
{
	struct pq_tally *tally = &connection->tally;

	switch ((int)status) {
	case PGRES_EMPTY_QUERY:
	case PGRES_COMMAND_OK:
		tally->rows += rows_changed(connection, result);
		break;
	case PGRES_SINGLE_TUPLE:
	case PGRES_TUPLES_CHUNK:
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		break;
	case PGRES_PIPELINE_ABORTED:
		tally->status = PQ_ABORTED;
		break;
	default:
		tally->status = error_of(connection, result);
	}
}

static inline void count(struct pq_connection *connection,
			 const PGresult *result, ExecStatusType status)
{
	connection->tally.got = true;
	connection->says = false;
	if (__builtin_expect(status == PGRES_TUPLES_OK, 1))
		connection->tally.rows += rows_of(connection, result);
	else
		count_other(connection, result, status);
}

PQ_EACH_QUERY struct belay_outcome
pq_outcome(const struct pq_connection *connection)
{
	const struct pq_tally *tally = &connection->tally;
	struct belay_outcome outcome = {BELAY_FAILED, tally->status,
					tally->rows};

	if (tally->status == 0)
		outcome.ending = BELAY_SUCCEEDED;
	else if (tally->status == PQ_CANCELED)
		outcome.ending = BELAY_CANCELED;
	return outcome;
}

/* --- The queue ----------------------------------------------------------- */

static const struct belay_ref nobody = {NULL, 0};

static inline void set_head(struct pq_connection *connection,
			    const struct belay_ref *ref, bool first)
{
	connection->head = *ref;
	connection->tally = (struct pq_tally){false, 0, 0};
	pq_ruled_head(connection, first);
}

__attribute__((noinline, cold)) static void
next_head(struct pq_connection *connection, bool alone)
{
	struct belay_ref next = nobody;

	if (connection->watched && --connection->watched)
		next = belay_adapter_find_oldest(&belay_adapter,
						 connection->conn);
	set_head(connection, &next, alone);
}

/*
 * The first command of the queue has ended; the next one is the head.
 * alone: nothing of its answer can have been read
 */
static inline void advance(struct pq_connection *connection, bool alone)
{
	uint32_t queued = connection->queued - 1;

	if (__builtin_expect(queued == 0 && !connection->ruled, 1)) {
		connection->head = nobody;
		connection->watched = 0;
	} else {
		next_head(connection, alone);
	}
	if (queued == 0)
		connection->blind = false;
	__atomic_store_n(&connection->queued, queued, __ATOMIC_RELAXED);
}

static inline void finish_head(struct pq_connection *connection,
			       struct belay_outcome *outcome, bool alone)
{
	pq_cancel_settle(connection, &connection->head);
	if (connection->head.call)
		(void)belay_adapter_finished(&connection->head, outcome);
	advance(connection, alone);
}

static inline void collected(struct pq_connection *connection)
{
	struct belay_outcome outcome;

	if (!connection->tally.got)
		connection->tally.status = failure(connection);
	outcome = pq_outcome(connection);
	finish_head(connection, &outcome, false);
}

/*
 * A NULL ends the first command, once that has had a result. Before, it says
 * that nothing is there: a function that drains the connection before it
 * sends, or a pipeline in which the program asks too early. libpq has no
 * result where it has no memory: a lone command that was sent is over then.
 */
static bool is_end(const struct pq_connection *connection)
{
	const struct belay_call *call = connection->head.call;

	return connection->queued == 1 && call &&
	       belay_call_state(call) != BELAY_CALL_STARTING;
}

__attribute__((noinline, cold)) static void
collect_if_lost(struct pq_connection *connection)
{
	if (is_lost(connection))
		collected(connection);
}

void pq_saw(struct pq_connection *connection, const PGresult *result)
{
	ExecStatusType status;

	if (connection->queued == 0)
		return;
	if (!result) {
		if (connection->tally.got || is_end(connection))
			collected(connection);
		return;
	}
	/* That of a synchronisation point belongs to no command. */
	status = HOT(PQresultStatus)(result);
	if (status == PGRES_PIPELINE_SYNC)
		return;
	count(connection, result, status);
	/* Nothing follows, and few programs wait for the NULL then. */
	if (__builtin_expect(connection->tally.status != 0, 0))
		collect_if_lost(connection);
}

void pq_error_made_up(struct pq_connection *connection, int32_t status)
{
	connection->tally = (struct pq_tally){true, status, 0};
	collect_if_lost(connection);
}

void pq_give_up(struct pq_connection *connection)
{
	struct belay_outcome outcome;

	while (connection->queued) {
		outcome = pq_outcome(connection);
		if (!connection->tally.got) {
			bool is_there = !is_lost(connection) &&
					!HOT(PQisBusy)(connection->conn);

			outcome.status = PQ_CONNECTION_FAILURE;
			outcome.ending =
				is_there ? BELAY_UNCOLLECTED : BELAY_FAILED;
		}
		finish_head(connection, &outcome, false);
	}
	outcome = (struct belay_outcome){BELAY_FAILED, PQ_CANNOT_CONNECT, 0};
	if (connection->connecting.call)
		(void)belay_adapter_finished(&connection->connecting, &outcome);
	connection->connecting = nobody;
	connection->pipeline = false;
	connection->aborted = false;
	connection->says = false;
	pq_loud(connection);
	pq_cancel_wait(connection);
}

/* --- Begin --------------------------------------------------------------- */

/*
 * It is in the queue first: who cancels looks there, see pq_cancel.c.
 * Sequential, as pq_cancel_wait() is.
 */
static inline void enqueue(struct pq_connection *connection)
{
	__atomic_store_n(&connection->queued, connection->queued + 1,
			 __ATOMIC_SEQ_CST);
	if (__builtin_expect(__atomic_load_n(&connection->canceling,
					     __ATOMIC_SEQ_CST) != 0,
			     0))
		pq_cancel_wait(connection);
}

static void dequeue(struct pq_command *command)
{
	struct pq_connection *connection = command->connection;

	if (command->ref.call)
		connection->watched--;
	__atomic_store_n(&connection->queued, connection->queued - 1,
			 __ATOMIC_RELAXED);
	if (connection->queued == 0) {
		set_head(connection, &nobody, false);
		connection->blind = false;
	}
}

bool pq_begin(struct pq_command *command)
{
	struct pq_connection *connection = command->connection;
	struct belay_outcome fault;

	command->ref = nobody;
	if (__builtin_expect(!connection, 0))
		connection = pq_connection_make(
			(PGconn *)(uintptr_t)command->begin.key, command->next);
	command->connection = connection;
	if (!connection)
		return true;
	enqueue(connection);
	connection->says = false;
	if (connection->blind)
		return true;
	if (!belay_adapter_begin(&command->begin, &command->ref, &fault)) {
		dequeue(command);
		pq_fault_send(connection, fault.status);
		return false;
	}
	connection->blind = !command->ref.call;
	connection->unsent = command->waits;
	if (command->ref.call)
		connection->watched++;
	if (connection->queued == 1)
		set_head(connection, &command->ref, true);
	return true;
}

static int32_t refusal(const struct pq_connection *connection)
{
	if (is_lost(connection))
		return PQ_NO_CONNECTION;
	return connection->queued > 1 ? PQ_IN_USE : PQ_INTERNAL_ERROR;
}

/*
 * The command was taken although another had not ended: the program has had
 * its results, and did not wait for the NULL.
 */
static void end_earlier(struct pq_connection *connection)
{
	while (!connection->pipeline && connection->queued > 1) {
		struct belay_outcome outcome = pq_outcome(connection);

		if (!connection->tally.got)
			outcome.ending = BELAY_UNCOLLECTED;
		finish_head(connection, &outcome, true);
	}
}

int pq_begun(struct pq_command *command, int sent)
{
	struct pq_connection *connection = command->connection;

	if (!connection)
		return sent;
	if (sent) {
		belay_adapter_accepted(&command->ref);
		if (__builtin_expect(connection->queued > 1, 0))
			end_earlier(connection);
	} else {
		belay_adapter_refused(&command->ref, refusal(connection));
		dequeue(command);
	}
	return sent;
}

/* --- Functions that wait for the results --------------------------------- */

/* libpq says so of a connection that a command was sent on. */
bool pq_is_sent(struct pq_connection *connection)
{
	if (connection->queued > 1 ||
	    NEXT(PQtransactionStatus)(connection->conn) != PQTRANS_ACTIVE)
		return false;
	connection->unsent = false;
	belay_adapter_accepted(&connection->head);
	return true;
}

/* Its own Begin was told of before libpq had drained the connection. */
PGresult *pq_returned(struct pq_command *command, PGresult *result)
{
	struct pq_connection *connection = command->connection;

	if (!connection)
		return result;
	connection->unsent = false;
	if (!result && connection->queued) {
		belay_adapter_refused(&command->ref, refusal(connection));
		dequeue(command);
		return result;
	}
	belay_adapter_accepted(&command->ref);
	return result;
}
