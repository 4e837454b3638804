/* SPDX-License-Identifier: MIT */
/*
 * pq_hold.c - answers that are kept back
 *
 * Kept back means that libpq does not read: the answer stays in the socket.
 * PQconsumeInput() reads nothing, PQisBusy() says that there is nothing, and
 * PQgetResult() sleeps. Who polls the socket would find it readable all the
 * time. A TCP socket is told to be so only with more than there ever is
 * (SO_RCVLOWAT); when the hold is over it is told otherwise, and the kernel
 * wakes who polls. A local socket cannot be told: who polls it is told again
 * and again, which costs processor time, but is in time whatever it waits
 * with.
 *
 * Behind a first command in a pipeline the answers come in the same reads: so
 * only a command that is sent alone can be kept back.
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "pq.h"

BELAY_NEXT_SLOT_OF(PQconsumeInput, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQflush, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQisBusy, PQ_SONAME);
BELAY_NEXT_SLOT_OF(PQsocket, PQ_SONAME);

#define NEXT(sym) PQ_NEXT_FROM(sym, connection->library)

/* --- The socket ---------------------------------------------------------- */

static void wake_with(int fd, int bytes)
{
	int saved = errno;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
	errno = saved;
}

static bool is_tcp(int fd)
{
	int protocol = 0;
	socklen_t size = sizeof(protocol);
	int saved = errno;
	bool known =
		getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0;

	errno = saved;
	return known && protocol == IPPROTO_TCP;
}

static void quiet(struct pq_connection *connection)
{
	int fd = NEXT(PQsocket)(connection->conn);

	if (fd < 0 || !is_tcp(fd))
		return;
	/* Who ends the hold takes it away: too early for what is set here? */
	__atomic_store_n(&connection->quiet, fd + 1, __ATOMIC_SEQ_CST);
	wake_with(fd, INT_MAX);
	if (!__atomic_load_n(&connection->quiet, __ATOMIC_SEQ_CST))
		wake_with(fd, 1);
}

/*
 * Not with the connection, which the program may close at this moment: what
 * then gets the number finds what it had anyway.
 */
void pq_loud(struct pq_connection *connection)
{
	int quiet_fd =
		__atomic_exchange_n(&connection->quiet, 0, __ATOMIC_SEQ_CST);

	if (quiet_fd)
		wake_with(quiet_fd - 1, 1);
}

void pq_wake(const struct belay_ref *ref)
{
	struct pq_connection *connection = pq_connection_of(ref);

	if (connection && belay_call_id(ref))
		pq_loud(connection);
}

/* --- Who has it ---------------------------------------------------------- */

bool pq_is_held(const struct pq_connection *connection, uint64_t id)
{
	return id && __atomic_load_n(&connection->held, __ATOMIC_SEQ_CST) == id;
}

bool pq_is_lost(const struct pq_connection *connection, uint64_t id)
{
	return id && __atomic_load_n(&connection->lost, __ATOMIC_ACQUIRE) == id;
}

bool pq_is_taken(const struct pq_connection *connection)
{
	return __atomic_load_n(&connection->held, __ATOMIC_SEQ_CST) == PQ_TAKEN;
}

bool pq_take(struct pq_connection *connection, uint64_t id)
{
	if (!id || !__atomic_compare_exchange_n(
			   &connection->held, &id, PQ_TAKEN, false,
			   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	pq_loud(connection);
	return true;
}

/* Either the hold ends, and who cancels is late, or the other way round. */
static void give(struct pq_connection *connection, uint64_t id)
{
	int fd = __atomic_load_n(&connection->quiet, __ATOMIC_SEQ_CST);

	(void)__atomic_compare_exchange_n(&connection->held, &id, 0, false,
					  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (fd)
		pq_loud(connection);
}

bool pq_hold(struct pq_connection *connection, const struct belay_ref *ref)
{
	uint64_t id = belay_call_id(ref);
	uint64_t nobody = 0;

	if (pq_is_taken(connection))
		return false;
	if (belay_adapter_look(ref) == BELAY_DELIVER) {
		give(connection, id);
		return false;
	}
	if (!__atomic_compare_exchange_n(&connection->held, &nobody, id, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return nobody == id;
	if (ref == &connection->head)
		quiet(connection);
	/* Over meanwhile: whoever ended it may have been before that. */
	if (belay_adapter_look(ref) != BELAY_DELIVER &&
	    !pq_is_taken(connection))
		return true;
	give(connection, id);
	return false;
}

/* --- The head ------------------------------------------------------------ */

/* Also while the cancel is just being told of, and the hold is over already. */
static bool is_let_go(const struct pq_connection *connection)
{
	const struct belay_ref *head = &connection->head;

	return pq_is_taken(connection) ||
	       __atomic_load_n(&connection->freed, __ATOMIC_ACQUIRE) ==
		       belay_call_id(head) ||
	       belay_call_test_cancel(head) == RPC_E_CALL_CANCELED;
}

static bool is_answered(const struct pq_connection *connection)
{
	struct pollfd socket = {
		.fd = NEXT(PQsocket)(connection->conn),
		.events = POLLIN,
	};
	int saved = errno;
	bool is_there =
		pq_is_held(connection, belay_call_id(&connection->head)) ||
		socket.fd < 0 || poll(&socket, 1, 0) > 0 ||
		!NEXT(PQisBusy)(connection->conn);

	errno = saved;
	return is_there;
}

bool pq_keeps_back(struct pq_connection *connection)
{
	bool canceled;

	if (!connection->keeping)
		return false;
	canceled = is_let_go(connection);
	if (!canceled && (!is_answered(connection) ||
			  pq_hold(connection, &connection->head)))
		return true;
	connection->keeping = false;
	/* What may change need not be held; its error is enough. */
	connection->canceled = canceled && !connection->changes;
	give(connection, belay_call_id(&connection->head));
	return false;
}

static void wait_answer(const struct pq_connection *connection)
{
	struct pollfd socket = {
		.fd = NEXT(PQsocket)(connection->conn),
		.events = POLLIN,
	};
	int saved = errno;

	if (NEXT(PQflush)(connection->conn) > 0)
		socket.events |= POLLOUT;
	(void)poll(&socket, 1, -1);
	errno = saved;
}

void pq_wait_kept_back(struct pq_connection *connection)
{
	const struct belay_ref *head = &connection->head;

	while (pq_keeps_back(connection)) {
		if (pq_is_held(connection, belay_call_id(head)))
			(void)belay_adapter_wait(head, UINT64_MAX);
		else
			wait_answer(connection);
	}
}

BELAY_EXPORT PQ_EACH_QUERY int PQconsumeInput(PGconn *conn)
{
	__typeof__(&PQconsumeInput) next = PQ_HOT(PQconsumeInput);
	struct pq_connection *connection = pq_connection_find(conn);

	if (__builtin_expect(!connection || !pq_keeps_back(connection), 1))
		return next(conn);
	/* The rest of its work. */
	return NEXT(PQflush)(conn) >= 0;
}
