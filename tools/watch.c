/* SPDX-License-Identifier: MIT */
/*
 * watch.c - runs a program and says what it called
 *
 * The program comes first: what Belay itself cannot do is said in a line, and
 * the program runs on without it, unless --strict was given.
 */
#include "watch.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aftermath.h"
#include "launch.h"
#include "preload.h"
#include "program.h"
#include "say.h"
#include "session.h"
#include "text.h"
#include "tracing.h"
#include "variables.h"
#include "watch_rules.h"

/* What stands between the command line and the program. */
struct plan {
	const struct watch *watch;
	struct program program;
	struct variables variables;
	struct session session;
	struct tracing *tracing;
	struct watch_rules rules;
	bool recorded;
};

static void set_users_variables(struct plan *plan)
{
	for (unsigned int i = 0; i < plan->watch->variables_count; i++) {
		char *copy = strdup(plan->watch->variables[i]);
		char *value = copy ? strchr(copy, '=') : NULL;

		if (value)
			*value++ = '\0';
		if (copy)
			variables_set(&plan->variables, copy, value);
		free(copy);
	}
}

static void set_own_variables(struct plan *plan, const char *preloads)
{
	const struct watch *watch = plan->watch;
	char number[24];

	variables_set(&plan->variables, "LD_PRELOAD", preloads);
	variables_set(&plan->variables, "BELAY_SESSION", plan->session.path);
	if (watch->calls) {
		(void)snprintf(number, sizeof(number), "%lu", watch->calls);
		variables_set(&plan->variables, "BELAY_CALLS", number);
	}
	if (watch->only)
		variables_set(&plan->variables, "BELAY_ONLY", watch->only);
	if (watch->not_these)
		variables_set(&plan->variables, "BELAY_NOT", watch->not_these);
	if (watch->strict)
		variables_set(&plan->variables, "BELAY_STRICT", "1");
	if (plan->tracing)
		tracing_environment(plan->tracing, &plan->variables);
	watch_rules_environment(&plan->rules, &plan->session, &plan->variables);
}

/* Whether the program itself allows it. */
static bool can_watch(const struct plan *plan, const char *name)
{
	enum program_kind kind = plan->program.kind;

	if (kind == PROGRAM_WATCHED)
		return true;
	say("\"%s\" %s%s",
	    strcmp(plan->program.path, plan->program.loaded) == 0
		    ? name
		    : plan->program.loaded,
	    program_kind_sentence(kind),
	    plan->watch->strict ? "; not started, because of --strict" : "");
	return kind == PROGRAM_STATIC && !plan->watch->strict;
}

/* Return: whether all of it could be made; else it has been said why not. */
static bool make_session(struct plan *plan, const char *name)
{
	plan->recorded = session_create(name, &plan->session);
	return plan->recorded && watch_rules_make(&plan->rules, &plan->session);
}

/*
 * Return: 0: go on, recorded or, as plan->recorded says, not; or an exit
 * status.
 */
static int prepare(struct plan *plan, const char *name)
{
	const struct watch *watch = plan->watch;
	char *preloads;
	int status;

	if (!can_watch(plan, name))
		return watch->strict ? SAY_NOT_STARTED : 0;
	preloads = preload_list(watch->apis,
				variables_get(&plan->variables, "LD_PRELOAD"));
	if (!preloads)
		return SAY_NOT_STARTED;
	status = watch->trace ? tracing_open(watch, name, &plan->tracing) : 0;
	if (!status && !make_session(plan, name) && watch->strict)
		status = SAY_NOT_STARTED;
	if (plan->tracing)
		watch_rules_trace(&plan->rules, tracing_output(plan->tracing));
	if (plan->recorded)
		set_own_variables(plan, preloads);
	free(preloads);
	return status;
}

static int start(struct plan *plan, struct launch *launch, char **argv)
{
	int error = launch_start(plan->program.path, argv, plan->variables.list,
				 launch);

	if (!error)
		return 0;
	say("Cannot run \"%s\": %s", argv[0], strerror(error));
	return error == ENOENT ? SAY_NOT_FOUND : SAY_NOT_EXECUTABLE;
}

/* What explains it if the program and all that it started ran unwatched. */
static const char *why_none(const struct plan *plan)
{
	const char *off = variables_get(&plan->variables, "BELAY");

	if (off && strcmp(off, "off") == 0)
		return ": BELAY=off is in its environment";
	if (plan->watch->only || plan->watch->not_these)
		return ": --only and --not left none";
	return "";
}

static void finish(struct plan *plan, bool started, const char *name)
{
	uint64_t discarded = 0;

	if (plan->tracing)
		discarded = tracing_close(plan->tracing);
	if (plan->recorded && started)
		aftermath(&plan->session, plan->watch, &plan->rules, name,
			  why_none(plan), discarded);
	else if (plan->recorded)
		(void)session_remove(&plan->session);
	if (plan->recorded)
		session_close(&plan->session);
	tracing_free(plan->tracing, started);
	variables_deinit(&plan->variables);
	watch_rules_deinit(&plan->rules);
}

static bool look(void *data)
{
	struct plan *plan = data;

	return plan->tracing && tracing_look(plan->tracing);
}

int watch_run(const struct watch *watch, char **argv)
{
	struct plan plan = {.watch = watch};
	struct launch launch;
	int status, ending = 0;

	launch_init(&launch);
	if ((watch->rules_count || watch->replay) &&
	    !watch_rules_read(watch, &plan.rules))
		return SAY_NOT_STARTED;
	if (watch->check_only)
		return SAY_OK;
	status = program_find(argv[0], &plan.program);
	if (status)
		return status;
	variables_init(&plan.variables);
	set_users_variables(&plan);
	status = prepare(&plan, argv[0]);
	if (!status)
		status = start(&plan, &launch, argv);
	if (!status)
		ending = launch_wait(&launch, watch->lossless ? look : NULL,
				     &plan);
	finish(&plan, !status, text_base(argv[0]));
	if (status)
		return status;
	launch_end(&launch, ending);
}
