/* SPDX-License-Identifier: MIT */
/*
 * ruled.h - a house with rules, for tests of what they do
 */
#ifndef RULED_H
#define RULED_H

#include "decisions.h"
#include "house.h"

#define READ (&house_api.operations[0])
#define WRITE (&house_api.operations[1])
#define OTHER (&other_api.operations[0])

/* rule() - the rules of this process, one a line; once, in in_house() */
void rule(const char *text);

/* How many calls there can be at once. */
#define CALLS 64

/*
 * RULED() - a test whose body runs under rules; no call is left afterwards
 */
#define RULED(name, text)                                                      \
	static void name##_inside(void);                                       \
	static void name##_ruled(void)                                         \
	{                                                                      \
		rule(text);                                                    \
		name##_inside();                                               \
		house_is_empty();                                              \
	}                                                                      \
	static void name(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		in_house(CALLS, name##_ruled);                                 \
	}                                                                      \
	static void name##_inside(void)

/* A state that processes share, as a session's do. */
void rule_in_session(const char *text, const struct belay_rules_state *head,
		     const struct belay_replay_entry *replay, size_t count);

/* counted() - what became of a rule, by its number */
const struct belay_rule_state *counted(uint32_t number);

/* place() - the address of one of some places in this program */
const void *place(unsigned int number);

/* begin_at() - a call of an adapter's, from one of some places in a program */
bool begin_at(unsigned int place, struct belay_ref *ret_ref,
	      struct belay_outcome *ret_fault);

/* begin_with() - one with arguments */
bool begin_with(const struct belay_begin *begin, struct belay_ref *ret_ref,
		struct belay_outcome *ret_fault);

/* finish() - completes and collects it; what the program gets */
struct belay_outcome finish(const struct belay_ref *ref, int64_t result);

/* call_at() - all of it; 0, or the error that it ended with */
int call_at(unsigned int place);

/* now_ms() - for intervals */
uint64_t now_ms(void);

/* let_pass_ms() - for what must not happen meanwhile */
void let_pass_ms(uint64_t ms);

#endif
