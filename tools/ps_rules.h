/* SPDX-License-Identifier: MIT */
/*
 * ps_rules.h - what rules have done in a process, as lines of `belay ps`
 */
#ifndef BELAY_TOOLS_PS_RULES_H
#define BELAY_TOOLS_PS_RULES_H

#include <stdio.h>

#include "session.h"
#include "tables.h"

/* ps_rules_print() - prints the rules that acted on a process's calls */
void ps_rules_print(const struct session *session, const struct table *table,
		    FILE *to);

#endif
