/* SPDX-License-Identifier: MIT */
/*
 * watch_rules.c - the rules of a run, from the command line to the session
 */
#include "watch_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "again.h"
#include "read_whole.h"
#include "record_files.h"
#include "say.h"
#include "session_rules.h"
#include "text.h"
#include "trace_rules.h"

/* So much that a record, which has a line for each fault, stays below it. */
#define RECORD_BYTES (256U << 20)

/* Short enough to be typed. */
static uint64_t random_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint32_t)time(NULL);
	return seed;
}

/* --- Records ------------------------------------------------------------- */

static bool read_replay(const char *path, struct watch_rules *rules)
{
	struct record_error error;
	size_t size;
	char *text = read_text(AT_FDCWD, path, RECORD_BYTES, &size);
	bool good;

	if (!text) {
		say("Cannot read the record: path=\"%s\", error=\"%m\"", path);
		return false;
	}
	good = record_parse(text, size, &rules->replay, &error);
	free(text);
	rules->replaying = good;
	if (good)
		record_files_check(&rules->replay, path);
	if (!good && error.line)
		say("%s:%" PRIu32 ": %s", path, error.line, error.what);
	else if (!good)
		say("%s: %s", path, error.what);
	else if (rules->replay.missing)
		say("%s: %" PRIu64 " faults are missing in this record: there "
		    "was no room for them",
		    path, rules->replay.missing);
	return good;
}

/* Before the program starts: who records wants to know if that cannot be. */
static bool open_record(const char *path, struct watch_rules *rules)
{
	rules->record = fopen(path, "we");
	if (!rules->record)
		say("Cannot write the record: path=\"%s\", error=\"%s\"", path,
		    strerror(errno));
	return rules->record;
}

void watch_rules_record(struct watch_rules *rules, const struct watch *watch,
			struct belay_rules_state *state, uint64_t lost)
{
	bool good;

	if (!rules->record)
		return;
	record_write(rules->record, rules->seed, rules->text, state, lost);
	good = !ferror(rules->record);
	good = fclose(rules->record) == 0 && good;
	rules->record = NULL;
	if (!good)
		say("Cannot write the record: path=\"%s\", error=\"%s\"",
		    watch->record, strerror(errno));
	else if (lost)
		say("The record \"%s\" lacks %" PRIu64 " faults: there was no "
		    "room for more",
		    watch->record, lost);
}

/* How many calls the record lets a rule act on. */
static uint64_t recorded_of(const struct record *record, uint32_t rule)
{
	uint64_t count = 0;

	for (size_t i = 0; i < record->count; i++)
		count += record->entries[i].rule == rule;
	return count;
}

void watch_rules_replayed(const struct watch_rules *rules,
			  const struct watch *watch,
			  const struct belay_rules_state *state)
{
	uint64_t missed = 0;

	if (!rules->replaying || !state)
		return;
	for (uint32_t i = 0; i < rules->count; i++) {
		const struct belay_rule_state *rule = &state->rules[i];
		uint64_t acted = rule->fired + rule->shadowed + rule->crowded +
				 rule->idle + rule->unable;
		uint64_t recorded = recorded_of(&rules->replay, i + 1);

		missed += recorded > acted ? recorded - acted : 0;
	}
	if (missed)
		say("%" PRIu64 " of %zu faults of the record \"%s\" did not "
		    "happen again: it is of another program, or the program "
		    "made other calls this time",
		    missed, rules->replay.count, watch->replay);
}

/* --- From the command line to the session -------------------------------- */

static bool read_all(const struct watch *watch, struct watch_rules *rules,
		     struct ruleset *set)
{
	bool good = true;

	if (watch->replay) {
		struct rule_source source = {.given = watch->replay,
					     .is_file = true};

		if (!read_replay(watch->replay, rules))
			return false;
		source.text = rules->replay.rules;
		return ruleset_read(set, &source);
	}
	for (unsigned int i = 0; i < watch->rules_count; i++)
		good = ruleset_read(set, &watch->rules[i]) && good;
	return good;
}

static uint64_t seed_of(const struct watch *watch,
			const struct watch_rules *rules)
{
	if (rules->replaying)
		return rules->replay.seed;
	return watch->seed_given ? watch->seed : random_seed();
}

static bool keep(const struct watch *watch, struct ruleset *set,
		 struct watch_rules *rules)
{
	rules->text = ruleset_text(set);
	rules->count = set->rules.count;
	rules->seed = seed_of(watch, rules);
	rules->again = command_again(watch, rules->seed);
	rules->folders = set->folders;
	set->folders = NULL;
	return !watch->record || open_record(watch->record, rules);
}

bool watch_rules_read(const struct watch *watch, struct watch_rules *rules)
{
	struct ruleset set = {0};
	bool good = read_all(watch, rules, &set) &&
		    ruleset_check(&set, watch->apis, watch->policy_path);

	if (good && !set.rules.count)
		say("There is no rule in what was given");
	if (good && watch->check_only) {
		ruleset_print(&set, stdout);
		good = fflush(stdout) == 0;
	} else if (good && set.rules.count) {
		good = keep(watch, &set, rules);
	}
	ruleset_deinit(&set);
	return good;
}

bool watch_rules_make(const struct watch_rules *rules,
		      const struct session *session)
{
	const struct session_rules files = {
		.text = rules->text,
		.count = rules->count,
		.seed = rules->seed,
		.recording = rules->record != NULL,
		.replaying = rules->replaying,
		.replay = rules->replay.entries,
		.replay_count = rules->replay.count,
	};

	return !rules->text || session_rules_make(session, &files);
}

void watch_rules_trace(const struct watch_rules *rules, const char *folder)
{
	const struct trace_rules file = {
		.seed = rules->seed,
		.text = rules->text,
		.again = rules->again,
	};

	if (rules->text && !trace_rules_write(folder, &file))
		say("Cannot write the rules beside the trace: path=\"%s/" TRACE_RULES
		    "\", error=\"%m\"",
		    folder);
}

void watch_rules_environment(const struct watch_rules *rules,
			     const struct session *session,
			     struct variables *variables)
{
	char path[PATH_MAX + 8], seed[24];

	if (!rules->text)
		return;
	(void)snprintf(path, sizeof(path), "%s/rules", session->path);
	(void)snprintf(seed, sizeof(seed), "%" PRIu64, rules->seed);
	variables_set(variables, "BELAY_RULES", path);
	variables_set(variables, "BELAY_SEED", seed);
	variables_set(variables, "BELAY_POLICY_PATH",
		      *rules->folders ? rules->folders : NULL);
}

void watch_rules_deinit(struct watch_rules *rules)
{
	if (rules->record)
		(void)fclose(rules->record);
	record_deinit(&rules->replay);
	free(rules->text);
	free(rules->again);
	free(rules->folders);
	*rules = (struct watch_rules){0};
}
