/* SPDX-License-Identifier: MIT */
/*
 * ask.h - another of an object's interfaces, and what it answers
 *
 * A test fails where an object has no such interface.
 */
#ifndef TESTS_COM_ASK_H
#define TESTS_COM_ASK_H

#include "calc.h"

/* query() - QueryInterface; AS() - the same, with the type */
void *query(void *object, REFIID iid);
#define AS(object, interface_) ((interface_ *)query(object, &IID_##interface_))

/* ask_call() - a new call object for ICalc, which is part of no other */
AsyncICalc *ask_call(void *calc);

/* ask_wait(), _signal(), _reset() - through ISynchronize */
HRESULT ask_wait(void *call, DWORD milliseconds);
HRESULT ask_signal(void *call);
HRESULT ask_reset(void *call);

/* ask_handle() - through ISynchronizeHandle */
HRESULT ask_handle(void *call, HANDLE *ret_handle);

/* ask_cancel(), _test_cancel() - through ICancelMethodCalls */
HRESULT ask_cancel(void *call, ULONG seconds);
HRESULT ask_test_cancel(void *call);

#endif
