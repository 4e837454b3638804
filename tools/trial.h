/* SPDX-License-Identifier: MIT */
/*
 * trial.h - tries a policy in a process of its own, before anything else does
 *
 * Loading a policy runs its code, which may crash, hang or end the process.
 */
#ifndef BELAY_TOOLS_TRIAL_H
#define BELAY_TOOLS_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include <belay/rules.h>

#include "policy_load.h"

#define TRIAL_SECONDS 10 /* that loading and configuring may take */

/*
 * struct trial - a policy to try, and what came of it
 *
 * path:        of its file
 * name:        as rules call it
 * rules:       those that name it; none: it is only loaded and looked at
 * good:        it can be used, and takes all of these rules
 * wrong:       where not good, the rule that it failed with; NULL: all
 * why:         as in "POLICY ..."
 */
struct trial {
	const char *path;
	const char *name;
	const struct belay_rule *const *rules;
	size_t rules_count;
	bool good;
	const struct belay_rule *wrong;
	char why[POLICY_WHY];
};

/*
 * trial_run() - loads the policy in a child process, and has it load and
 * configure
 *
 * A rule whose values are wrong is left out: checking rules finds that.
 */
void trial_run(struct trial *trial);

#endif
