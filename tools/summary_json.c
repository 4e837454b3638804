/* SPDX-License-Identifier: MIT */
/*
 * summary_json.c - a summary as programs read it
 *
 * Durations are in nanoseconds. Members are only ever added.
 */
#include "summary.h"

#include "json.h"

static void write_latency(struct json *json,
			  const struct belay_counters *counters)
{
	uint64_t timed = counters->finished - counters->uncollected;

	json_object(json, "latency_ns");
	json_number(json, "p50", summary_percentile(counters, 50));
	json_number(json, "p90", summary_percentile(counters, 90));
	json_number(json, "p99", summary_percentile(counters, 99));
	json_number(json, "max", counters->latency_max);
	json_number(json, "mean", timed ? counters->latency_sum / timed : 0);
	json_object_end(json);
}

static void write_operation(struct json *json,
			    const struct summary_operation *operation)
{
	const struct belay_counters *c = &operation->counters;

	json_object(json, NULL);
	json_text(json, "operation", operation->name);
	json_number(json, "calls", c->calls);
	json_number(json, "refused", c->refused);
	json_number(json, "refused_pending", c->pending);
	json_number(json, "cancels", c->cancels);
	json_number(json, "finished", c->finished);
	json_number(json, "failed", c->failed);
	json_number(json, "canceled", c->canceled);
	json_number(json, "uncollected", c->uncollected);
	json_number(json, "in_flight", operation->in_flight);
	json_number(json, "unknown", operation->unknown);
	json_number(json, "bytes", c->bytes);
	write_latency(json, c);
	json_object_end(json);
}

static void write_unfinished(struct json *json,
			     const struct summary_unfinished *unfinished)
{
	char place[320];

	place_describe(&unfinished->place, place, sizeof(place));
	json_object(json, NULL);
	json_text(json, "operation", unfinished->operation);
	json_number(json, "count", unfinished->count);
	json_text(json, "place", place);
	json_text(json, "path", unfinished->place.path);
	json_number(json, "address", unfinished->place.address);
	json_text(json, "state", belay_state_name(unfinished->state));
	json_number(json, "oldest_ns", unfinished->oldest_ns);
	json_number(json, "pid", unfinished->pid);
	json_object_end(json);
}

static void write_lost(struct json *json, const struct summary *summary)
{
	static const char *const words[] = {
#define WORD(name, word, sentence) [BELAY_LOST_##name] = (word),
		BELAY_LOSSES(WORD)
#undef WORD
	};

	json_object(json, "lost");
	for (size_t i = 0; i < BELAY_LOSS_KINDS; i++)
		json_number(json, words[i], summary->lost[i]);
	json_number(json, "events", summary->events_discarded);
	json_object_end(json);
}

static void write_rule(struct json *json, const struct summary_rules *rules,
		       size_t index)
{
	const struct summary_rule *rule = &rules->list[index];

	json_object(json, NULL);
	json_number(json, "number", index + 1);
	json_text(json, "rule", rule->text ? rule->text : "");
	if (rules->has_state) {
#define COUNTER(name, sentence) json_number(json, #name, rule->state.name);
		BELAY_RULE_COUNTERS(COUNTER)
#undef COUNTER
	}
	if (rule->actions[0].count) {
		json_object(json, "actions");
		for (size_t i = 0;
		     i < SUMMARY_ACTIONS && rule->actions[i].count; i++)
			json_number(json, rule->actions[i].name,
				    rule->actions[i].count);
		json_object_end(json);
	}
	json_object_end(json);
}

static void write_stuck(struct json *json, const struct summary_stuck *stuck)
{
	char place[320];

	place_describe(&stuck->place, place, sizeof(place));
	json_object(json, NULL);
	json_number(json, "rule", stuck->rule);
	json_text(json, "place", place);
	json_text(json, "path", stuck->place.path);
	json_number(json, "address", stuck->place.address);
	json_number(json, "pid", stuck->pid);
	json_object_end(json);
}

static void write_rules(struct json *json, const struct summary_rules *rules)
{
	json_object(json, NULL);
	json_number(json, "seed", rules->seed);
	if (rules->again)
		json_text(json, "again", rules->again);
	json_array(json, "rules");
	for (size_t i = 0; i < rules->count; i++)
		write_rule(json, rules, i);
	json_array_end(json);
	json_array(json, "not_canceled");
	for (size_t i = 0; i < rules->stuck_count; i++)
		write_stuck(json, &rules->stuck[i]);
	json_array_end(json);
	json_object_end(json);
}

void summary_json_members(const struct summary *summary, struct json *json)
{
	json_number(json, "processes", summary->processes);
	json_number(json, "cost_ns", summary->cost_ns);
	json_array(json, "operations");
	for (size_t i = 0; i < summary->operations_count; i++)
		write_operation(json, &summary->operations[i]);
	json_array_end(json);
	json_array(json, "unfinished");
	for (size_t i = 0; i < summary->unfinished_count; i++)
		write_unfinished(json, &summary->unfinished[i]);
	json_array_end(json);
	json_array(json, "rules");
	for (size_t i = 0; i < summary->rules_count; i++)
		write_rules(json, &summary->rules[i]);
	json_array_end(json);
	write_lost(json, summary);
}

void summary_json(const struct summary *summary, FILE *to)
{
	struct json json = {.to = to};

	json_object(&json, NULL);
	summary_json_members(summary, &json);
	json_object_end(&json);
}
