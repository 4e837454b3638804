/* SPDX-License-Identifier: MIT */
/*
 * frozen.c - a policy that was compiled for ABI 1 understands what it is lent
 * today, and is understood
 *
 *     plugins-frozen LIBRARY
 */
#include <errno.h>
#include <stdlib.h>

#include "lent.h"

static const struct belay_policy *policy;

static const struct belay_policy_call call = {
	.size = sizeof(call),
	.operation = &lent_read,
	.key = 0x1000,
	.owner = 0x2000,
	.site = 0x3000,
	.offset = 0x30,
	.n = 5,
	.random = 77,
	.args = {0, 0, 0, 20},
};

static void *instance_of(int64_t width)
{
	struct lent_rule rule = lent_rule(policy);
	void *instance;

	lent_give(&rule, "width", width, width, "");
	instance = lent_config(&rule);
	assert_non_null(instance);
	assert_string_equal(lent_log, "test.*");
	return instance;
}

static void its_verdict_is_read_as_it_was_meant(void **state)
{
	void *instance = instance_of(1000);
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};

	(void)state;
	policy->begin(instance, &call, &verdict);
	assert_int_equal(verdict.set,
			 BELAY_VERDICT_SHORT | BELAY_VERDICT_STALL |
				 BELAY_VERDICT_HOLD | BELAY_VERDICT_DEADLINE);
	assert_int_equal(verdict.short_to, 25);
	assert_int_equal(verdict.stall_ns, 77);
	assert_int_equal(verdict.hold_ns, 1); /* "slow" is the second choice */
	assert_int_equal(verdict.deadline_ns, 1001);
	free(instance);
}

static void its_errors_are_the_hosts(void **state)
{
	void *instance = instance_of(1);
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};
	struct belay_policy_call failing = call;
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 4096};

	(void)state;
	failing.text = "EAGAIN";
	policy->begin(instance, &failing, &verdict);
	assert_int_equal(verdict.set, BELAY_VERDICT_FAIL_BEGIN);
	assert_int_equal(verdict.error, EAGAIN);
	policy->completing(instance, &call, &outcome);
	assert_int_equal(outcome.ending, BELAY_FAILED);
	assert_int_equal(outcome.status, EIO);
	free(instance);
}

static void it_knows_who_cancels_what(void **state)
{
	void *instance = instance_of(1);
	struct belay_outcome canceled = {BELAY_CANCELED, 0, -1};
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};

	(void)state;
	assert_true(policy->cancel(instance, &call, BELAY_BY_POLICY));
	assert_false(policy->cancel(instance, &call, BELAY_BY_APPLICATION));
	policy->finish(instance, &call, &canceled);
	policy->begin(instance, &call, &verdict);
	assert_int_equal(verdict.hold_ns, 100);
	policy->unload();
	assert_string_equal(lent_log, "unloaded");
	free(instance);
}

static void its_arguments_are_read_as_they_were_meant(void **state)
{
	const struct belay_policy_argument *argument = policy->arguments;

	(void)state;
	assert_int_equal(argument[0].type, BELAY_VALUE_SIZE);
	assert_true(argument[0].required);
	assert_int_equal(argument[0].needs, BELAY_FAULT_HOLD);
	assert_int_equal(argument[1].type, BELAY_VALUE_CHOICE);
	assert_string_equal(argument[1].choices, "fast slow");
	assert_null(argument[2].name);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_verdict_is_read_as_it_was_meant),
		cmocka_unit_test(its_errors_are_the_hosts),
		cmocka_unit_test(it_knows_who_cancels_what),
		cmocka_unit_test(its_arguments_are_read_as_they_were_meant),
	};

	if (argc != 2)
		return 2;
	policy = lent_policy(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
