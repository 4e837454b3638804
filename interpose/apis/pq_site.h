/* SPDX-License-Identifier: MIT */
/*
 * pq_site.h - where calls come from, and what they go on to
 */
#ifndef BELAY_APIS_PQ_SITE_H
#define BELAY_APIS_PQ_SITE_H

#include "pq_operations.h"

/*
 * The functions of a query. A SELECT of one row takes some 20 us, after which
 * nothing of ours is in the caches: so where these go on to stands together,
 * for the first two modules that call them (libpq is one).
 */
enum pq_hot {
	PQ_HOT_PQgetResult,
	PQ_HOT_PQsendQuery,
	PQ_HOT_PQresultStatus,
	PQ_HOT_PQntuples,
	PQ_HOT_PQexec,
	PQ_HOT_PQclear,
	/* In the next line. */
	PQ_HOT_PQcmdTuples,
	PQ_HOT_PQconsumeInput,
	PQ_HOT_PQisBusy,
	PQ_HOT_PQsendQueryParams,
	PQ_HOT_PQsendQueryPrepared,
	PQ_HOTS,
};

#define PQ_CALLERS 2

/* size: written last; 0: nobody's */
struct pq_caller {
	uintptr_t start;
	uintptr_t size;
	void *functions[PQ_HOTS];
} __attribute__((aligned(64)));

/*
 * What each query reads: a few cache lines of one page
 *
 * made:    how many results there are that rules made up
 * numbers: of the operations
 */
struct pq_reads {
	struct pq_caller callers[PQ_CALLERS];
	uint32_t made;
	uint32_t numbers[PQ_OPERATIONS];
} __attribute__((aligned(512)));

extern struct pq_reads pq_reads;

/*
 * pq_caller_of() - the module that an address is in, or NULL where it is none
 * of the first two
 *
 * Acquire pairs with pq_caller_make(), which writes the size last.
 */
static inline struct pq_caller *pq_caller_of(const void *address)
{
	for (unsigned int i = 0; i < PQ_CALLERS; i++) {
		uintptr_t size = __atomic_load_n(&pq_reads.callers[i].size,
						 __ATOMIC_ACQUIRE);

		if ((uintptr_t)address - pq_reads.callers[i].start < size)
			return &pq_reads.callers[i];
	}
	return NULL;
}

/* pq_caller_make() - the same; where there is room yet, it becomes one */
struct pq_caller *pq_caller_make(const void *address);

/* pq_hot_find() - the slow half of pq_hot(); caller may be NULL */
void *pq_hot_find(struct belay_next *next, enum pq_hot index,
		  struct pq_caller *caller, const void *site);

static inline void *pq_hot(struct belay_next *next, enum pq_hot index,
			   struct pq_caller *caller, const void *site)
{
	void *found = NULL;

	if (__builtin_expect(caller != NULL, 1))
		found = __atomic_load_n(&caller->functions[index],
					__ATOMIC_RELAXED);
	return __builtin_expect(found != NULL, 1)
		       ? found
		       : pq_hot_find(next, index, caller, site);
}

/* What a call that comes from the caller's module, from there, goes on to. */
#define PQ_HOT_OF(sym, caller, site)                                           \
	((__typeof__(&(sym)))pq_hot(&next_##sym, PQ_HOT_##sym, (caller),       \
				    (site)))
#define PQ_HOT(sym) PQ_HOT_OF(sym, pq_caller_of(BELAY_SITE()), BELAY_SITE())

/* The same of a call about a connection: what its libpq would go on to. */
#define PQ_HOT_ON(sym, connection)                                             \
	PQ_HOT_OF(sym, (connection)->caller, (connection)->library)

/* pq_is_inside() - whether libpq itself calls, rather than its user */
bool pq_is_inside(const void *site, const void *next);

/*
 * pq_site() - the place in the program: libpq's own calls count as those of
 * the function that the program called, where that is one of ours
 */
const void *pq_site(const void *site, const void *next);

/*
 * pq_enter(), pq_leave() - a function runs whose work libpq does with others
 * that are ours, too
 *
 * site: the place that it was called from
 * Return: what pq_leave() is to be given.
 */
const void *pq_enter(const void *site, const void *next);
#define PQ_ENTER(next) pq_enter(BELAY_SITE(), (const void *)(next))

/* The outermost such place, or NULL. */
extern __thread const void *pq_entered;

static inline void pq_leave(const void *outer)
{
	pq_entered = outer;
}

/* The same where it is known whether libpq calls. */
static inline const void *pq_enter_of(const void *site, bool inside)
{
	const void *outer = pq_entered;

	/* The program may have found the outer function past us. */
	if (!inside || !outer)
		pq_entered = site;
	return inside ? outer : NULL;
}

static inline const void *pq_site_of(const void *site, bool inside)
{
	return inside && pq_entered ? pq_entered : site;
}

/* What stands in for a function that is nowhere: each fails with a 0. */
long pq_missing(void);
#define PQ_NEXT_FROM(sym, site)                                                \
	(BELAY_NEXT_FROM(sym, site) ?: (__typeof__(&(sym)))(void *)pq_missing)
#define PQ_NEXT(sym) PQ_NEXT_FROM(sym, BELAY_SITE())

#endif
