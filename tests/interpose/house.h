/* SPDX-License-Identifier: MIT */
/*
 * house.h - a call table of one's own, for tests of what is inside
 *
 * The tests' programs run with BELAY=off, so that the interposer in them does
 * nothing by itself. Each test has a process with a new table.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <belay/adapter.h>

#include "process.h"
#include "tally.h"

/*
 * in_house() - runs a test in a process whose call table has room for `calls`,
 * and fails if the test does
 */
void in_house(uint32_t calls, void (*test)(void));

/* in_threads() - runs it on so many threads at once, numbered from 0 */
void in_threads(unsigned int count, void *(*run)(void *number));

/* check() - as assert_true(), in in_house() */
#define check(is_so)                                                           \
	do {                                                                   \
		if (!(is_so))                                                  \
			house_fail(__FILE__, __LINE__, #is_so);                \
	} while (0)

/* check_count() - that a tally becomes so many, and is no more then */
#define check_count(count, number)                                             \
	check(tally_await(&(count), number) && SEEN(count) == (number))

/* wait_until() - checks that it comes true, but not for ever */
#define wait_until(is_so)                                                      \
	do {                                                                   \
		uint64_t until_ns = belay_clock_pair().ns + HOUSE_PATIENCE_NS; \
                                                                               \
		while (!(is_so) && belay_clock_pair().ns < until_ns)           \
			house_nap();                                           \
		check(is_so);                                                  \
	} while (0)

/* Longer than anything takes, also under a sanitizer. */
#define HOUSE_PATIENCE_NS UINT64_C(20000000000)

/* house_nap() - a moment in which other threads can run */
void house_nap(void);

/* SEEN() - what other threads write */
#define SEEN(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)

__attribute__((noreturn)) void house_fail(const char *file, int line,
					  const char *what);

/* The operations of two adapters. */
extern const struct belay_adapter house_api;
extern const struct belay_adapter other_api;

/* How often the first one's read was asked to do these. */
extern uint32_t house_cancels, house_deliveries, house_wakes;

/* How many cancels of it were on record when it was last asked to cancel. */
extern uint64_t house_cancels_on_record;

/* While it is set, who wakes what waits for one stays there. */
extern uint32_t house_wakes_slowly;

/* What it answers to a cancel. */
extern enum belay_answer house_answer;

/* house_counters() - the sum of all lanes of an operation */
struct belay_counters house_counters(const struct belay_operation *operation);

/* house_is_empty() - checks that no call is left anywhere, and no slot lost */
void house_is_empty(void);

/* house_is_idle() - the same where a thread of ours may keep free slots */
void house_is_idle(void);

/* house_workers() - how many threads of Belay's own there are */
unsigned int house_workers(void);

/* house_random() - a number below `below`; one sequence for each state */
uint32_t house_random(uint64_t *state, uint32_t below);

#endif
