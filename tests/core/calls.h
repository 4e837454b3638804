/* SPDX-License-Identifier: MIT */
/*
 * calls.h - operations, situations and threads that the tests of core/ share
 */
#ifndef BELAY_TEST_CALLS_H
#define BELAY_TEST_CALLS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <belay/call.h>
#include <belay/observer.h>

#include "state.h"

/* Cancel is local; nobody has to be asked. */
extern const struct belay_operation reading;
/* As reading, and another operation. */
extern const struct belay_operation writing;
/* It has no cancel interface. */
extern const struct belay_operation stubborn;
/* Cancel asks the other side, which answers what asked_answer says. */
extern const struct belay_operation asking;
extern enum belay_answer asked_answer;
extern int32_t asked_status;
extern int times_asked;
extern uint64_t asked_turn;

/* An observer whose completing hook answers what the variable says. */
extern const struct belay_observer judge;
extern enum belay_verdict verdict;

/*
 * Where a call can be: the states, and what the flags and the way into a state
 * make different.
 */
#define SITUATIONS(X)                                                          \
	X(FRESH)     /* never used */                                          \
	X(STARTING)  /* begun, not accepted */                                 \
	X(PENDING)   /* accepted */                                            \
	X(CLAIMED)   /* pending, and a finisher waits */                       \
	X(WAITING)   /* CANCELWAIT */                                          \
	X(SETTLING)  /* another thread writes the outcome */                   \
	X(HELD)      /* a policy holds the outcome back */                     \
	X(COMPLETED) /* as the state says */                                   \
	X(CANCELED)  /* as the state says */                                   \
	X(FINISHING) /* another thread collects the outcome */                 \
	X(LEAVING)   /* another thread finishes a cancelled call */            \
	X(OVER)      /* finished: asked by the old turn's reference */

enum situation {
#define SITUATION(name) AT_##name,
	SITUATIONS(SITUATION)
#undef SITUATION
		SITUATION_COUNT
};

extern const char *const situation_names[];

/* A value that is recognized again. */
#define THE_RESULT 4711

/* succeeded_with() - the outcome of a call that went well */
struct belay_outcome succeeded_with(int64_t result);

/* begin_reading() - begins a call that must begin, in STARTING */
struct belay_ref begin_reading(struct belay_call *call);

/* reach() - makes a call of operation `reading` that is in a situation */
struct belay_ref reach(struct belay_call *call, enum situation situation);

/* settle() - what lets waiters go on from a situation: an outcome */
void settle(const struct belay_ref *ref, enum situation situation);

/* A function on a thread of its own, and whether it has returned. */
struct runner {
	pthread_t thread;
	void (*run)(void *argument);
	void *argument;
	int returned;
};

void runner_start(struct runner *runner, void (*run)(void *), void *argument);
bool runner_returned(struct runner *runner);
void runner_join(struct runner *runner);

/* until() - polls until the condition holds; fails the test after 20 s */
#define until(condition)                                                       \
	do {                                                                   \
		uint64_t end_ = now_ns() + UINT64_C(20000000000);              \
		while (!(condition)) {                                         \
			if (now_ns() > end_)                                   \
				fail_msg("never came: %s", #condition);        \
			sched_yield();                                         \
		}                                                              \
	} while (0)

/* now_ns() - CLOCK_MONOTONIC */
uint64_t now_ns(void);

/* is_waited() - whether somebody sleeps on the call */
bool is_waited(const struct belay_call *call);

#endif
