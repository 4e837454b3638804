/* SPDX-License-Identifier: MIT */
/*
 * loader.h - policies: found, loaded once, and for ever
 *
 * For one thread, at the start of a process, and at its end.
 */
#ifndef BELAYI_LOADER_H
#define BELAYI_LOADER_H

#include <belay/rules.h>

/*
 * belayi_loader_get() - the policy that a rule names
 *
 * folders: where it is looked for first, "a:b", or NULL
 * Return: it, with all the members that we know; NULL, and a line on stderr,
 *         where there is none that works.
 */
const struct belay_policy *belayi_loader_get(const struct belay_rule *rule,
					     const char *folders);

/* belayi_loader_config() - calls its `config`, which it has */
void *belayi_loader_config(const struct belay_policy *policy,
			   const struct belay_policy_config *config);

/* belayi_loader_unload() - the process ends well: tells all of them */
void belayi_loader_unload(void);

#endif
