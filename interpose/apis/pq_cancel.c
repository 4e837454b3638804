/* SPDX-License-Identifier: MIT */
/*
 * pq_cancel.c - cancels: the program's own, and those of others
 *
 * A cancel of PostgreSQL's names a connection, not a query: one that comes
 * late stops the next query. Where the program cancels, that is its business.
 * For others it is seen to: a flag in the connection's record says that a
 * cancel is on its way, and whoever sets it looks at the call afterwards; the
 * program's next command is in the queue first, then looks at the flag, and
 * waits until the cancel is over. Either the cancel sees that its call has
 * ended or is not alone, or the next command waits for it.
 *
 * When PQcancel() has returned the server has the signal, and it forgets one
 * that comes while it is idle. A pooler in between may forward it later.
 */
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pq.h"
#include "pq_17.h"

BELAY_NEXT_SLOT_OF(PQgetCancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQfreeCancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQrequestCancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancelCreate, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancelStart, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancelBlocking, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancelPoll, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancelFinish, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsocket, PQ_SONAME);

#define PATIENCE_NS INT64_C(5000000000)
#define NAP_NS 1000000
#define NAPS 1000

#define ERROR_SIZE 256 /* libpq's own recommendation */

/* --- Others' cancels ----------------------------------------------------- */

static void futex(uint32_t *word, int operation, uint32_t value,
		  const struct timespec *time)
{
	(void)syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value,
		      time, NULL, 0);
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

__attribute__((noinline, cold)) static void
wait_long(struct pq_connection *connection)
{
	const struct timespec second = {1, 0};
	int64_t deadline = now_ns() + PATIENCE_NS;
	bool said = false;
	int saved = errno;

	while (__atomic_load_n(&connection->canceling, __ATOMIC_ACQUIRE)) {
		futex(&connection->canceling, FUTEX_WAIT, 1, &second);
		if (said || now_ns() < deadline)
			continue;
		belay_adapter_say("Cannot send a query yet: seconds=5, "
				  "waits_for=\"a cancel of the one before\"");
		said = true;
	}
	errno = saved;
}

void pq_cancel_wait(struct pq_connection *connection)
{
	/* Sequential: see above; what was stored before is seen by the cancel. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(__atomic_load_n(&connection->canceling,
					     __ATOMIC_SEQ_CST) != 0,
			     0))
		wait_long(connection);
}

static bool claim(struct pq_connection *connection)
{
	return __atomic_exchange_n(&connection->canceling, 1,
				   __ATOMIC_SEQ_CST) == 0;
}

static void release(struct pq_connection *connection)
{
	__atomic_store_n(&connection->canceling, 0, __ATOMIC_SEQ_CST);
	futex(&connection->canceling, FUTEX_WAKE, INT32_MAX, NULL);
}

static struct pq_connection *connection_of(const struct belay_ref *ref)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);

	return slot ? pq_connection_find((const PGconn *)(uintptr_t)slot->key)
		    : NULL;
}

static enum belay_answer send_cancel(struct pq_connection *connection,
				     int32_t *ret_status)
{
	const void *library = connection->library;
	PGcancel *cancel = PQ_NEXT_FROM(PQgetCancel, library)(connection->conn);
	char error[ERROR_SIZE];

	if (!cancel)
		return BELAY_ANSWER_ERROR;
	*ret_status =
		PQ_NEXT_FROM(PQcancel, library)(cancel, error, sizeof(error));
	PQ_NEXT_FROM(PQfreeCancel, library)(cancel);
	return *ret_status ? BELAY_ANSWER_ASKED : BELAY_ANSWER_ERROR;
}

/* The server stops what it is at: in a queue that may be another command. */
enum belay_answer pq_cancel_call(const struct belay_ref *ref,
				 int32_t *ret_status)
{
	struct pq_connection *connection = connection_of(ref);
	enum belay_answer answer = BELAY_ANSWER_NOT_CANCELED;

	if (!connection)
		return BELAY_ANSWER_ERROR;
	if (!claim(connection))
		return BELAY_ANSWER_ASKED;
	if (!belay_call_id(ref))
		answer = BELAY_ANSWER_COMPLETE;
	else if (__atomic_load_n(&connection->queued, __ATOMIC_SEQ_CST) == 1)
		answer = send_cancel(connection, ret_status);
	release(connection);
	return answer;
}

/* Libpq is not at work on the connection; not for long: it may look up a name. */
static bool is_at_rest(const struct pq_connection *connection)
{
	const struct timespec nap = {0, NAP_NS};

	for (int i = 0; i < NAPS; i++) {
		if (!__atomic_load_n(&connection->polling, __ATOMIC_SEQ_CST))
			return true;
		(void)nanosleep(&nap, NULL);
	}
	return false;
}

/* There is nobody to ask: libpq sees that the connection was closed. */
enum belay_answer pq_cancel_connect(const struct belay_ref *ref,
				    int32_t *ret_status)
{
	struct pq_connection *connection = connection_of(ref);
	enum belay_answer answer = BELAY_ANSWER_NOT_CANCELED;

	if (!connection)
		return BELAY_ANSWER_ERROR;
	if (!claim(connection))
		return BELAY_ANSWER_ASKED;
	if (!is_at_rest(connection)) {
		*ret_status = EBUSY;
	} else if (!belay_call_id(ref)) {
		answer = BELAY_ANSWER_COMPLETE;
	} else {
		int fd = PQ_NEXT_FROM(PQsocket,
				      connection->library)(connection->conn);

		if (fd >= 0 && shutdown(fd, SHUT_RDWR) == 0)
			answer = BELAY_ANSWER_ASKED;
	}
	release(connection);
	return answer;
}

/* --- The program's ------------------------------------------------------- */

static const struct belay_ref nobody = {NULL, 0};

/* Libpq's own cancels are parts of others: PQrequestCancel() uses PQcancel(). */
static struct belay_ref call_of(const void *object, const void *site,
				const void *next)
{
	PGconn *conn = pq_is_inside(site, next) ? NULL : pq_pointer_get(object);

	return conn ? belay_adapter_find_oldest(&belay_adapter, conn) : nobody;
}

#define CALL_OF(object) call_of(object, BELAY_SITE(), (const void *)next)

/*
 * What is asked is on record before libpq is: the server can end the query,
 * and another thread collect it, before PQcancel() returns. Where that then
 * fails, it is said.
 */
static bool ask(const struct belay_ref *ref)
{
	bool allowed;

	if (!ref->call)
		return true;
	allowed = belay_call_allows_cancel(ref, BELAY_BY_APPLICATION);
	belay_call_answered(ref, BELAY_BY_APPLICATION,
			    allowed ? BELAY_ANSWER_ASKED : BELAY_ANSWER_REFUSED,
			    0);
	return allowed;
}

static int asked(const struct belay_ref *ref, int done)
{
	if (!done && ref->call && belay_call_id(ref))
		belay_call_answered(ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_ERROR, 0);
	return done;
}

BELAY_EXPORT PGcancel *PQgetCancel(PGconn *conn)
{
	PGcancel *cancel = PQ_NEXT(PQgetCancel)(conn);

	/* Looked up here: in a signal handler that would be too late. */
	(void)BELAY_NEXT_FROM(PQcancel, BELAY_SITE());
	if (cancel)
		pq_pointer_put(cancel, conn);
	return cancel;
}

BELAY_EXPORT void PQfreeCancel(PGcancel *cancel)
{
	pq_pointer_drop(cancel);
	PQ_NEXT(PQfreeCancel)(cancel);
}

static void say(char *error, int size, const char *text)
{
	if (error && size > 0) {
		size_t length = strnlen(text, (size_t)size - 1);

		memcpy(error, text, length);
		error[length] = '\0';
	}
}

BELAY_EXPORT int PQcancel(PGcancel *cancel, char *error, int size)
{
	__typeof__(&PQcancel) next = PQ_NEXT(PQcancel);
	struct belay_ref ref = CALL_OF(cancel);

	if (!ask(&ref)) {
		say(error, size, "PQcancel() -- refused by a rule");
		return 0;
	}
	return asked(&ref, next(cancel, error, size));
}

BELAY_EXPORT int PQrequestCancel(PGconn *conn)
{
	struct belay_ref ref = nobody;

	if (pq_connection_find(conn))
		ref = belay_adapter_find_oldest(&belay_adapter, conn);
	if (!ask(&ref))
		return 0;
	return asked(&ref, PQ_NEXT(PQrequestCancel)(conn));
}

/* --- PostgreSQL 17's ----------------------------------------------------- */

BELAY_EXPORT PGcancelConn *PQcancelCreate(PGconn *conn)
{
	PGcancelConn *cancel = PQ_NEXT(PQcancelCreate)(conn);

	if (cancel)
		pq_pointer_put(cancel, conn);
	return cancel;
}

BELAY_EXPORT int PQcancelBlocking(PGcancelConn *cancel)
{
	__typeof__(&PQcancelBlocking) next = PQ_NEXT(PQcancelBlocking);
	struct belay_ref ref = CALL_OF(cancel);

	if (!ask(&ref))
		return 0;
	return asked(&ref, next(cancel));
}

BELAY_EXPORT int PQcancelStart(PGcancelConn *cancel)
{
	__typeof__(&PQcancelStart) next = PQ_NEXT(PQcancelStart);
	struct belay_ref ref = CALL_OF(cancel);

	if (!ask(&ref))
		return 0;
	return asked(&ref, next(cancel));
}

BELAY_EXPORT PostgresPollingStatusType PQcancelPoll(PGcancelConn *cancel)
{
	__typeof__(&PQcancelPoll) next = PQ_NEXT(PQcancelPoll);
	struct belay_ref ref = CALL_OF(cancel);
	PostgresPollingStatusType polled = next(cancel);

	(void)asked(&ref, polled != PGRES_POLLING_FAILED);
	return polled;
}

BELAY_EXPORT void PQcancelFinish(PGcancelConn *cancel)
{
	pq_pointer_drop(cancel);
	PQ_NEXT(PQcancelFinish)(cancel);
}
