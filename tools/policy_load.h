/* SPDX-License-Identifier: MIT */
/*
 * policy_load.h - loads a policy, and looks at what it exports
 */
#ifndef BELAY_TOOLS_POLICY_LOAD_H
#define BELAY_TOOLS_POLICY_LOAD_H

#include <belay/policy.h>

#define POLICY_WHY 400

/*
 * policy_load() - loads a policy into this process, for ever
 *
 * Return: what it exports, with all the members that we know; free() it.
 *         NULL: it cannot be used; `why` says why, as in "POLICY ...".
 */
struct belay_policy *policy_load(const char *path, char why[POLICY_WHY]);

#endif
