/* SPDX-License-Identifier: MIT */
/*
 * sites.h - which rules can match the calls that begin at one place
 *
 * Looked up once for each place and operation, and kept for ever. A place that
 * no rule can match is known by one load.
 */
#ifndef BELAYI_SITES_H
#define BELAYI_SITES_H

#include "conditions.h"
#include "policies.h"

/*
 * struct belayi_site_rule - a rule that can match calls of a site
 *
 * n: calls of the site that its conditions fit; a forked child counts on
 */
struct belayi_site_rule {
	struct belayi_rule *rule;
	uint64_t n;
	const struct belayi_bound *conditions;
	uint32_t conditions_count;
	uint32_t told;   /* it was said that its calls cannot be cancelled */
	uint64_t spent;  /* 1: `once` has been here */
	uint64_t random; /* that of its calls begin with */
};

/* hash: names the site in every run, see belay_site_hash(). */
struct belayi_site {
	const void *address;
	const struct belay_operation *operation;
	uint64_t hash;
	const char *module;
	uint64_t offset;
	uint32_t count;
	struct belayi_site_rule rules[];
};

/* Operations that no rule names, by number; found at their first call. */
enum belayi_named { BELAYI_NAMED_UNKNOWN, BELAYI_NAMED, BELAYI_NOT_NAMED };
extern uint8_t belayi_named[BELAY_OPERATIONS_MAX];

#define BELAYI_IDLE_SITES 2048
extern uint64_t belayi_idle_sites[BELAYI_IDLE_SITES];

static inline uint64_t *belayi_idle_site(const void *address)
{
	uintptr_t site = (uintptr_t)address;

	return &belayi_idle_sites[(site ^ site >> 11) % BELAYI_IDLE_SITES];
}

/*
 * belayi_site_is_idle() - whether it is known that no rule can match an
 * operation's calls there
 */
static inline bool belayi_site_is_idle(const void *address, uint32_t number)
{
	return __atomic_load_n(&belayi_named[number], __ATOMIC_RELAXED) ==
		       BELAYI_NOT_NAMED ||
	       __atomic_load_n(belayi_idle_site(address), __ATOMIC_RELAXED) ==
		       belayi_site_key(address, number);
}

/*
 * belayi_site() - the site of a call that begins
 *
 * number: the operation's
 * Return: NULL where no rule can match it.
 */
struct belayi_site *belayi_site(const struct belay_begin *begin,
				uint32_t number);

/* belayi_sites_make() - room for them; once, where there are rules */
bool belayi_sites_make(void);

#endif
