/* SPDX-License-Identifier: MIT */
/*
 * rule_values.c - the values that a rule gives for a policy's arguments
 */
#include <stdio.h>
#include <string.h>

#include <belay/nearest.h>

#include "rule_parts.h"

/* What is read, for errors. */
struct reading {
	const struct belay_policy_argument *argument;
	const char *text;
	char why[160]; /* what is wrong with it */
};

static bool wrong(struct reading *reading, const char *why)
{
	(void)snprintf(reading->why, sizeof(reading->why), "%s", why);
	return false;
}

static bool read_measure(struct reading *reading, enum belayi_measure measure,
			 struct belay_policy_value *value)
{
	const char *why = belayi_number(belayi_slice(reading->text), measure,
					&value->number);

	if (why)
		return wrong(reading, why);
	value->upper = value->number;
	return true;
}

static bool read_number(struct reading *reading,
			struct belay_policy_value *value)
{
	return read_measure(reading, BELAYI_PLAIN, value);
}

static bool read_duration(struct reading *reading,
			  struct belay_policy_value *value)
{
	return read_measure(reading, BELAYI_TIME, value);
}

static bool read_size(struct reading *reading, struct belay_policy_value *value)
{
	if (!read_measure(reading, BELAYI_BYTES, value))
		return false;
	return value->number >= 0 || wrong(reading, "is negative");
}

static bool read_durations(struct reading *reading,
			   struct belay_policy_value *value)
{
	const char *dots = strstr(reading->text, "..");
	struct belayi_slice lower = {reading->text,
				     (size_t)(dots - reading->text)};
	const char *why;

	if (!dots)
		return read_duration(reading, value);
	why = belayi_number(lower, BELAYI_TIME, &value->number);
	if (!why)
		why = belayi_number(belayi_slice(dots + 2), BELAYI_TIME,
				    &value->upper);
	if (!why && value->upper < value->number)
		why = "ends before it begins";
	return !why || wrong(reading, why);
}

/* Whether the word at `words` is this one. */
static bool is_word(const char *words, const char *word)
{
	size_t length = strcspn(words, " ");

	return strlen(word) == length && strncmp(words, word, length) == 0;
}

static bool read_choice(struct reading *reading,
			struct belay_policy_value *value)
{
	const char *at = reading->argument->choices;

	for (int64_t i = 0; *at; i++) {
		if (is_word(at, reading->text)) {
			value->number = value->upper = i;
			return true;
		}
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	(void)snprintf(reading->why, sizeof(reading->why),
		       "is not one of the words there are: %s",
		       reading->argument->choices);
	return false;
}

static bool read_text(struct reading *reading, struct belay_policy_value *value)
{
	(void)reading;
	(void)value;
	return true;
}

/* Which is one of the operations' errors: see rule_check.c. */
static bool read_error(struct reading *reading,
		       struct belay_policy_value *value)
{
	(void)value;
	return *reading->text || wrong(reading, "names no error");
}

/* How each type is read, and what is said where it is not. */
static const struct {
	bool (*read)(struct reading *reading, struct belay_policy_value *value);
	const char *sentence;
} types[] = {
	[BELAY_VALUE_FLAG] = {NULL, NULL},
#define TYPE(name, function, what) [BELAY_VALUE_##name] = {(function), (what)}
	TYPE(NUMBER, read_number, "an integer"),
	TYPE(DURATION, read_duration, "a time: 20us, 1.5s, 2min"),
	TYPE(DURATIONS, read_durations, "a time, or two: 50ms..200ms"),
	TYPE(SIZE, read_size, "a size: 512, 4k, 1MiB"),
	TYPE(TEXT, read_text, "any text"),
	TYPE(CHOICE, read_choice, "one of them"),
	TYPE(ERROR, read_error, "the name of an error"),
#undef TYPE
};

/* One argument of a table, and the setting of a rule that gives it. */
struct place {
	const struct belay_rule *rule;
	const struct belay_policy *policy;
	const struct belay_policy_argument *argument;
	const struct belay_setting *setting;
	struct belay_rule_error *error;
};

static bool read_given(const struct place *place,
		       struct belay_policy_value *value)
{
	const struct belay_setting *setting = place->setting;
	const struct belay_policy_argument *argument = place->argument;
	struct reading reading = {argument, setting->value.text, ""};

	value->given = true;
	value->text = setting->value.text;
	if (argument->type == BELAY_VALUE_FLAG)
		return !value->text ||
		       belayi_wrong(place->error, setting->value.column,
				    "\"%s\" takes no value", argument->name);
	if (!value->text)
		return argument->bare ||
		       belayi_wrong(place->error, setting->name.column,
				    "\"%s\" lacks its value: write %s",
				    argument->name,
				    types[argument->type].sentence);
	if (types[argument->type].read(&reading, value))
		return true;
	return belayi_wrong(place->error, setting->value.column,
			    "%s=%.48s %s; write %s", argument->name,
			    value->text, reading.why,
			    types[argument->type].sentence);
}

static bool read_fallback(const struct place *place,
			  struct belay_policy_value *value)
{
	const struct belay_policy_argument *argument = place->argument;
	struct reading reading = {argument, argument->fallback, ""};

	if (argument->required)
		return belayi_wrong(place->error, place->rule->policy.column,
				    "\"%s\" needs %s=, %s", place->policy->name,
				    argument->name,
				    types[argument->type].sentence ?: "a flag");
	value->text = argument->fallback;
	if (!argument->fallback || argument->type == BELAY_VALUE_FLAG ||
	    types[argument->type].read(&reading, value))
		return true;
	return belayi_wrong(place->error, place->rule->policy.column,
			    "\"%s\" is a broken policy: its own %s=%.48s %s",
			    place->policy->name, argument->name,
			    argument->fallback, reading.why);
}

static bool unknown(const struct place *place)
{
	const char *name = place->setting->name.text;
	struct belay_nearest near = {.wanted = name};
	const struct belay_policy_argument *a = place->policy->arguments;
	struct belayi_list all = {.used = 0};

	if (belayi_trigger_known(name))
		return belayi_wrong(place->error, place->setting->name.column,
				    "\"%s\" is a trigger: it stands behind "
				    "\"when\", at the end",
				    name);
	for (; a && a->name; a++) {
		belay_nearest_look(&near, a->name);
		belayi_list_add(&all, a->name);
	}
	return belayi_wrong(place->error, place->setting->name.column,
			    "\"%s\" has no argument \"%.48s\"%s; there are %s",
			    place->policy->name, name,
			    belayi_did_you_mean(near.name).text,
			    all.used ? all.text : "none");
}

static bool all_are_known(struct place *place)
{
	const struct belay_policy_argument *a;

	for (uint32_t i = 0; i < place->rule->settings_count; i++) {
		place->setting = &place->rule->settings[i];
		for (a = place->policy->arguments; a && a->name; a++)
			if (strcmp(a->name, place->setting->name.text) == 0)
				break;
		if (!a || !a->name)
			return unknown(place);
	}
	return true;
}

static const struct belay_setting *find_setting(const struct belay_rule *rule,
						const char *name)
{
	for (uint32_t i = 0; i < rule->settings_count; i++)
		if (strcmp(rule->settings[i].name.text, name) == 0)
			return &rule->settings[i];
	return NULL;
}

static const char *fault_of(const struct belay_policy_argument *argument)
{
	if ((unsigned int)argument->type >= sizeof(types) / sizeof(*types))
		return "has a type that this version of Belay does not know";
	if (argument->type == BELAY_VALUE_CHOICE && !argument->choices)
		return "has no choices";
	return NULL;
}

/* Third parties write these tables. */
static bool is_sound(const struct place *place)
{
	const struct belay_policy_argument *a = place->policy->arguments;
	uint32_t count = 0;

	for (; a && a->name; a++, count++)
		if (fault_of(a))
			return belayi_wrong(
				place->error, place->rule->policy.column,
				"\"%s\" is a broken policy: its "
				"argument \"%s\" %s",
				place->policy->name, a->name, fault_of(a));
	if (count <= BELAY_RULE_ARGUMENTS)
		return true;
	return belayi_wrong(place->error, place->rule->policy.column,
			    "\"%s\" is a broken policy: it has more than %d "
			    "arguments",
			    place->policy->name, BELAY_RULE_ARGUMENTS);
}

bool belay_rule_values(const struct belay_rule *rule,
		       const struct belay_policy *policy,
		       struct belay_policy_value *ret_values,
		       struct belay_rule_error *ret_error)
{
	struct place place = {
		.rule = rule, .policy = policy, .error = ret_error};
	const struct belay_policy_argument *a = policy->arguments;

	belayi_rule_error_at(rule, ret_error);
	if (!is_sound(&place) || !all_are_known(&place))
		return false;
	for (uint32_t i = 0; a && a[i].name; i++) {
		place.argument = &a[i];
		place.setting = find_setting(rule, a[i].name);
		ret_values[i] = (struct belay_policy_value){.given = false};
		if (!(place.setting ? read_given
				    : read_fallback)(&place, &ret_values[i]))
			return false;
	}
	return true;
}
