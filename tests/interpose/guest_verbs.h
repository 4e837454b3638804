/* SPDX-License-Identifier: MIT */
/*
 * guest_verbs.h - what a guest can be told, and what its verbs are made of
 */
#ifndef GUEST_VERBS_H
#define GUEST_VERBS_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/call.h>

struct verb {
	const char *name; /* NULL ends a table */
	void (*act)(void);
};

extern const struct verb thread_verbs[];
extern const struct verb signal_verbs[];
extern const struct verb process_verbs[];

/* The arguments that are left: the next is a verb, or a number for this one. */
extern char **arguments;

/* count() - takes the next argument, a number; 1 if there is none */
long count(void);

/* run_verbs() - does what the arguments say, up to a "}" or their end */
void run_verbs(void);

/* die() - says what is wrong, on stdout; the exit status is 99 */
__attribute__((noreturn)) void die(const char *what);

/* begin(), finish() - a call; they die where errno is changed */
struct belay_ref begin(uint64_t key);
void finish(const struct belay_ref *ref);

/* pairs_of() - begins a call, finds it and finishes it, so many times */
void pairs_of(long calls);

/* Whether the guest ends, and Belay may be gone already. */
extern bool leaving;

#endif
