/* SPDX-License-Identifier: MIT */
/*
 * rule_conditions.c - whether conditions ask for what calls have
 *
 * What only some of the calls have that a rule names is right: the rule then
 * never acts on the others.
 */
#include <string.h>

#include <belay/nearest.h>

#include "rule_check.h"
#include "rule_parts.h"

enum kind { NOTHING, NUMBER, TEXT };

/* What every call can be asked for; the host reads it. */
static const char *const of_every_call[] = {"caller", "stack", "thread", "exe"};

#define OF_EVERY_CALL (sizeof(of_every_call) / sizeof(*of_every_call))

typedef void (*look_function)(void *data, const char *name, enum kind kind);

/* Shows all that can be compared of an operation's calls. */
static void look_at_all(const struct belay_operation *operation,
			look_function look, void *data)
{
	const struct belay_argument *argument = operation->arguments;
	bool has_fd = false;

	for (size_t i = 0; i < BELAY_ARGUMENTS_MAX && argument[i].name; i++) {
		look(data, argument[i].name,
		     argument[i].type == BELAY_ARGUMENT_TEXT ? TEXT : NUMBER);
		has_fd |= argument[i].type == BELAY_ARGUMENT_FD;
	}
	if (BELAYI_HAS(operation, derived) && operation->derived)
		for (size_t i = 0; operation->derived[i]; i++)
			look(data, operation->derived[i], TEXT);
	if (has_fd)
		look(data, "path", TEXT);
	for (size_t i = 0; i < OF_EVERY_CALL; i++)
		look(data, of_every_call[i], TEXT);
}

/* The first one counts: an operation's own "path" is the one that is meant. */
struct wanted {
	const char *name;
	enum kind kind;
};

static void look_for(void *data, const char *name, enum kind kind)
{
	struct wanted *wanted = data;

	if (wanted->kind == NOTHING && strcmp(wanted->name, name) == 0)
		wanted->kind = kind;
}

static enum kind kind_of(const struct belay_operation *operation,
			 const char *name)
{
	struct wanted wanted = {name, NOTHING};

	look_at_all(operation, look_for, &wanted);
	return wanted.kind;
}

static bool can_fit(const struct belay_condition *condition, enum kind kind)
{
	enum belay_relation relation = condition->relation;

	if (kind == TEXT)
		return relation == BELAY_IS_EQUAL || relation == BELAY_IS_LIKE;
	return kind == NUMBER && relation != BELAY_IS_LIKE &&
	       condition->is_number;
}

const struct belay_operation *
belayi_check_next(const struct belayi_check *check, size_t *at)
{
	const struct belay_rule *rule = check->rule;
	const struct belay_operation *operation;

	while ((operation = belayi_check_named(check, at)) != NULL) {
		uint32_t i = 0;

		while (i < rule->conditions_count &&
		       can_fit(&rule->conditions[i],
			       kind_of(operation,
				       rule->conditions[i].name.text)))
			i++;
		if (i == rule->conditions_count)
			return operation;
	}
	return NULL;
}

struct names {
	struct belay_nearest near;
	struct belayi_list all;
};

static void note(void *data, const char *name, enum kind kind)
{
	struct names *names = data;

	(void)kind;
	belay_nearest_look(&names->near, name);
	belayi_list_add(&names->all, name);
}

static bool unknown(const struct belayi_check *check,
		    const struct belay_condition *condition)
{
	struct names names = {.near = {.wanted = condition->name.text}};
	const struct belay_operation *operation;
	size_t at = 0;

	while ((operation = belayi_check_named(check, &at)) != NULL)
		look_at_all(operation, note, &names);
	return belayi_wrong(check->error, condition->name.column,
			    "\"%.48s\" has no \"%.48s\" to compare%s; "
			    "there are %s",
			    check->rule->call.text, condition->name.text,
			    belayi_did_you_mean(names.near.name).text,
			    names.all.text);
}

static bool mismatch(const struct belayi_check *check,
		     const struct belay_condition *condition, enum kind kind)
{
	const char *name = condition->name.text;
	const char *why;
	int64_t number;

	if (kind == TEXT)
		return belayi_wrong(check->error, condition->name.column,
				    "\"%s\" is a text: compare it with = or ~",
				    name);
	if (condition->relation == BELAY_IS_LIKE)
		return belayi_wrong(check->error, condition->name.column,
				    "\"%s\" is a number: compare it with = < "
				    "<= > >=",
				    name);
	why = belayi_number(belayi_slice(condition->value.text), BELAYI_BYTES,
			    &number);
	return belayi_wrong(check->error, condition->value.column,
			    "\"%s\" is a number, and \"%.48s\" %s", name,
			    condition->value.text, why);
}

static bool check_condition(const struct belayi_check *check,
			    const struct belay_condition *condition)
{
	const struct belay_operation *operation;
	enum kind found = NOTHING;
	size_t at = 0;

	while ((operation = belayi_check_named(check, &at)) != NULL) {
		enum kind kind = kind_of(operation, condition->name.text);

		if (can_fit(condition, kind))
			return true;
		if (found == NOTHING)
			found = kind;
	}
	return found == NOTHING ? unknown(check, condition)
				: mismatch(check, condition, found);
}

bool belayi_check_conditions(const struct belayi_check *check)
{
	const struct belay_rule *rule = check->rule;
	struct belayi_list all = {.used = 0};
	size_t at = 0;

	for (uint32_t i = 0; i < rule->conditions_count; i++) {
		if (!check_condition(check, &rule->conditions[i]))
			return false;
		belayi_list_add(&all, rule->conditions[i].name.text);
	}
	if (belayi_check_next(check, &at))
		return true;
	return belayi_wrong(check->error, rule->conditions[0].name.column,
			    "no operation that \"%.48s\" names has all of %s",
			    rule->call.text, all.text);
}
