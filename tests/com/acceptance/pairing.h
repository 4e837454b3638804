/* SPDX-License-Identifier: MIT */
/*
 * pairing.h - a client and a server, in each arrangement of apartments
 *
 * The test's thread is the client. The server's object lives in a thread of
 * its own, unless both are in one apartment.
 */
#ifndef TESTS_COM_ACCEPTANCE_PAIRING_H
#define TESTS_COM_ACCEPTANCE_PAIRING_H

#include "ask.h"
#include "calc_server.h"
#include "outer.h"

/* The arrangements: bits, so that a test can name those it is for. */
#define PAIRINGS(X)                                                            \
	X(SAME, 1U, "same apartment")                                          \
	X(STA_TO_MTA, 2U, "STA to MTA")                                        \
	X(MTA_TO_STA, 4U, "MTA to STA")                                        \
	X(STA_TO_STA, 8U, "STA to STA")                                        \
	X(CUSTOM, 16U, "custom-marshaled")

enum pairing_kind {
#define PAIRING_VALUE(name, bit, text) name = (bit),
	PAIRINGS(PAIRING_VALUE)
#undef PAIRING_VALUE
};

#define STANDARD (STA_TO_MTA | MTA_TO_STA | STA_TO_STA)
#define DIRECT (SAME | CUSTOM)
#define ALL (STANDARD | DIRECT)
#define FROM_MTA (SAME | MTA_TO_STA | CUSTOM)

/* Besides calc_server.h's: the client gets an IUnknown and nothing else. */
#define PAIR_UNKNOWN 0x1000U

struct pairing {
	enum pairing_kind kind;
	unsigned int flags;
	struct calc *calc; /* the server's object, counted */
	IUnknown *object;  /* the client's pointers to it */
	ICalc *icalc;
	IStream *stream;
	DWORD cookie;
	pthread_t server;
	int stop_fd;
	int ready_fd;
};

void pairing_start(struct pairing *pairing, enum pairing_kind kind,
		   unsigned int flags);
void pairing_stop(struct pairing *pairing);

/* pairing_client_coinit() - how a second thread joins the client's apartment */
static inline bool pairing_client_is_single(const struct pairing *pairing)
{
	return pairing->kind & (STA_TO_MTA | STA_TO_STA);
}

/* pairing_outer() - an object that aggregates a new call object */
struct outer *pairing_outer(struct pairing *pairing);

/* pairing_call() - a new call object; fails the test where there is none */
AsyncICalc *pairing_call(struct pairing *pairing);

#endif
