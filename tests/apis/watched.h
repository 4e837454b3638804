/* SPDX-License-Identifier: MIT */
/*
 * watched.h - a victim, stopped where it wants to be looked at
 *
 * A victim prints a line and reads one from its standard input: there it
 * stands still, and its call table can be read without care.
 */
#ifndef WATCHED_H
#define WATCHED_H

#include <stdint.h>
#include <sys/types.h>

#include <belay/table.h>

#define WATCHED_LINE 256

struct watched {
	pid_t pid;
	int input;  /* we write here */
	int output; /* we read here */
	char line[WATCHED_LINE];
	char folder[64];
	const char *map; /* of the call table; NULL: it has none */
	const struct belay_table *table;
};

/*
 * watched_start() - starts a victim in a session of its own
 *
 * preload: for LD_PRELOAD
 * argv:    ends with NULL
 * Fails the test where it does not start.
 */
void watched_start(struct watched *w, const char *preload, char *const argv[]);

/*
 * watched_next() - lets it run on to its next line, which is then in w->line
 *
 * Fails the test where the line does not begin with `expected`.
 */
void watched_next(struct watched *w, const char *expected);

/* watched_number() - the number behind "name=" in the line; fails without */
uint64_t watched_number(const struct watched *w, const char *name);

/* watched_end() - lets it run to its end; fails unless its status is 0 */
void watched_end(struct watched *w);

/* watched_teardown() - of each test: clears up where it failed */
int watched_teardown(void **state);

/* watched_counters() - the sum of all threads' of "aio.read" */
struct belay_counters watched_counters(const struct watched *w,
				       const char *operation);

/*
 * watched_call() - the call in flight that has this key
 *
 * which: 0 for the first in the table
 * Return: NULL if there is none.
 */
const struct belay_slot *watched_call(const struct watched *w, uint64_t key,
				      unsigned int which);

/* watched_in_flight() - how many calls are in flight */
unsigned int watched_in_flight(const struct watched *w);

/* watched_state() - of a call in the table */
enum belay_state watched_state(const struct belay_slot *slot);

/* watched_module() - path of the module that an address is in, or NULL */
const char *watched_module(const struct watched *w, uint64_t address);

#endif
