/* SPDX-License-Identifier: MIT */
/*
 * served.h - a server whose call objects signal when a test says so
 */
#ifndef TESTS_COM_SERVED_H
#define TESTS_COM_SERVED_H

#include "callee.h"

/* What Begin_ does besides keeping the sum. */
enum duty {
	SIGNAL,        /* nothing else */
	KEEP,          /* keeps the call's IServerSecurity, and returns */
	PRETEND,       /* the same, and impersonates the client */
	SIGNAL_BOTH,   /* looks at the one before, and signals both */
	LINGER,        /* keeps, and returns `answer` when the test says so */
	SIGNAL_LINGER, /* the same, but signals first */
	DIE,           /* its thread ends */
	SIGNAL_DIE,    /* signals, and its thread ends */
	DIE_FINISHING, /* signals, and Finish_ ends its thread */
};

struct server_call;

struct server {
	struct callee callee;
	enum duty duty; /* of the next call */
	struct server_call *kept;
	struct flag begun;
	pid_t thread; /* of the Begin_ that kept */
	bool is_one_thread;
	bool is_outers_event;
	HRESULT impersonated;
	BOOL was_impersonating;
	BOOL is_impersonating;
	struct flag go_on;
	HRESULT answer;
	struct flag returned; /* a Begin_Upper that lingered */
	bool is_text_whole;   /* its [in] argument, at its end */
	int finished;
};

/* Has uncounted pointers to what it is part of, as such objects must. */
struct server_call {
	IUnknown inner;
	AsyncICalc async;
	IUnknown *outer;
	struct server *server;
	uint32_t refs;
	LONG sum;
	IServerSecurity *security;
};

/* server_start() - callee_start(), with call objects */
ICalc *server_start(struct server *server, enum duty duty, bool single_client);

/*
 * server_signal() - in the object's apartment
 *
 * The call may be gone afterwards, but for who has its outer object.
 */
void server_signal(struct server_call *call);

/* server_wait_begun() - until Begin_ of a call has returned */
void server_wait_begun(const struct server_call *call);

/* server_let_go() - of a call that was kept */
void server_let_go(struct server_call *call);

#endif
