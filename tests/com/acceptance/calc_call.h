/* SPDX-License-Identifier: MIT */
/*
 * calc_call.h - a call object of a calc, for the files that make one up
 */
#ifndef TESTS_COM_ACCEPTANCE_CALC_CALL_H
#define TESTS_COM_ACCEPTANCE_CALC_CALL_H

#include "calc_server.h"

/* The method whose call it is: NONE between two. */
enum method { NONE, ADD, SLOW, FAIL, NEXT, UPPER, UPPER_WIDE };

struct calc_call {
	IUnknown inner;
	AsyncICalc async;
	ICancelMethodCalls cancel;
	IUnknown *outer; /* the controlling one; `inner` where there is none */
	IUnknown *event; /* aggregated, where nobody else synchronizes */
	LONG refs;
	struct calc *calc;
	enum method method;
	bool canceled;
	bool direct;
	HRESULT hr;
	LONG number;
	ULONG slept;
	ULONG milliseconds;
	char *text;
	WCHAR *wide;
	struct calc_call *next;
};

/* Its methods: calc_async.c. */
extern AsyncICalcVtbl calc_async_vtable;

#endif
