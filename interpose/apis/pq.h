/* SPDX-License-Identifier: MIT */
/*
 * pq.h - what the files of the libpq adapter share
 *
 * A connection has a record of ours. libpq lets one thread at a time use a
 * connection, so what is plain in the record is that thread's; what cancels
 * read from other threads is atomic.
 */
#ifndef BELAY_APIS_PQ_H
#define BELAY_APIS_PQ_H

#include "pq_operations.h"
#include "pq_site.h"

/* --- SQLSTATEs (pq_errors.c) --------------------------------------------- */

/* Five letters in 30 bits, as PostgreSQL's own MAKE_SQLSTATE() has them. */
#define PQ_SIXBIT(letter, place) ((((letter) - '0') & 0x3f) << 6 * (place))
#define PQ_SQLSTATE(a, b, c, d, e)                                             \
	(PQ_SIXBIT(a, 0) | PQ_SIXBIT(b, 1) | PQ_SIXBIT(c, 2) |                 \
	 PQ_SIXBIT(d, 3) | PQ_SIXBIT(e, 4))

#define PQ_CANNOT_CONNECT PQ_SQLSTATE('0', '8', '0', '0', '1')
#define PQ_NO_CONNECTION PQ_SQLSTATE('0', '8', '0', '0', '3')
#define PQ_CONNECTION_FAILURE PQ_SQLSTATE('0', '8', '0', '0', '6')
#define PQ_ABORTED PQ_SQLSTATE('2', '5', 'P', '0', '2')
#define PQ_IN_USE PQ_SQLSTATE('5', '5', '0', '0', '6')
#define PQ_CANCELED PQ_SQLSTATE('5', '7', '0', '1', '4')
#define PQ_ADMIN_SHUTDOWN PQ_SQLSTATE('5', '7', 'P', '0', '1')
#define PQ_CRASH_SHUTDOWN PQ_SQLSTATE('5', '7', 'P', '0', '2')
#define PQ_INTERNAL_ERROR PQ_SQLSTATE('X', 'X', '0', '0', '0')

#define PQ_MESSAGE_SIZE 256
#define PQ_CODE_SIZE 6 /* five letters, terminated */

extern const struct belay_error pq_query_errors[];
extern const struct belay_error pq_prepare_errors[];
extern const struct belay_error pq_describe_errors[];
extern const struct belay_error pq_close_errors[];
extern const struct belay_error pq_connect_errors[];

/* pq_sqlstate() - the number of five letters */
int32_t pq_sqlstate(const char code[PQ_CODE_SIZE - 1]);

/* pq_code() - the five letters of a number */
void pq_code(int32_t status, char ret_code[PQ_CODE_SIZE]);

/* What the server says with an error. */
struct pq_text {
	int32_t status;
	const char *severity;
	const char *primary;
};

/* pq_text() - of any error; one that is not known has a plain text */
const struct pq_text *pq_text(int32_t status);

/* pq_error_named() - any code of five digits and capitals, or a known name */
bool pq_error_named(const char *name, int32_t *ret_status);

/* --- Connections (pq_connection.c) --------------------------------------- */

/* What the results of one command said. */
struct pq_tally {
	bool got;       /* there was one */
	int32_t status; /* of the last error */
	int64_t rows;   /* that all of its statements returned or changed */
};

/*
 * struct pq_connection - what is known of a PGconn
 *
 * library:    an address in the libpq that made it
 * caller:     that, as one that calls; or NULL
 * connecting: the call that makes the connection; NULL: none
 * head:       the command whose results come next; a NULL call: not watched
 * tally:      of that one
 * queued:     commands that were sent and have not ended
 * watched:    so many of them are calls; these are the first ones
 * blind:      a command was not watched: nor are those behind it
 * unsent:     the last one is on its way: libpq may first drain the connection
 * pipeline:   the program is in pipeline mode
 * canceling:  1 while somebody else than the program cancels: a futex
 * polling:    1 while PQconnectPoll() runs
 * asked:      id of the call that such a cancel was sent for
 *
 * Of a call that rules may keep back or change, head or connecting:
 *
 * ruled:      the head is one, or aborted is true
 * ruled_connect: connecting is one
 * keeping:    its answer has not been let through yet
 * changes:    its outcome may become another
 * chosen:     that was seen to
 * canceled:   a cancel let its answer through that was to be kept back
 * faulted:    its result was made up: what else comes is not shown
 * drained:    its NULL has come, and not been shown
 * aborted:    an error was made up in a pipeline: so nothing else succeeds
 *             there before the next synchronisation point
 * done:       of connecting: libpq has made the connection
 * held:       its id while the answer is there and is kept back; PQ_TAKEN
 *             after somebody has cancelled it meanwhile
 * lost:       its id where the answer gets lost
 * freed:      its id where a cancel was sent: the answer is not kept back
 * quiet:      1 + the descriptor that does not tell of the answer; 0: none
 * says:       PQerrorMessage() is to say the message, not what libpq says
 * message:    that
 */
#define PQ_TAKEN UINT64_MAX

struct pq_connection {
	/* Of each query: these two lines. */
	PGconn *conn; /* atomic */
	struct pq_caller *caller;
	struct belay_ref head;
	uint32_t queued;
	uint32_t watched;
	uint32_t canceling;
	bool blind;
	bool unsent;
	bool pipeline;
	bool says;
	bool ruled;
	bool aborted;
	uint64_t asked;
	struct pq_tally tally;
	uint64_t held;
	uint64_t lost;

	const void *library;
	uint64_t freed;
	struct belay_ref connecting;
	uint32_t polling;
	int quiet;
	bool ruled_connect;
	bool keeping;
	bool changes;
	bool chosen;
	bool canceled;
	bool faulted;
	bool drained;
	bool done;
	char message[PQ_MESSAGE_SIZE];
} __attribute__((aligned(64)));

/* The connection that this thread found last. */
extern __thread struct pq_connection *pq_found_last;

/* pq_connection_look_up() - the slow half of pq_connection_find() */
struct pq_connection *pq_connection_look_up(const PGconn *conn);

/*
 * pq_connection_find() - the record of a connection, or NULL
 *
 * Acquire: what a new record says is written before whose it is.
 */
static inline struct pq_connection *pq_connection_find(const PGconn *conn)
{
	struct pq_connection *last = pq_found_last;

	return __builtin_expect(
		       last && conn &&
			       __atomic_load_n(&last->conn, __ATOMIC_ACQUIRE) ==
				       conn,
		       1)
		       ? last
		       : pq_connection_look_up(conn);
}

/*
 * pq_connection_make() - the same; a new one where there is none
 *
 * NULL where there is no room, or conn is NULL: nothing of it is watched then.
 */
struct pq_connection *pq_connection_make(PGconn *conn, const void *library);

/* pq_connection_forget() - the program ends the connection */
void pq_connection_forget(struct pq_connection *connection);

/*
 * pq_pointer_put(), pq_pointer_get(), pq_pointer_drop() - which connection an
 * object for cancelling belongs to; lock-free, async-signal-safe
 */
void pq_pointer_put(const void *object, PGconn *conn);
PGconn *pq_pointer_get(const void *object);
void pq_pointer_drop(const void *object);

/* --- Functions of each query (pq_site.c) ---------------------------------- */

/*
 * struct pq_here - a function of each query that is called for a connection
 *
 * connection: its record, or NULL
 * next:       the real function
 * inside:     libpq itself calls
 */
struct pq_here {
	struct pq_connection *connection;
	void *next;
	bool inside;
};

/* pq_here_find() - the slow half of pq_here() */
struct pq_here pq_here_find(struct belay_next *next, enum pq_hot index,
			    const PGconn *conn, const void *site);

/*
 * pq_here() - the connection's record knows where its libpq lies, and what that
 * one's own calls go on to
 */
static inline struct pq_here pq_here(struct belay_next *next, enum pq_hot index,
				     const PGconn *conn, const void *site)
{
	struct pq_connection *connection = pq_connection_find(conn);
	const struct pq_caller *caller = connection ? connection->caller : NULL;
	void *found = NULL;

	if (__builtin_expect(caller != NULL, 1))
		found = __atomic_load_n(&caller->functions[index],
					__ATOMIC_RELAXED);
	if (__builtin_expect(!found, 0))
		return pq_here_find(next, index, conn, site);
	return (struct pq_here){
		connection,
		found,
		(uintptr_t)site - caller->start < caller->size,
	};
}

#define PQ_HERE(sym, conn)                                                     \
	pq_here(&next_##sym, PQ_HOT_##sym, (conn), BELAY_SITE())

/* --- Commands (pq_command.c) --------------------------------------------- */

/*
 * A command that is being sent.
 *
 * next:       the real function
 * waits:      the function returns when it has ended
 * connection: its record, where that is known
 */
struct pq_command {
	struct belay_begin begin;
	const void *next;
	bool waits;
	struct pq_connection *connection;
	struct belay_ref ref;
};

/* pq_begin() - before it is sent; false: it fails, as the real one would */
PQ_EACH_QUERY bool pq_begin(struct pq_command *command);

/* pq_begun() - what the real function returned */
PQ_EACH_QUERY int pq_begun(struct pq_command *command, int sent);

/* pq_returned() - the same of a function that waits for the results */
PGresult *pq_returned(struct pq_command *command, PGresult *result);

/*
 * pq_is_sent() - whether a command has been, of a function that waits for the
 * results; there is nothing of it yet where not
 */
bool pq_is_sent(struct pq_connection *connection);

/* pq_awaits() - whether there are results that somebody here looks at */
static inline bool pq_awaits(const struct pq_connection *connection)
{
	return connection->queued || connection->ruled;
}

/* pq_is_ruled() - whether rules act on the results that come next */
static inline bool pq_is_ruled(struct pq_connection *connection)
{
	return (!connection->unsent || pq_is_sent(connection)) &&
	       connection->ruled;
}

/* pq_saw() - the program gets a result, or NULL after the last one */
PQ_EACH_QUERY void pq_saw(struct pq_connection *connection,
			  const PGresult *result);

/* pq_give_up() - the connection is closed or made anew */
void pq_give_up(struct pq_connection *connection);

/* pq_error_made_up() - its result says an error that is made up */
void pq_error_made_up(struct pq_connection *connection, int32_t status);

/* pq_outcome() - how it ends, as far as its results have come */
struct belay_outcome pq_outcome(const struct pq_connection *connection);

/* --- What rules do to a call (pq_ruled.c) -------------------------------- */

/* pq_rule_head() - the slow half of pq_ruled_head() */
void pq_rule_head(struct pq_connection *connection, enum belay_verdict verdict,
		  bool first);

/* Nothing is left of the last head that was ruled. */
static inline bool pq_is_plain(const struct pq_connection *connection)
{
	return !connection->ruled && !connection->aborted &&
	       !__atomic_load_n(&connection->held, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&connection->lost, __ATOMIC_RELAXED);
}

/* pq_keeps() - what rules ask of a call, which may be nobody's */
static inline enum belay_verdict pq_keeps(const struct belay_ref *ref)
{
	return ref->call ? belay_adapter_keeps(ref) : BELAY_DELIVER;
}

/* pq_ruled_head() - the head is another call; first: it was sent alone */
static inline void pq_ruled_head(struct pq_connection *connection, bool first)
{
	enum belay_verdict verdict = pq_keeps(&connection->head);

	if (__builtin_expect(
		    verdict != BELAY_DELIVER || !pq_is_plain(connection), 0))
		pq_rule_head(connection, verdict, first);
}

/* pq_ruled_connect() - connecting is another call */
void pq_ruled_connect(struct pq_connection *connection);

/* pq_ruled_result() - PQgetResult(), of a call that is ruled */
PGresult *pq_ruled_result(struct pq_connection *connection,
			  PGresult *(*next)(PGconn *));

/* pq_ruled_poll() - PQconnectPoll() of one, after libpq's own */
PostgresPollingStatusType pq_ruled_poll(struct pq_connection *connection,
					PostgresPollingStatusType polled,
					bool wait);

/* --- Answers that are kept back (pq_hold.c) ------------------------------ */

/* pq_hold() - a call's answer is there: whether it is to stay there */
bool pq_hold(struct pq_connection *connection, const struct belay_ref *ref);

/*
 * pq_keeps_back() - whether libpq is not to look for the head's answer, for
 * now; does not wait
 */
PQ_EACH_QUERY bool pq_keeps_back(struct pq_connection *connection);

/* pq_wait_kept_back() - sleeps until it may */
void pq_wait_kept_back(struct pq_connection *connection);

/* pq_is_held(), pq_is_lost() - whether that call's answer is kept back, lost */
bool pq_is_held(const struct pq_connection *connection, uint64_t id);
bool pq_is_lost(const struct pq_connection *connection, uint64_t id);

/* pq_take() - a cancel ends the hold of that call; false: there is none */
bool pq_take(struct pq_connection *connection, uint64_t id);

/* pq_is_taken() - whether one has */
bool pq_is_taken(const struct pq_connection *connection);

/* pq_loud() - the socket tells of what is there again */
void pq_loud(struct pq_connection *connection);

/* pq_wake() - the hold of a call is over; on a thread of Belay's own */
void pq_wake(const struct belay_ref *ref);

/* --- Results that are made up (pq_fault.c) ------------------------------- */

/* pq_fault_result() - a result with an error; NULL: there is no room for it */
PGresult *pq_fault_result(struct pq_connection *connection, int32_t status);

/* pq_fault_send() - a command is not sent */
void pq_fault_send(struct pq_connection *connection, int32_t status);

/* pq_fault_connect() - a connection is not made */
void pq_fault_connect(struct pq_connection *connection, int32_t status);

/* pq_takes_connection() - whether it is lost with such an error */
bool pq_takes_connection(int32_t status);

/* --- Cancels (pq_cancel.c) ----------------------------------------------- */

/* For whoever is not the program: a policy, an operator. */
enum belay_answer pq_cancel_call(const struct belay_ref *ref,
				 int32_t *ret_status);
enum belay_answer pq_cancel_connect(const struct belay_ref *ref,
				    int32_t *ret_status);

/* pq_connection_of() - the record that a call belongs to, or NULL */
struct pq_connection *pq_connection_of(const struct belay_ref *ref);

/*
 * pq_cancel_claim(), pq_cancel_release() - a cancel is on its way: the next
 * command waits; false: another one is
 */
bool pq_cancel_claim(struct pq_connection *connection);
void pq_cancel_release(struct pq_connection *connection);

/* pq_cancel_await() - the slow half of pq_cancel_settle() */
void pq_cancel_await(const struct pq_connection *connection,
		     const struct belay_ref *ref);

/* pq_cancel_settle() - lets one that was sent for the call get its answer */
static inline void pq_cancel_settle(const struct pq_connection *connection,
				    const struct belay_ref *ref)
{
	if (ref->call &&
	    (__atomic_load_n(&connection->canceling, __ATOMIC_ACQUIRE) ||
	     __atomic_load_n(&connection->asked, __ATOMIC_ACQUIRE)))
		pq_cancel_await(connection, ref);
}

/* pq_cancel_wait() - waits until no cancel of that kind is on its way */
PQ_EACH_QUERY void pq_cancel_wait(struct pq_connection *connection);

#endif
