/* SPDX-License-Identifier: MIT */
/*
 * summary_rules.c - adds up what rules did, and tells it
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "summary.h"
#include "text.h"

#define RULE_SHOWN 400
#define STUCK_SHOWN 10

static struct summary_rule *add_rule(struct summary_rules *rules)
{
	rules->list =
		array_grow(rules->list, rules->count, sizeof(*rules->list));
	rules->list[rules->count] = (struct summary_rule){0};
	return &rules->list[rules->count++];
}

/* Next line with a rule, which has this length; NULL: there is no more. */
static const char *next_rule(const char *line, size_t *ret_length)
{
	for (; *line; line += *ret_length + (line[*ret_length] == '\n')) {
		size_t blank = strspn(line, " \t\r");

		*ret_length = strcspn(line, "\n");
		if (blank < *ret_length && line[blank] != '#')
			return line;
	}
	return NULL;
}

/* Gives each rule its text, as far as there is one. */
static void split(struct summary_rules *rules)
{
	const char *line = rules->text;
	size_t length;

	for (size_t i = 0; (line = next_rule(line, &length)); i++) {
		struct summary_rule *rule =
			i < rules->count ? &rules->list[i] : add_rule(rules);

		free(rule->text);
		rule->text = strndup(line, length);
		if (!rule->text)
			abort();
		line += length;
	}
}

struct summary_rules *summary_rules(struct summary *summary, uint64_t seed,
				    const char *text)
{
	struct summary_rules *rules;

	for (size_t i = 0; i < summary->rules_count; i++) {
		rules = &summary->rules[i];
		if (rules->seed == seed && strcmp(rules->text, text) == 0)
			return rules;
	}
	summary->rules = array_grow(summary->rules, summary->rules_count,
				    sizeof(*rules));
	rules = &summary->rules[summary->rules_count++];
	*rules = (struct summary_rules){.seed = seed, .text = strdup(text)};
	if (!rules->text)
		abort();
	split(rules);
	return rules;
}

void summary_rules_deinit(struct summary_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->list[i].text);
	free(rules->list);
	free(rules->stuck);
	free(rules->text);
	free(rules->again);
}

void summary_rules_whole(struct summary_rules *rules, const char *text)
{
	free(rules->text);
	rules->text = strdup(text);
	if (!rules->text)
		abort();
	split(rules);
}

void summary_rules_stuck(struct summary_rules *rules,
			 const struct summary_stuck *stuck)
{
	for (size_t i = 0; i < rules->stuck_count; i++) {
		const struct summary_stuck *known = &rules->stuck[i];

		if (known->rule == stuck->rule && known->pid == stuck->pid &&
		    place_is(&known->place, &stuck->place))
			return;
	}
	rules->stuck =
		array_grow(rules->stuck, rules->stuck_count, sizeof(*stuck));
	rules->stuck[rules->stuck_count++] = *stuck;
}

static void add_stuck(struct summary_rules *rules,
		      const struct belay_rule_entry *entry)
{
	struct summary_stuck stuck = {
		.rule = entry->rule,
		.pid = entry->pid,
		.place = {.address = entry->address,
			  .build_id_size = entry->build_id_size},
	};

	strcpy(stuck.place.path, entry->path);
	memcpy(stuck.place.build_id, entry->build_id,
	       sizeof(stuck.place.build_id));
	summary_rules_stuck(rules, &stuck);
}

void summary_rules_state(struct summary_rules *rules,
			 const struct belay_rules_state *state)
{
	rules->has_state = true;
	for (size_t i = 0; i < rules->count && i < BELAY_RULES_MAX; i++)
		rules->list[i].state = state->rules[i];
	for (uint64_t i = 0; i < state->entries_used; i++)
		if (state->list[i].kind == BELAY_ENTRY_NOT_CANCELED)
			add_stuck(rules, &state->list[i]);
}

void summary_rules_act(struct summary_rules *rules, uint64_t rule,
		       const char *action, size_t length)
{
	struct summary_action *actions;

	if (rule == 0 || rule > BELAY_RULES_MAX)
		return;
	while (rules->count < rule)
		(void)add_rule(rules);
	actions = rules->list[rule - 1].actions;
	for (size_t i = 0; i < SUMMARY_ACTIONS; i++) {
		if (!actions[i].count)
			(void)text_safe(action, length, actions[i].name,
					sizeof(actions[i].name));
		else if (strlen(actions[i].name) != length ||
			 memcmp(actions[i].name, action, length) != 0)
			continue;
		actions[i].count++;
		return;
	}
}

/* --- As people read it --------------------------------------------------- */

static void print_count(const char *before, uint64_t count, const char *after,
			FILE *to)
{
	if (count)
		fprintf(to, "; %s%" PRIu64 "%s", before, count, after);
}

/* `matched` is known of processes that ended well. */
static void print_state(const struct belay_rule_state *state, FILE *to)
{
	fprintf(to, "     acted on %" PRIu64, state->fired);
	if (state->matched >= state->fired && state->matched)
		fprintf(to, " of %" PRIu64 " call%s that it fits",
			state->matched, text_s(state->matched));
	else
		fprintf(to, " call%s", text_s(state->fired));
	if (state->asked)
		fprintf(to,
			"; %" PRIu64 " asked to cancel, %" PRIu64 " cancelled",
			state->asked, state->canceled);
	print_count("", state->not_canceled, " could not be cancelled", to);
	print_count("had nothing to shorten on ", state->idle, "", to);
	print_count("gave way to another rule on ", state->shadowed, "", to);
	print_count("six rules acted before it on ", state->crowded, "", to);
	print_count("cannot be done to ", state->unable, "", to);
	fputc('\n', to);
}

/* The words of docs/tracepoints.md; a later version may have more. */
static const char *phrase_of(const char *action)
{
	static const char *const phrases[][2] = {
		{"arm", "deadlines armed"},
		{"deadline", "deadlines passed"},
		{"drop", "completions dropped"},
		{"fail-begin", "failed at Begin"},
		{"fail-finish", "failed in the end"},
		{"hold", "completions held back"},
		{"not-canceled", "could not be cancelled"},
		{"refuse-cancel", "cancels refused"},
		{"shadowed", "gave way to another rule"},
		{"short", "made shorter"},
		{"stall", "stalled at Begin"},
		{"unable", "cannot be done"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strcmp(phrases[i][0], action) == 0)
			return phrases[i][1];
	return action;
}

static void print_actions(const struct summary_action *actions, FILE *to)
{
	fputs("     ", to);
	for (size_t i = 0; i < SUMMARY_ACTIONS && actions[i].count; i++)
		fprintf(to, "%s%s: %" PRIu64, i ? "; " : "",
			phrase_of(actions[i].name), actions[i].count);
	fputs(actions[0].count ? "\n" : "did nothing\n", to);
}

static void print_stuck(const struct summary_rules *rules, uint32_t number,
			FILE *to)
{
	char place[320];
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < rules->stuck_count; i++) {
		const struct summary_stuck *stuck = &rules->stuck[i];

		if (stuck->rule != number)
			continue;
		if (shown++ >= STUCK_SHOWN) {
			more++;
			continue;
		}
		place_describe(&stuck->place, place, sizeof(place));
		fprintf(to,
			"       not cancelled: begun at %s in process %" PRIu32
			"\n",
			place, stuck->pid);
	}
	if (more)
		fprintf(to, "       ... and at %zu more places\n", more);
}

static bool did_nothing(const struct summary_rules *rules,
			const struct summary_rule *rule)
{
	return rules->has_state ? !rule->state.fired && !rule->state.matched
				: !rule->actions[0].count;
}

static void print_rule(const struct summary_rules *rules,
		       const struct summary_rule *rule, FILE *to)
{
	char text[RULE_SHOWN];

	fprintf(to, "%3zu  %s\n", rule - rules->list + 1,
		rule->text ? text_safe(rule->text, strlen(rule->text), text,
				       sizeof(text))
			   : "?");
	if (rules->has_state)
		print_state(&rule->state, to);
	else
		print_actions(rule->actions, to);
}

static void print_rules(const struct summary *summary,
			const struct summary_rules *rules, FILE *to)
{

	if (*rules->text)
		fprintf(to, "Rules, with seed %" PRIu64 ":\n", rules->seed);
	else
		fputs("Rules of processes whose start is not in the trace:\n",
		      to);
	for (size_t i = 0; i < rules->count; i++) {
		const struct summary_rule *rule = &rules->list[i];

		print_rule(rules, rule, to);
		if (rule->text && did_nothing(rules, rule))
			summary_print_unmet(summary, rule->text, to);
		print_stuck(rules, (uint32_t)i + 1, to);
	}
	if (rules->again)
		fprintf(to, "To do this again: %s\n", rules->again);
}

void summary_print_rules(const struct summary *summary, FILE *to)
{
	for (size_t i = 0; i < summary->rules_count; i++)
		print_rules(summary, &summary->rules[i], to);
}
