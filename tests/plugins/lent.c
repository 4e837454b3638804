/* SPDX-License-Identifier: MIT */
/*
 * lent.c - see lent.h
 */
#include "lent.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

char lent_log[256];

static uint32_t operation_number;
static const struct belay_error errors[] = {
	{EIO, BELAY_ERROR_AT_FINISH, "EIO"},
	{ENOSPC, 0, "ENOSPC"},
	{EAGAIN, BELAY_ERROR_AT_BEGIN, "EAGAIN"},
	{0, 0, NULL},
};

const struct belay_operation lent_read = {
	.size = sizeof(lent_read),
	.number = &operation_number,
	.api = "test",
	.name = "read",
	.errors = errors,
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

static void log_text(const char *text)
{
	(void)snprintf(lent_log, sizeof(lent_log), "%s", text);
}

static bool is_at(const struct belay_error *error, uint32_t at)
{
	return (error->at ? error->at : BELAY_ERROR_AT_FINISH) & at;
}

/* By force there is one more, which no operation lists. */
static bool error_named(const struct belay_operation *operation,
			const char *name, uint32_t at, bool force,
			int32_t *ret_status)
{
	for (const struct belay_error *e = operation->errors; e && e->name; e++)
		if (strcmp(e->name, name) == 0 && (force || is_at(e, at))) {
			*ret_status = e->status;
			return true;
		}
	if (!force || strcmp(name, "EPERM") != 0)
		return false;
	*ret_status = EPERM;
	return true;
}

static bool any_error(const struct belay_operation *operation, uint32_t at,
		      uint64_t random, int32_t *ret_status)
{
	const struct belay_error *found[8];
	size_t count = 0;

	for (const struct belay_error *e = operation->errors; e && e->name; e++)
		if (is_at(e, at))
			found[count++] = e;
	if (!count)
		return false;
	*ret_status = found[random % count]->status;
	return true;
}

static uint64_t no_time(void)
{
	return 0;
}

static const struct belay_policy_host host = {
	.abi = BELAY_POLICY_ABI,
	.size = sizeof(host),
	.log = log_text,
	.error = error_named,
	.random = any_error,
	.now_ns = no_time,
};

const struct belay_policy *lent_policy(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct belay_policy *policy;

	if (!library)
		fail_msg("%s", dlerror());
	policy = dlsym(library, "belay_policy");
	assert_non_null(policy);
	assert_int_equal(policy->abi, BELAY_POLICY_ABI);
	assert_true(policy->size <= sizeof(*policy));
	assert_true(!policy->load || policy->load(&host));
	return policy;
}

/* The index of a word in a list with spaces between; the first where none. */
static int64_t choice(const char *choices, const char *word)
{
	const char *at = strstr(choices, word);
	int64_t index = 0;

	for (const char *c = choices; at && c < at; c++)
		index += *c == ' ';
	return index;
}

struct lent_rule lent_rule(const struct belay_policy *policy)
{
	struct lent_rule rule = {.policy = policy};
	const struct belay_policy_argument *argument = policy->arguments;

	for (int i = 0; argument[i].name; i++) {
		rule.values[i].text = argument[i].fallback;
		if (argument[i].choices && argument[i].fallback)
			rule.values[i].number = choice(argument[i].choices,
						       argument[i].fallback);
	}
	return rule;
}

void lent_give(struct lent_rule *rule, const char *name, int64_t number,
	       int64_t upper, const char *text)
{
	const struct belay_policy_argument *argument = rule->policy->arguments;
	int i = 0;

	while (argument[i].name && strcmp(argument[i].name, name) != 0)
		i++;
	assert_non_null(argument[i].name);
	if (argument[i].type == BELAY_VALUE_CHOICE)
		number = upper = choice(argument[i].choices, text);
	rule->values[i] = (struct belay_policy_value){
		.given = true, .number = number, .upper = upper, .text = text};
}

void *lent_config(const struct lent_rule *rule)
{
	struct belay_policy_config config = {
		.size = sizeof(config),
		.rule = 1,
		.call = "test.*",
		.values = rule->values,
	};

	lent_log[0] = '\0';
	return rule->policy->config(&config);
}

struct belay_policy_verdict lent_begin(const struct belay_policy *policy,
				       void *instance,
				       const struct belay_operation *operation,
				       uint64_t random)
{
	struct belay_policy_call call = {
		.size = sizeof(call),
		.operation = operation,
		.n = 1,
		.random = random,
	};
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};

	policy->begin(instance, &call, &verdict);
	assert_int_equal(verdict.size, sizeof(verdict));
	return verdict;
}
