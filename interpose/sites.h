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
	uint32_t told;  /* it was said that its calls cannot be cancelled */
	uint64_t spent; /* 1: `once` has been here */
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
