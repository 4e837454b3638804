/* SPDX-License-Identifier: MIT */
/*
 * timeout.c - the policy timeout, as its host drives it
 *
 *     plugins-timeout LIBRARY
 */
#include <stdlib.h>

#include "lent.h"

static const struct belay_policy *policy;

static void a_call_gets_the_deadline_and_nothing_else(void **state)
{
	struct lent_rule rule = lent_rule(policy);
	struct belay_policy_verdict verdict;
	void *instance;

	(void)state;
	lent_give(&rule, "after", 200000000, 200000000, "200ms");
	instance = lent_config(&rule);
	assert_non_null(instance);
	verdict = lent_begin(policy, instance, &lent_read, 1);
	assert_int_equal(verdict.set, BELAY_VERDICT_DEADLINE);
	assert_int_equal(verdict.deadline_ns, 200000000);
	free(instance);
}

static void each_rule_has_a_deadline_of_its_own(void **state)
{
	struct lent_rule rule = lent_rule(policy);
	void *instances[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		lent_give(&rule, "after", 1 + i, 1 + i, "");
		instances[i] = lent_config(&rule);
		assert_non_null(instances[i]);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lent_begin(policy, instances[i], &lent_read, 1)
					 .deadline_ns,
				 1 + i);
		free(instances[i]);
	}
}

static void no_time_at_all_is_refused(void **state)
{
	struct lent_rule rule = lent_rule(policy);

	(void)state;
	lent_give(&rule, "after", 0, 0, "0s");
	assert_null(lent_config(&rule));
	assert_string_equal(
		lent_log,
		"\"after\" must be more than 0; to cancel at once say: fault cancel");
}

static void a_rule_must_say_after(void **state)
{
	(void)state;
	assert_string_equal(policy->name, "timeout");
	assert_string_equal(policy->arguments[0].name, "after");
	assert_int_equal(policy->arguments[0].type, BELAY_VALUE_DURATION);
	assert_true(policy->arguments[0].required);
	assert_null(policy->arguments[1].name);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_gets_the_deadline_and_nothing_else),
		cmocka_unit_test(each_rule_has_a_deadline_of_its_own),
		cmocka_unit_test(no_time_at_all_is_refused),
		cmocka_unit_test(a_rule_must_say_after),
	};

	if (argc != 2)
		return 2;
	policy = lent_policy(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
