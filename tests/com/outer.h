/* SPDX-License-Identifier: MIT */
/*
 * outer.h - an object that aggregates a call object
 *
 * It has an ISynchronize of its own, which counts what COM does to it, or
 * none: then the call object's own is found through it.
 */
#ifndef TESTS_COM_OUTER_H
#define TESTS_COM_OUTER_H

#include <stdbool.h>

#include "calc.h"

struct outer {
	IUnknown unknown;
	ISynchronize sync;
	LONG refs;
	IUnknown *inner; /* the call object */
	IUnknown *
		event; /* what `sync` forwards to; NULL: it has no ISynchronize */
	HRESULT reset_answer;
	HRESULT signal_answer;
	void (*in_reset)(struct outer *outer);  /* first; may be NULL */
	void (*in_signal)(struct outer *outer); /* first; may be NULL */
	void (*gone)(void);                     /* last of all; may be NULL */
	void *data;
	HRESULT finished; /* its own, and what came */
	LONG sum;
	int waits;
	int signals;
	int resets;
	bool reset_before_begun; /* Reset came before the server began */
	const uint32_t *begun;
};

/* outer_new() - and its call object; fails the test where there is none */
struct outer *outer_new(void *calc, bool synchronizes);

/* outer_part() - lets go of the call object, as the outer may at any time */
ULONG outer_part(struct outer *outer);

#endif
