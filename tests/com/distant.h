/* SPDX-License-Identifier: MIT */
/*
 * distant.h - an object of another apartment, and call objects of its proxy
 *
 * The test's own thread is the client. A test is set up for one of the pairs
 * of apartments.
 */
#ifndef TESTS_COM_DISTANT_H
#define TESTS_COM_DISTANT_H

#include "ask.h"
#include "pair.h"

#define DISTANT_TEST(name, pair)                                               \
	PAIR_TEST(name, pair, distant_open, distant_close)
#define DISTANT_TESTS(name)                                                    \
	DISTANT_TEST(name, sta_mta), DISTANT_TEST(name, mta_sta)

int distant_open(void **state);
int distant_close(void **state);

/* Where the object is; `pointer` is the client's: an ICalc. */
extern struct room distant_home;
extern struct parcel distant_parcel;

/* An interface that nobody has. */
extern const IID distant_nobodys;

/*
 * distant_hold() - the object's thread has other things to do
 *
 * In the MTA others serve it: only an STA's object can be held back.
 * Return: whether it is.
 */
bool distant_hold(void **state);
void distant_let_go(bool held);

/* distant_create() - CreateCall() of its proxy */
HRESULT distant_create(REFIID async_iid, IUnknown *outer, REFIID iid,
		       void **ret_call);

/* distant_call() - a call object; fails the test if there is none */
void *distant_call(REFIID async_iid);

/*
 * distant_check_faces() - fails the test unless call objects have what all have,
 * lack what they should, and give an outer object their IUnknown only
 *
 * lacks: NULL ends it
 */
void distant_check_faces(REFIID async_iid, const IID *const *lacks);

/* distant_refs() - the client's references */
ULONG distant_refs(void);

/* distant_disconnect() - CoDisconnectObject() at home */
void distant_disconnect(void);

/*
 * distant_end() - the client's last reference
 *
 * Who answered a call may still hold the call object for a moment;
 * distant_close() sees that nothing is left.
 */
void distant_end(void);

#endif
