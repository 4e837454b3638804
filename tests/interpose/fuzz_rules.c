/* SPDX-License-Identifier: MIT */
/*
 * fuzz_rules.c - whatever a text of rules is, reading it does no harm, and
 * what is said of it is true
 *
 * For libFuzzer, or for fuzz_alone.c. The first two bytes say how much memory
 * the rules may take, the rest is their text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rulebook.h"

#define MEMORY (1 << 17)

/* Not assert(): it may be off. */
#define CHECK(is_so)                                                           \
	do {                                                                   \
		if (!(is_so)) {                                                \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				      __LINE__, #is_so);                       \
			abort();                                               \
		}                                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One text, in memory of just its size, and what was made of it. */
struct reading {
	char *text;
	size_t length;
	char *memory;
	size_t memory_size;
	struct belay_rules rules;
	struct belay_rule_error error;
	bool is_right;
};

static void read_text(struct reading *reading)
{
	struct belay_arena arena = {reading->memory, reading->memory_size, 0};

	reading->rules = (struct belay_rules){.rules = NULL};
	reading->is_right = belay_rules_parse(&reading->rules, reading->text,
					      reading->length, "a file", &arena,
					      &reading->error);
	CHECK(arena.used <= arena.size);
	CHECK(reading->rules.count <= BELAY_RULES_MAX);
}

static void check_error(const struct belay_rule_error *error)
{
	size_t length = strnlen(error->what, sizeof(error->what));

	CHECK(length > 0 && length < sizeof(error->what));
	CHECK(!strpbrk(error->what, "\n\r"));
	CHECK(error->column >= 1 && error->column <= error->rule_length + 1);
	CHECK(!memchr(error->rule, '\n', error->rule_length));
}

static void check_word(const struct belay_rule *rule,
		       const struct belay_word *word)
{
	if (word->text)
		CHECK(word->column >= 1 &&
		      word->column <= rule->call.column + strlen(rule->text) &&
		      strlen(word->text) <= strlen(rule->text));
}

static void check_trigger(const struct belay_trigger *trigger)
{
	CHECK(trigger->every >= 1 && trigger->step >= 1);
	CHECK(trigger->first >= 1 && trigger->first <= trigger->last);
	CHECK(trigger->chance <= UINT64_C(1) << 63);
	CHECK(trigger->for_ns > 0);
	for (uint64_t n = 1; n; n *= 3) {
		(void)belay_trigger_fires(trigger, n, n << 11, n << 3);
		if (n > UINT64_MAX / 3)
			break;
	}
}

static void check_condition(const struct belay_rule *rule,
			    const struct belay_condition *condition)
{
	check_word(rule, &condition->name);
	check_word(rule, &condition->value);
	(void)belay_condition_text(condition, rule->text);
	(void)belay_condition_text(condition, condition->value.text);
	CHECK(belay_condition_text(condition, NULL) == condition->negated);
	if (condition->is_number && condition->relation == BELAY_IS_EQUAL)
		CHECK(belay_condition_number(condition, condition->number) !=
		      condition->negated);
}

static const struct belay_operation *const com_only[] = {&belay_com_operation};

/* What is right without calls of a program's own is so with them. */
static void check_against_catalogues(const struct belay_rule *rule)
{
	struct belay_catalogue with_own = rulebook_catalogue;
	struct belay_rule_error error = {.line = 0};
	bool right = belay_rule_check(rule, &rulebook_catalogue, &error);

	if (!right)
		check_error(&error);
	with_own.is_open = true;
	error = (struct belay_rule_error){.line = 0};
	if (!belay_rule_check(rule, &with_own, &error)) {
		CHECK(!right);
		check_error(&error);
	}
	with_own.operations = com_only;
	with_own.operations_count = 1;
	error = (struct belay_rule_error){.line = 0};
	if (!belay_rule_check(rule, &with_own, &error))
		check_error(&error);
}

static void check_rule(const struct belay_rule *rule)
{
	struct belay_policy_value values[BELAY_RULE_ARGUMENTS];
	struct belay_rule_error error = {.line = 0};

	CHECK(!strpbrk(rule->text, "\n\r"));
	CHECK(rule->call.text && rule->policy.text);
	CHECK(rule->settings_count <= BELAY_RULE_ARGUMENTS);
	CHECK(rule->conditions_count <= BELAY_RULE_CONDITIONS);
	check_word(rule, &rule->call);
	check_word(rule, &rule->policy);
	for (uint32_t i = 0; i < rule->settings_count; i++) {
		check_word(rule, &rule->settings[i].name);
		check_word(rule, &rule->settings[i].value);
	}
	for (uint32_t i = 0; i < rule->conditions_count; i++)
		check_condition(rule, &rule->conditions[i]);
	check_trigger(&rule->trigger);
	check_against_catalogues(rule);
	for (size_t i = 0; i < rulebook_catalogue.policies_count; i++)
		if (!belay_rule_values(rule, rulebook_catalogue.policies[i],
				       values, &error))
			check_error(&error);
}

static bool are_same(const struct belay_word *a, const struct belay_word *b)
{
	return a->text && b->text ? strcmp(a->text, b->text) == 0
				  : a->text == b->text;
}

static bool are_same_triggers(const struct belay_trigger *a,
			      const struct belay_trigger *b)
{
	return a->chance == b->chance && a->nth == b->nth &&
	       a->every == b->every && a->first == b->first &&
	       a->last == b->last && a->step == b->step &&
	       a->from_ns == b->from_ns && a->for_ns == b->for_ns &&
	       a->once == b->once && a->per == b->per;
}

static void check_same(const struct belay_rule *a, const struct belay_rule *b)
{
	CHECK(strcmp(a->text, b->text) == 0);
	CHECK(are_same(&a->call, &b->call) && are_same(&a->policy, &b->policy));
	CHECK(a->settings_count == b->settings_count);
	for (uint32_t i = 0; i < a->settings_count; i++)
		CHECK(are_same(&a->settings[i].name, &b->settings[i].name) &&
		      are_same(&a->settings[i].value, &b->settings[i].value));
	CHECK(a->conditions_count == b->conditions_count);
	for (uint32_t i = 0; i < a->conditions_count; i++)
		CHECK(are_same(&a->conditions[i].value,
			       &b->conditions[i].value) &&
		      a->conditions[i].number == b->conditions[i].number);
	CHECK(are_same_triggers(&a->trigger, &b->trigger));
}

/* A session's file of rules is made of their texts: it must say the same. */
static void check_again(const struct reading *first)
{
	struct reading again = {.memory_size = 2 * (size_t)MEMORY};
	size_t size = 1;

	for (uint32_t i = 0; i < first->rules.count; i++)
		size += strlen(first->rules.rules[i].text) + 1;
	again.text = malloc(size);
	again.memory = malloc(again.memory_size);
	CHECK(again.text && again.memory);
	for (uint32_t i = 0; i < first->rules.count; i++)
		again.length +=
			(size_t)sprintf(again.text + again.length, "%s\n",
					first->rules.rules[i].text);
	read_text(&again);
	CHECK(again.is_right && again.rules.count == first->rules.count);
	for (uint32_t i = 0; i < again.rules.count; i++)
		check_same(&first->rules.rules[i], &again.rules.rules[i]);
	free(again.memory);
	free(again.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading reading = {.memory_size = MEMORY};

	if (size < 2)
		return 0;
	/* Most have enough of it, or nothing much would be read. */
	if (data[0] & 1)
		reading.memory_size = (size_t)data[0] << 8 | data[1];
	reading.length = size - 2;
	reading.text = malloc(reading.length + !reading.length);
	reading.memory = malloc(reading.memory_size + !reading.memory_size);
	CHECK(reading.text && reading.memory);
	memcpy(reading.text, data + 2, reading.length);
	read_text(&reading);
	if (!reading.is_right)
		check_error(&reading.error);
	for (uint32_t i = 0; i < reading.rules.count; i++)
		check_rule(&reading.rules.rules[i]);
	if (reading.rules.count)
		check_again(&reading);
	free(reading.memory);
	free(reading.text);
	return 0;
}
