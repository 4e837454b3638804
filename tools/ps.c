/* SPDX-License-Identifier: MIT */
/*
 * ps.c - `belay ps`: what is in flight now, without stopping anything
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <belay/nearest.h>

#include "command.h"
#include "inflight.h"
#include "options.h"
#include "prune.h"
#include "ps_rules.h"
#include "say.h"
#include "session.h"
#include "tables.h"
#include "text.h"

/* struct ps - what is wanted, and what was found */
struct ps {
	bool prune;
	const char *wanted; /* a session, a PID, or NULL for all */
	uint32_t pid;       /* 0: it is no PID */
	struct inflight calls;
	char *rules; /* what they did in the processes */
	size_t rules_size;
	FILE *to_rules;
	struct pruned pruned;
	unsigned int sessions;
	unsigned int processes;
	unsigned int old; /* tables of the dead that cannot be read any more */
	struct belay_nearest near;
	char near_name[SESSION_NAME];
};

static const struct option_spec specs[] = {
	{256, "prune", NULL,
	 "Remove what dead processes left, and sessions in which\n"
	 "nothing runs; never what is live, or another user's"},
	{0},
};

static bool take(void *settings, int id, const char *value)
{
	(void)id;
	(void)value;
	((struct ps *)settings)->prune = true;
	return true;
}

static const struct option_set set = {
	.name = "ps",
	.operands = "[PID|SESSION]",
	.about =
		"Shows the asynchronous calls that are in flight now in the "
		"programs that Belay\nwatches: of all, of one process, or of "
		"one session. Nothing is stopped or\nslowed. Of a process that "
		"was killed it shows what was in flight then. Where there\n"
		"are rules, it shows the deadlines, the rules that acted on "
		"each call, by their\nnumbers, and whether its completion is "
		"held back.",
	.specs = specs,
	.notes = "The exit status is 0, also when no call is in flight; 1 if "
		 "there is no such process\nor session; 2 for wrong usage.",
	.take = take,
};

/* What an older Belay left can be many files: they are told of at once. */
static bool is_old(const struct ps *ps, const char *name, const char *why)
{
	uint64_t start;
	uint32_t pid;

	return !ps->wanted && why == table_other_version &&
	       table_name(name, &pid, &start) &&
	       !table_process_lives(pid, start);
}

static void look_at_file(const struct session *session, const char *name,
			 void *data)
{
	struct ps *ps = data;
	struct table *table;
	uint64_t start;
	const char *why;
	uint32_t pid;

	if (ps->pid && table_name(name, &pid, &start) && pid != ps->pid)
		return;
	table = table_open(session->folder, name, &why);
	if (table && table->head.state == BELAY_TABLE_LIVE) {
		ps->processes++;
		inflight_add(&ps->calls, table);
		ps_rules_print(session, table, ps->to_rules);
	} else if (!table && is_old(ps, name, why)) {
		ps->old++;
	} else if (!table && why) {
		say("Cannot read a call table: path=\"%s/%s\", error=\"%s\"",
		    session->path, name, why);
	}
	table_close(table);
}

/* A session is wanted by its name or, with a slash, its path. */
static bool is_wanted(struct ps *ps, const struct session *session)
{
	struct belay_nearest near = ps->near;

	if (!ps->wanted || ps->pid)
		return true;
	if (strcmp(ps->wanted, strchr(ps->wanted, '/') ? session->path
						       : session->name) == 0)
		return true;
	near.wanted = ps->wanted;
	near.name = ps->near_name[0] ? ps->near_name : NULL;
	belay_nearest_look(&near, session->name);
	if (near.name && near.name != ps->near_name) {
		ps->near.distance = near.distance;
		strcpy(ps->near_name, near.name);
	}
	return false;
}

static bool look_at_session(struct session *session, void *data)
{
	struct ps *ps = data;

	if (!is_wanted(ps, session))
		return true;
	ps->sessions++;
	if (ps->prune)
		prune_session(session, ps->pid, &ps->pruned);
	else
		session_files(session, look_at_file, ps);
	return true;
}

static int no_such_process(uint32_t pid)
{
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		say("There is no process %" PRIu32 ", and none of that number "
		    "left a call table",
		    pid);
	else
		say("Process %" PRIu32 " is not watched: start it with \"belay "
		    "run PROGRAM\"",
		    pid);
	return SAY_FAILED;
}

static int no_such_session(const struct ps *ps)
{
	if (ps->near_name[0])
		say("There is no session \"%s\". Did you mean \"%s\"?",
		    ps->wanted, ps->near_name);
	else
		say("There is no session \"%s\". \"belay ps\" shows all",
		    ps->wanted);
	return SAY_FAILED;
}

static int print_pruned(const struct pruned *pruned)
{
	printf("Removed %u call table%s and %u session%s.\n", pruned->tables,
	       pruned->tables == 1 ? "" : "s", pruned->sessions,
	       pruned->sessions == 1 ? "" : "s");
	return SAY_OK;
}

static int answer(struct ps *ps)
{
	if (ps->pid && ps->pruned.living) {
		say("Process %" PRIu32 " lives: its call table stays", ps->pid);
		return SAY_FAILED;
	}
	if (ps->pid && !ps->processes && !ps->pruned.tables)
		return no_such_process(ps->pid);
	if (ps->wanted && !ps->pid && !ps->sessions)
		return no_such_session(ps);
	if (ps->prune)
		return print_pruned(&ps->pruned);
	if (ps->old)
		say("%u call table%s of dead processes %s of another version "
		    "of Belay: \"belay ps --prune\" removes your own",
		    ps->old, text_s(ps->old), ps->old == 1 ? "is" : "are");
	if (ps->calls.count)
		inflight_print(&ps->calls, stdout);
	else if (ps->processes)
		printf("No call is in flight in %u watched process%s.\n",
		       ps->processes, ps->processes == 1 ? "" : "es");
	else
		printf("No process is watched now; start one with \"belay run "
		       "PROGRAM\".\n");
	(void)fflush(ps->to_rules);
	fputs(ps->rules, stdout);
	return fflush(stdout) == 0 ? SAY_OK : SAY_FAILED;
}

static bool read_operand(struct ps *ps, const char *operand)
{
	unsigned long pid;
	char *end;

	ps->wanted = operand;
	pid = strtoul(operand, &end, 10);
	if (*operand < '0' || *operand > '9' || *end)
		return true;
	if (pid == 0 || pid > INT32_MAX) {
		say("\"%s\" is no PID", operand);
		return false;
	}
	ps->pid = (uint32_t)pid;
	return true;
}

int command_ps(int argc, char **argv)
{
	struct ps ps = {0};
	int first = options_parse(&set, argc, argv, &ps);
	int status;

	if (first == OPTIONS_HELPED)
		return SAY_OK;
	if (first == OPTIONS_WRONG)
		return SAY_WRONG;
	if (argc - first > 1) {
		say("Too many operands: belay ps [PID|SESSION]");
		return SAY_WRONG;
	}
	if (first < argc && !read_operand(&ps, argv[first]))
		return SAY_WRONG;
	ps.to_rules = open_memstream(&ps.rules, &ps.rules_size);
	if (!ps.to_rules)
		abort();
	session_each(look_at_session, &ps);
	status = answer(&ps);
	inflight_deinit(&ps.calls);
	(void)fclose(ps.to_rules);
	free(ps.rules);
	return status;
}
