/* SPDX-License-Identifier: MIT */
/*
 * rulebook.c - rules for tests, and what they can name
 */
#include "rulebook.h"

#include <stdio.h>
#include <string.h>

struct belay_rules rulebook_rules;
struct belay_rule_error rulebook_error;

static bool error_named(const char *name, int32_t *ret_status)
{
	if (strcmp(name, "down") != 0)
		return false;
	*ret_status = 99;
	return true;
}

static const struct belay_error disk_errors[] = {
	{.status = 5, .name = "EIO"},
	{.status = 9, .name = "EBADF", .at = BELAY_ERROR_AT_FINISH},
	{.status = 11, .name = "EAGAIN", .at = BELAY_ERROR_AT_BEGIN},
	{.name = NULL},
};

static const struct belay_error sync_errors[] = {
	{.status = 5, .name = "EIO"},
	{.name = NULL},
};

static const struct belay_error db_errors[] = {
	{.status = 1, .name = "server"},
	{.name = NULL},
};

static const char *const db_derived[] = {"host", NULL};

static const struct belay_operation operations[] = {
	{
		.size = sizeof(struct belay_operation),
		.api = "disk",
		.name = "read",
		.arguments = {{"fd", BELAY_ARGUMENT_FD},
			      {"size", BELAY_ARGUMENT_SIZE},
			      {"offset", BELAY_ARGUMENT_OFFSET}},
		.errors = disk_errors,
		.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |
			  BELAY_FAULT_SHORT | BELAY_FAULT_HOLD,
	},
	{
		.size = sizeof(struct belay_operation),
		.api = "disk",
		.name = "sync",
		.arguments = {{"fd", BELAY_ARGUMENT_FD},
			      {"op", BELAY_ARGUMENT_INT}},
		.errors = sync_errors,
		.faults = BELAY_FAULT_FAIL_FINISH,
		.no_faults = "a sync has no length",
	},
	{
		.size = sizeof(struct belay_operation),
		.api = "db",
		.name = "query",
		.arguments = {{"timeout", BELAY_ARGUMENT_UINT},
			      {"sql", BELAY_ARGUMENT_TEXT}},
		.errors = db_errors,
		.faults = BELAY_FAULT_HOLD | BELAY_FAULT_FAIL_BEGIN,
		.derived = db_derived,
		.error_named = error_named,
	},
	/* Of an adapter that is older than all that can be done to calls. */
	{
		.size = offsetof(struct belay_operation, faults),
		.api = "old",
		.name = "call",
		.status_kind = BELAY_STATUS_ERRNO,
		.faults = UINT32_MAX,
		.no_faults = "never read",
		.derived = db_derived,
	},
};

static const struct belay_operation *const all_operations[] = {
	&operations[0], &operations[1], &operations[2], &operations[3]};

static const struct belay_policy_argument timeout_arguments[] = {
	{.name = "after", .type = BELAY_VALUE_DURATION, .required = true},
	{.name = NULL},
};

static const struct belay_policy_argument fault_arguments[] = {
	{.name = "error", .type = BELAY_VALUE_ERROR},
	{.name = "at",
	 .type = BELAY_VALUE_CHOICE,
	 .fallback = "finish",
	 .choices = "finish begin"},
	{.name = "force", .type = BELAY_VALUE_FLAG},
	{.name = "delay",
	 .type = BELAY_VALUE_DURATIONS,
	 .needs = BELAY_FAULT_HOLD},
	{.name = "stall", .type = BELAY_VALUE_DURATIONS},
	{.name = "hang", .type = BELAY_VALUE_FLAG, .needs = BELAY_FAULT_HOLD},
	{.name = "short", .type = BELAY_VALUE_SIZE, .needs = BELAY_FAULT_SHORT},
	{.name = "cancel", .type = BELAY_VALUE_DURATION, .bare = true},
	{.name = NULL},
};

static const struct belay_policy_argument other_arguments[] = {
	{.name = "count", .type = BELAY_VALUE_NUMBER, .fallback = "3"},
	{.name = "note", .type = BELAY_VALUE_TEXT},
	{.name = "sure", .type = BELAY_VALUE_FLAG},
	{.name = NULL},
};

/* What a third party can do wrong. */
static const struct belay_policy_argument broken_value[] = {
	{.name = "wait", .type = BELAY_VALUE_DURATION, .fallback = "5"},
	{.name = NULL},
};

static const struct belay_policy_argument broken_choice[] = {
	{.name = "which", .type = BELAY_VALUE_CHOICE},
	{.name = NULL},
};

static const struct belay_policy_argument broken_type[] = {
	{.name = "new", .type = (enum belay_value_type)77},
	{.name = NULL},
};

static const struct belay_policy_argument needs_flag[] = {
	{.name = "sure", .type = BELAY_VALUE_FLAG, .required = true},
	{.name = "odd", .type = BELAY_VALUE_NUMBER, .needs = 1U << 30},
	{.name = NULL},
};

static const struct belay_policy_argument too_many[] = {
	{.name = "a"}, {.name = "b"},  {.name = "c"}, {.name = "d"},
	{.name = "e"}, {.name = "f"},  {.name = "g"}, {.name = "h"},
	{.name = "i"}, {.name = "j"},  {.name = "k"}, {.name = "l"},
	{.name = "m"}, {.name = "n"},  {.name = "o"}, {.name = "p"},
	{.name = "q"}, {.name = NULL},
};

static const struct belay_policy policies[] = {
	{.name = "timeout", .arguments = timeout_arguments},
	{.name = "fault", .arguments = fault_arguments},
	{.name = "other", .arguments = other_arguments},
	{.name = "plain"},
	{.name = "broken-value", .arguments = broken_value},
	{.name = "broken-choice", .arguments = broken_choice},
	{.name = "broken-type", .arguments = broken_type},
	{.name = "needs-flag", .arguments = needs_flag},
	{.name = "too-many", .arguments = too_many},
};

static const struct belay_policy *const all_policies[] = {
	&policies[0], &policies[1], &policies[2], &policies[3], &policies[4],
	&policies[5], &policies[6], &policies[7], &policies[8],
};

const struct belay_catalogue rulebook_catalogue = {
	.operations = all_operations,
	.operations_count = sizeof(all_operations) / sizeof(*all_operations),
	.policies = all_policies,
	.policies_count = sizeof(all_policies) / sizeof(*all_policies),
};

const struct belay_policy *rulebook_policy(const char *name)
{
	for (size_t i = 0; i < rulebook_catalogue.policies_count; i++)
		if (strcmp(policies[i].name, name) == 0)
			return &policies[i];
	fail_msg("there is no policy %s", name);
	return NULL;
}

const struct belay_operation *rulebook_operation(const char *name)
{
	char now[64];

	for (size_t i = 0; i < rulebook_catalogue.operations_count; i++) {
		(void)snprintf(now, sizeof(now), "%s.%s", operations[i].api,
			       operations[i].name);
		if (strcmp(now, name) == 0)
			return &operations[i];
	}
	fail_msg("there is no operation %s", name);
	return NULL;
}

bool rulebook_parse(const char *text, size_t length, const char *file)
{
	static char memory[1 << 18];
	struct belay_arena arena = {memory, sizeof(memory), 0};

	rulebook_rules = (struct belay_rules){.rules = NULL};
	return belay_rules_parse(&rulebook_rules, text, length, file, &arena,
				 &rulebook_error);
}

const struct belay_rule *rulebook_read(const char *text)
{
	if (!rulebook_parse(text, strlen(text), NULL))
		fail_msg("%s: %u: %s", text, rulebook_error.column,
			 rulebook_error.what);
	assert_int_equal(rulebook_rules.count, 1);
	return &rulebook_rules.rules[0];
}

const struct belay_policy_value *rulebook_values(const char *text)
{
	static struct belay_policy_value values[BELAY_RULE_ARGUMENTS];
	const struct belay_rule *rule = rulebook_read(text);

	if (!belay_rule_values(rule, rulebook_policy(rule->policy.text), values,
			       &rulebook_error))
		fail_msg("%s: %u: %s", text, rulebook_error.column,
			 rulebook_error.what);
	return values;
}

bool rulebook_is_right(const char *text)
{
	if (!rulebook_parse(text, strlen(text), NULL))
		return false;
	assert_int_equal(rulebook_rules.count, 1);
	return belay_rule_check(&rulebook_rules.rules[0], &rulebook_catalogue,
				&rulebook_error);
}
