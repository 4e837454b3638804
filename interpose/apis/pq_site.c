/* SPDX-License-Identifier: MIT */
/*
 * pq_site.c - where in the program a call of libpq's began
 *
 * libpq calls its own functions as its users do: PQexec() sends with
 * PQsendQuery() and waits with PQgetResult(), PQconnectdb() goes on with
 * PQconnectPoll(). These inner calls are what is watched, whichever function
 * the program called. The outer function only leaves here where it was called
 * from. A thread that leaves it with siglongjmp() leaves a stale place behind:
 * no harm, because it counts for libpq's own calls only, and the next outer
 * function replaces it.
 */
#include "pq.h"

static __thread const void *entered;

long pq_missing(void)
{
	return 0;
}

bool pq_is_inside(const void *site, const void *next)
{
	uint32_t module = belay_next_module(site);

	return module && module == belay_next_module(next);
}

const void *pq_site(const void *site, const void *next)
{
	return entered && pq_is_inside(site, next) ? entered : site;
}

const void *pq_enter(const void *site, const void *next)
{
	const void *outer = entered;

	if (!pq_is_inside(site, next)) {
		entered = site;
		return NULL;
	}
	/* The program found the outer function past us. */
	if (!outer)
		entered = site;
	return outer;
}

void pq_leave(const void *outer)
{
	entered = outer;
}

const void *pq_entered_site(void)
{
	return entered;
}
