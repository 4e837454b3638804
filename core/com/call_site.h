/* SPDX-License-Identifier: MIT */
/*
 * call_site.h - where in the program a proxy's method was called
 *
 * Between the program and us is a libffi closure, in memory that belongs to no
 * file: the return address is beside what the closure stored of its arguments,
 * at a place that is found out once.
 */
#ifndef BELAYI_COM_CALL_SITE_H
#define BELAYI_COM_CALL_SITE_H

/* belayi_call_site_learn() - finds out the place; once, before any closure */
void belayi_call_site_learn(void);

/*
 * belayi_call_site_note() - a closure was called: keeps where from, for this
 * thread; nothing where nobody observes
 *
 * arguments: as libffi gives them; the first is one that came in a register
 */
void belayi_call_site_note(void *const *arguments);

/* belayi_call_site_set() - the same, where the address is known */
void belayi_call_site_set(const void *site);

/*
 * belayi_call_site_take() - what was noted since it was last taken
 *
 * Return: an address in the program, or NULL: not known.
 */
const void *belayi_call_site_take(void);

#endif
