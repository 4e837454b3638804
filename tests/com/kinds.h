/* SPDX-License-Identifier: MIT */
/*
 * kinds.h - tests that run in each kind of apartment, and events for them
 */
#ifndef TESTS_COM_KINDS_H
#define TESTS_COM_KINDS_H

#include <stdbool.h>

#include <belay/com/apartment.h>

#include "check.h"

/* Longer than anything takes on a busy machine. */
#define BOUND_MS 30000

int kinds_enter(void **state);
int kinds_leave(void **state);

/* IN_KIND() - a test that the thread is in an apartment for */
#define IN_KIND(name)                                                          \
	cmocka_unit_test_setup_teardown(name, kinds_enter, kinds_leave)

/* run_in_each_kind() - in the MTA, and in an STA; how many failed */
#define run_in_each_kind(tests)                                                \
	kinds_run(tests, sizeof(tests) / sizeof((tests)[0]))
int kinds_run(const struct CMUnitTest *tests, size_t count);

/* create() - an object of a class; create_event() - of one of events */
void *create(REFCLSID clsid, REFIID riid);
ISynchronize *create_event(REFCLSID clsid);

HANDLE handle_of(ISynchronize *event);

/* is_readable() - as poll() says at once */
bool is_readable(HANDLE handle);

#endif
