/* SPDX-License-Identifier: MIT */
/*
 * conditions.h - what a rule's conditions are about, at one operation
 */
#ifndef BELAYI_CONDITIONS_H
#define BELAYI_CONDITIONS_H

#include <belay/rules.h>

/* Where the value comes from. */
enum belayi_subject {
	BELAYI_NOWHERE,  /* this operation has no such thing: it never fits */
	BELAYI_ARGUMENT, /* a number: index says which */
	BELAYI_TEXT,
	BELAYI_DERIVED, /* index says which */
	BELAYI_PATH,    /* of the descriptor that the argument is */
	BELAYI_CALLER,
	BELAYI_STACK,
	BELAYI_THREAD,
	BELAYI_EXE,
};

/*
 * A condition, bound to an operation.
 * least, most: the numbers that fit, of BELAYI_ARGUMENT; "not" is apart
 * first:       what a text that fits begins with, of BELAYI_TEXT; 0: anything
 */
struct belayi_bound {
	const struct belay_condition *condition;
	enum belayi_subject subject;
	unsigned int index;
	int64_t least;
	int64_t most;
	bool negated;
	char first;
};

/* belayi_condition_bind() - looks up what a condition's name means */
struct belayi_bound
belayi_condition_bind(const struct belay_condition *condition,
		      const struct belay_operation *operation);

/*
 * belayi_condition_site() - whether it can fit calls from a site at all; what
 * only a call tells, it can
 */
bool belayi_condition_site(const struct belayi_bound *bound, const void *site);

/* The slow half of belayi_condition_fits() */
bool belayi_condition_asks(const struct belayi_bound *bound,
			   const struct belay_begin *begin);

/*
 * belayi_condition_fits() - whether it fits a call that begins
 *
 * Inline for numbers, and for texts that begin otherwise: there can be many
 * rules that only these keep apart.
 * Makes a system call where it is about a path, a thread's name or the stack.
 */
static inline bool belayi_condition_fits(const struct belayi_bound *bound,
					 const struct belay_begin *begin)
{
	int64_t number;

	if (bound->subject == BELAYI_TEXT && bound->first && begin->text &&
	    *begin->text != bound->first)
		return bound->negated;
	if (bound->subject != BELAYI_ARGUMENT)
		return belayi_condition_asks(bound, begin);
	number = (int64_t)begin->args[bound->index];
	return (bound->least <= number && number <= bound->most) !=
	       bound->negated;
}

/* belayi_conditions_prepare() - what must not happen in a call for the first
 * time; at start, where a rule looks at the stack */
void belayi_conditions_prepare(void);

#endif
