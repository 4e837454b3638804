/* SPDX-License-Identifier: MIT */
/*
 * pq_cancel_own.c - the program's own cancels
 *
 * Each goes to the server, as it would without Belay, but one that a rule
 * refuses. PQcancel() is async-signal-safe: psql calls it in a handler.
 */
#include <string.h>

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

static const struct belay_ref nobody = {NULL, 0};

/* Libpq's own cancels are parts of others: PQrequestCancel() uses PQcancel(). */
static struct belay_ref call_of(const void *object, const void *site,
				const void *next)
{
	PGconn *conn = pq_is_inside(site, next) ? NULL : pq_pointer_get(object);

	return conn ? belay_adapter_find_oldest(&belay_adapter, conn) : nobody;
}

#define CALL_OF(object) call_of(object, BELAY_SITE(), (const void *)next)

/* What a cancel of the program's comes to. */
enum ask {
	SEND,  /* the server decides */
	TAKEN, /* the server is told, and it is cancelled whatever that says */
	FAIL,
};

/*
 * Its answer is kept back: it ends now. The next command waits until the
 * server was told, as for the cancel of somebody else.
 */
static bool take(struct pq_connection *connection, uint64_t id)
{
	if (!pq_is_held(connection, id) || !pq_cancel_claim(connection))
		return false;
	if (pq_take(connection, id))
		return true;
	pq_cancel_release(connection);
	return false;
}

static enum belay_answer answer_of(struct pq_connection *connection,
				   const struct belay_ref *ref)
{
	uint64_t id = belay_call_id(ref);

	if (!belay_call_allows_cancel(ref, BELAY_BY_APPLICATION))
		return BELAY_ANSWER_REFUSED;
	if (pq_is_lost(connection, id))
		return BELAY_ANSWER_NOT_CANCELED;
	if (take(connection, id))
		return BELAY_ANSWER_CANCELED;
	/* Not held yet: see pq_keeps_back(). */
	__atomic_store_n(&connection->freed, id, __ATOMIC_RELEASE);
	return BELAY_ANSWER_ASKED;
}

/*
 * What is asked is on record before libpq is: the server can end the query,
 * and another thread collect it, before PQcancel() returns. Where that then
 * fails, it is said.
 */
static enum ask ask(const struct belay_ref *ref)
{
	struct pq_connection *connection = pq_connection_of(ref);
	enum belay_answer answer;

	if (!connection || !belay_call_id(ref))
		return SEND;
	answer = answer_of(connection, ref);
	belay_call_answered(ref, BELAY_BY_APPLICATION, answer, 0);
	if (answer == BELAY_ANSWER_ASKED)
		return SEND;
	return answer == BELAY_ANSWER_CANCELED ? TAKEN : FAIL;
}

/* Return: what the program is told. */
static int asked(const struct belay_ref *ref, enum ask what, int done)
{
	if (what == TAKEN) {
		pq_cancel_release(pq_connection_of(ref));
		return 1;
	}
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
	enum ask what = ask(&ref);

	if (what != FAIL)
		return asked(&ref, what, next(cancel, error, size));
	say(error, size, "PQcancel() -- refused by a rule of Belay's");
	return 0;
}

BELAY_EXPORT int PQrequestCancel(PGconn *conn)
{
	__typeof__(&PQrequestCancel) next = PQ_NEXT(PQrequestCancel);
	struct belay_ref ref = nobody;
	enum ask what;

	if (pq_connection_find(conn))
		ref = belay_adapter_find_oldest(&belay_adapter, conn);
	what = ask(&ref);
	return what == FAIL ? 0 : asked(&ref, what, next(conn));
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
	enum ask what = ask(&ref);

	return what == FAIL ? 0 : asked(&ref, what, next(cancel));
}

/* A call whose answer is kept back ends when the server has been told. */
static bool is_held(const struct belay_ref *ref)
{
	struct pq_connection *connection = pq_connection_of(ref);

	return connection && pq_is_held(connection, belay_call_id(ref)) &&
	       !pq_is_lost(connection, belay_call_id(ref)) &&
	       belay_call_allows_cancel(ref, BELAY_BY_APPLICATION);
}

BELAY_EXPORT int PQcancelStart(PGcancelConn *cancel)
{
	__typeof__(&PQcancelStart) next = PQ_NEXT(PQcancelStart);
	struct belay_ref ref = CALL_OF(cancel);

	if (is_held(&ref))
		return next(cancel);
	return ask(&ref) == FAIL ? 0 : asked(&ref, SEND, next(cancel));
}

BELAY_EXPORT PostgresPollingStatusType PQcancelPoll(PGcancelConn *cancel)
{
	__typeof__(&PQcancelPoll) next = PQ_NEXT(PQcancelPoll);
	struct belay_ref ref = CALL_OF(cancel);
	PostgresPollingStatusType polled = next(cancel);

	if (polled == PGRES_POLLING_FAILED)
		(void)asked(&ref, SEND, 0);
	else if (polled == PGRES_POLLING_OK && is_held(&ref) &&
		 ask(&ref) == TAKEN)
		(void)asked(&ref, TAKEN, 1);
	return polled;
}

BELAY_EXPORT void PQcancelFinish(PGcancelConn *cancel)
{
	pq_pointer_drop(cancel);
	PQ_NEXT(PQcancelFinish)(cancel);
}
