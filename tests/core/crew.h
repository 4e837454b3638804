/* SPDX-License-Identifier: MIT */
/*
 * crew.h - threads that act on one call object at once, on record
 *
 * The main thread is the crew's last one: it acts before the others start, and
 * while they are stuck it completes and releases what they wait for.
 */
#ifndef BELAY_TEST_CREW_H
#define BELAY_TEST_CREW_H

#include "history.h"

#define CREW_WORKERS (MODEL_THREADS - 1)

/* What a worker does in a round. */
struct orders {
	enum verb verbs[ACTIONS_MAX];
	uint8_t late[ACTIONS_MAX]; /* asks for the turn before */
	int count;
	int delay; /* that it starts later, about so many ns */
};

/*
 * crew_start(), crew_stop() - the threads, and the observer of their calls
 *
 * For cmocka, before and after all tests.
 */
int crew_start(void **state);
int crew_stop(void **state);

/*
 * crew_act() - one action of the main thread, before the others start
 *
 * late: asks for the turn before
 * Return: what was asked and answered, until the next round.
 */
const struct action *crew_act(enum verb verb, bool late);

/* crew_new_round() - a fresh object for the next round */
void crew_new_round(void);

/* crew_run() - lets the workers follow their orders, all at once */
void crew_run(const struct orders orders[CREW_WORKERS]);

/*
 * crew_was_right() - whether the round can be explained, and the observer was
 * told of every begin and end exactly once; prints what happened if not
 */
bool crew_was_right(void);

#endif
