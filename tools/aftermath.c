/* SPDX-License-Identifier: MIT */
/*
 * aftermath.c - what is said and done when the program has ended
 */
#include "aftermath.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "say.h"
#include "session_rules.h"

static void write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

/* In one write, as far as it goes: the program's children may write too. */
static void print_text(const struct summary *summary, const char *program,
		       const char *why_none)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to;

	if (summary->processes == 0) {
		say("No process of \"%s\" was watched%s", program, why_none);
		return;
	}
	if (summary->operations_count == 0) {
		say("\"%s\" made no asynchronous calls that Belay watches "
		    "(\"belay apis\" lists them)",
		    program);
		return;
	}
	to = open_memstream(&text, &size);
	if (!to)
		return;
	fprintf(to, "belay: Calls of \"%s\" in %" PRIu64 " process%s:\n",
		program, summary->processes,
		summary->processes == 1 ? "" : "es");
	summary_print(summary, to);
	if (fclose(to) == 0)
		write_all(STDERR_FILENO, text, size);
	free(text);
}

static bool print_json(const struct summary *summary, const char *path)
{
	FILE *to = fopen(path, "we");
	bool written = false;

	if (to) {
		summary_json(summary, to);
		written = !ferror(to);
		written = fclose(to) == 0 && written;
	}
	if (!written)
		say("Cannot write the summary: path=\"%s\", error=\"%m\"",
		    path);
	return written;
}

static bool keeps(const struct session *session, const struct watch *watch,
		  const struct collected *found)
{
	if (found->killed)
		say("Process %u died with calls in flight: \"belay ps %s\" "
		    "shows them, \"belay ps %s --prune\" removes them",
		    found->killed_pid, session->name, session->name);
	if (found->running)
		say("%u process%s (%u) still run%s: \"belay ps %s\" shows the "
		    "calls in flight",
		    found->running, found->running == 1 ? "" : "es",
		    found->running_pid, found->running == 1 ? "s" : "",
		    session->name);
	if (watch->keep)
		say("The session is kept: \"belay ps %s\"", session->name);
	return found->killed || found->running || watch->keep;
}

static void collect_rules(const struct session *session,
			  const struct watch *watch, struct watch_rules *rules,
			  struct summary *summary)
{
	struct belay_rules_state *state;
	struct summary_rules *set;
	uint64_t lost = 0;

	if (!rules->text)
		return;
	set = summary_rules(summary, rules->seed, rules->text);
	set->again = strdup(rules->again);
	state = session_rules_state(session, &lost);
	if (state)
		summary_rules_state(set, state);
	watch_rules_replayed(rules, watch, state);
	watch_rules_record(rules, watch, state, lost);
	free(state);
}

void aftermath(const struct session *session, const struct watch *watch,
	       struct watch_rules *rules, const char *program,
	       const char *why_none, uint64_t discarded)
{
	struct summary summary = {.events_discarded = discarded};
	struct collected found;

	collect_session(session, &summary, &found);
	collect_rules(session, watch, rules, &summary);
	/* What has no other place is not lost. */
	if (!watch->json || !print_json(&summary, watch->json))
		print_text(&summary, program, why_none);
	if (!keeps(session, watch, &found) && !session_remove(session))
		say("Cannot remove the session: path=\"%s\", error=\"%m\"",
		    session->path);
	summary_deinit(&summary);
}
