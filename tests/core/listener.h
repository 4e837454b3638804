/* SPDX-License-Identifier: MIT */
/*
 * listener.h - one call, and an observer that writes down what it is told
 */
#ifndef BELAY_TEST_LISTENER_H
#define BELAY_TEST_LISTENER_H

#include "calls.h"

/* What was told, as text: "begin reading turn=0 in STARTING", one a line. */
extern char told[4096];
extern struct belay_call call;
extern struct belay_ref ref; /* of the last Begin */

/* What the hooks answer, besides `verdict`. */
extern bool lets_begin;
extern bool lets_cancel;
extern struct belay_outcome fault;
extern const struct belay_outcome *replacement;

/* Where the last Begin came from. */
extern const void *seen_site;

extern const struct belay_observer listener;

/* listener_start(), listener_stop() - for cmocka, before and after a test */
int listener_start(void **state);
int listener_stop(void **state);

/* The verbs, on the call. */
HRESULT begin(const struct belay_operation *operation);
bool complete(int64_t result);
HRESULT cancel(enum belay_party by);

/* finish() - Return: the outcome of a finish that must succeed */
struct belay_outcome finish(void);

#endif
