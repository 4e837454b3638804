/* SPDX-License-Identifier: MIT */
/*
 * pq_cancel.c - cancels of others than the program
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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pq.h"

BELAY_NEXT_SLOT_OF(PQgetCancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQfreeCancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQcancel, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQfn, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsocket, PQ_SONAME);

#define PATIENCE_NS INT64_C(5000000000)
#define NAP_NS 1000000
#define NAPS 1000
#define SETTLE_NAPS 50

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

bool pq_cancel_claim(struct pq_connection *connection)
{
	return __atomic_exchange_n(&connection->canceling, 1,
				   __ATOMIC_SEQ_CST) == 0;
}

void pq_cancel_release(struct pq_connection *connection)
{
	__atomic_store_n(&connection->canceling, 0, __ATOMIC_SEQ_CST);
	futex(&connection->canceling, FUTEX_WAKE, INT32_MAX, NULL);
}

struct pq_connection *pq_connection_of(const struct belay_ref *ref)
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

/* First of all the answer is not kept back any more: it may come at once. */
static enum belay_answer free_and_send(struct pq_connection *connection,
				       uint64_t id, int32_t *ret_status)
{
	enum belay_answer answer;

	__atomic_store_n(&connection->freed, id, __ATOMIC_RELEASE);
	answer = send_cancel(connection, ret_status);
	if (answer != BELAY_ANSWER_ASKED)
		__atomic_store_n(&connection->freed, 0, __ATOMIC_RELEASE);
	return answer;
}

/*
 * The server stops what it is at: in a queue that may be another command. It
 * is told of one whose answer is kept back, too: that may not be all of it.
 */
static enum belay_answer cancel_command(struct pq_connection *connection,
					uint64_t id, int32_t *ret_status)
{
	bool alone =
		__atomic_load_n(&connection->queued, __ATOMIC_SEQ_CST) == 1;
	int32_t status;

	if (!id)
		return BELAY_ANSWER_COMPLETE;
	if (pq_is_lost(connection, id))
		return BELAY_ANSWER_NOT_CANCELED;
	if (pq_take(connection, id)) {
		if (alone)
			(void)send_cancel(connection, &status);
		return BELAY_ANSWER_CANCELED;
	}
	return alone ? free_and_send(connection, id, ret_status)
		     : BELAY_ANSWER_NOT_CANCELED;
}

enum belay_answer pq_cancel_call(const struct belay_ref *ref,
				 int32_t *ret_status)
{
	struct pq_connection *connection = pq_connection_of(ref);
	enum belay_answer answer;
	uint64_t id;

	if (!connection)
		return BELAY_ANSWER_ERROR;
	if (!pq_cancel_claim(connection))
		return BELAY_ANSWER_ASKED;
	id = belay_call_id(ref);
	answer = cancel_command(connection, id, ret_status);
	if (answer == BELAY_ANSWER_ASKED || answer == BELAY_ANSWER_CANCELED)
		__atomic_store_n(&connection->asked, id, __ATOMIC_RELEASE);
	pq_cancel_release(connection);
	return answer;
}

/*
 * The server ends a query that is cancelled before PQcancel() returns. So that
 * the cancel is not taken for one that came too late, the end of the call
 * waits for it; not for long, this may be the thread of an event loop.
 */
__attribute__((cold)) void
pq_cancel_await(const struct pq_connection *connection,
		const struct belay_ref *ref)
{
	const struct timespec nap = {0, NAP_NS};
	uint64_t id = belay_call_id(ref);
	int saved = errno;

	for (int i = 0; id && i < SETTLE_NAPS; i++) {
		bool sends = __atomic_load_n(&connection->canceling,
					     __ATOMIC_ACQUIRE);
		bool asked = __atomic_load_n(&connection->asked,
					     __ATOMIC_ACQUIRE) == id;

		if (!sends && (!asked || belay_call_test_cancel(ref) ==
						 RPC_E_CALL_CANCELED))
			break;
		(void)nanosleep(&nap, NULL);
	}
	errno = saved;
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
	struct pq_connection *connection = pq_connection_of(ref);
	enum belay_answer answer = BELAY_ANSWER_NOT_CANCELED;

	if (!connection)
		return BELAY_ANSWER_ERROR;
	if (!pq_cancel_claim(connection))
		return BELAY_ANSWER_ASKED;
	if (!is_at_rest(connection)) {
		*ret_status = EBUSY;
	} else if (!belay_call_id(ref)) {
		answer = BELAY_ANSWER_COMPLETE;
	} else if (pq_is_lost(connection, belay_call_id(ref))) {
		answer = BELAY_ANSWER_NOT_CANCELED;
	} else if (pq_take(connection, belay_call_id(ref))) {
		answer = BELAY_ANSWER_CANCELED;
	} else {
		int fd = PQ_NEXT_FROM(PQsocket,
				      connection->library)(connection->conn);

		if (fd >= 0 && shutdown(fd, SHUT_RDWR) == 0)
			answer = BELAY_ANSWER_ASKED;
	}
	if (answer == BELAY_ANSWER_ASKED || answer == BELAY_ANSWER_CANCELED)
		__atomic_store_n(&connection->asked, belay_call_id(ref),
				 __ATOMIC_RELEASE);
	pq_cancel_release(connection);
	return answer;
}

/* A call of a function of the server's is not watched; nor is it cancelled. */
BELAY_EXPORT PGresult *PQfn(PGconn *conn, int function, int *result,
			    int *length, int is_integer, const PQArgBlock *args,
			    int count)
{
	struct pq_connection *connection = pq_connection_find(conn);

	if (connection)
		pq_cancel_wait(connection);
	return PQ_NEXT(PQfn)(conn, function, result, length, is_integer, args,
			     count);
}
