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

__thread const void *pq_entered;

long pq_missing(void)
{
	return 0;
}

/* --- The first callers --------------------------------------------------- */

struct pq_reads pq_reads;

static struct pq_caller *add_caller(const void *site)
{
	static uint32_t used;
	struct dl_find_object module;
	struct pq_caller *caller;
	uint32_t number;

	if (__atomic_load_n(&used, __ATOMIC_RELAXED) >= PQ_CALLERS ||
	    _dl_find_object((void *)(uintptr_t)site, &module) != 0)
		return NULL;
	number = __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
	if (number >= PQ_CALLERS)
		return NULL;
	caller = &pq_reads.callers[number];
	caller->start = (uintptr_t)module.dlfo_map_start;
	__atomic_store_n(&caller->size,
			 (uintptr_t)module.dlfo_map_end - caller->start,
			 __ATOMIC_RELEASE);
	return caller;
}

struct pq_caller *pq_caller_make(const void *address)
{
	return pq_caller_of(address) ?: add_caller(address);
}

__attribute__((noinline, cold)) void *pq_hot_find(struct belay_next *next,
						  enum pq_hot index,
						  struct pq_caller *caller,
						  const void *site)
{
	void *found = belay_next_from(next, site);

	if (!found)
		return (void *)pq_missing;
	if (!caller)
		caller = pq_caller_make(site);
	if (caller)
		__atomic_store_n(&caller->functions[index], found,
				 __ATOMIC_RELAXED);
	return found;
}

__attribute__((noinline, cold)) struct pq_here
pq_here_find(struct belay_next *next, enum pq_hot index, const PGconn *conn,
	     const void *site)
{
	struct pq_here here = {.connection = pq_connection_find(conn)};

	if (here.connection)
		here.next = pq_hot(next, index, here.connection->caller,
				   here.connection->library);
	else
		here.next = pq_hot(next, index, pq_caller_of(site), site);
	here.inside = pq_is_inside(site, here.next);
	return here;
}

bool pq_is_inside(const void *site, const void *next)
{
	const struct pq_caller *library = pq_caller_of(next);
	uint32_t module;

	if (library)
		return pq_caller_of(site) == library;
	module = belay_next_module(site);
	return module && module == belay_next_module(next);
}

const void *pq_site(const void *site, const void *next)
{
	return pq_site_of(site, pq_is_inside(site, next));
}

const void *pq_enter(const void *site, const void *next)
{
	return pq_enter_of(site, pq_is_inside(site, next));
}
