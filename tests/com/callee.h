/* SPDX-License-Identifier: MIT */
/*
 * callee.h - an ICalc in another apartment, which tests of calls hold back
 */
#ifndef TESTS_COM_CALLEE_H
#define TESTS_COM_CALLEE_H

#include <stdbool.h>

#include "ask.h"
#include "calc.h"
#include "call_object.h"
#include "jobs.h"
#include "tally.h"

/* Slow()'s argument: it returns when the test opens the gate. */
#define GATED 0xFFFFFFFFU

/*
 * struct callee - the object, and the thread that its apartment begins with
 *
 * entered, left: calls of Slow(GATED)
 * gone:          the object was destroyed
 */
struct callee {
	ICalc calc;
	ICallFactory factory;
	uint32_t refs;
	uint32_t open;
	uint32_t entered;
	uint32_t left;
	uint32_t canceled; /* of those, by CoTestCancel() at the end */
	struct flag gone;
	bool single;
	bool has_factory;
	/* CreateCall's, where it has one */
	HRESULT(*create)
	(struct callee *callee, IUnknown *outer, IUnknown **ret_inner);
	void *data;
	IStream *stream;
	struct flag ready;
	struct flag stop;
	int stop_fd;
	struct runner runner;
};

/*
 * callee_start() - makes it in an apartment of the other kind than this
 * thread's, which it initializes: an STA if `single_client`
 *
 * Return: the client's pointer.
 */
ICalc *callee_start(struct callee *callee, bool single_client);

/* callee_stop() - after the client's last Release; waits until it is gone */
void callee_stop(struct callee *callee);

void callee_open(struct callee *callee);
void callee_close(struct callee *callee);

/* How often something was done, and waiting until it was so often. */
#define callee_count(callee, name)                                             \
	__atomic_load_n(&(callee)->name, __ATOMIC_ACQUIRE)
#define callee_await(callee, name, least)                                      \
	assert_true(tally_await(&(callee)->name, least))

/* object_of() - what is behind a call object's pointer */
struct belayi_call_object *object_of(AsyncICalc *call);

/* state_of() - its state */
enum belay_state state_of(AsyncICalc *call);

#endif
