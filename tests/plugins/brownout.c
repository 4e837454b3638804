/* SPDX-License-Identifier: MIT */
/*
 * brownout.c - the example of a policy in C++ gets worse and worse, the same
 * way each time
 *
 *     plugins-brownout LIBRARY
 */
#include <errno.h>
#include <string.h>

#include "lent.h"

#define OVER 1000
#define CALLS 4000

static const struct belay_policy *policy;

static struct belay_policy_call call_of(uint64_t n)
{
	return (struct belay_policy_call){
		.size = sizeof(struct belay_policy_call),
		.operation = &lent_read,
		.n = n,
		.random = belay_policy_draw(1, n),
	};
}

static void *instance_of(int64_t worst, int64_t delay_ns)
{
	struct lent_rule rule = lent_rule(policy);
	void *instance;

	lent_give(&rule, "over", OVER, OVER, "1000");
	lent_give(&rule, "worst", worst, worst, "");
	lent_give(&rule, "delay", delay_ns, delay_ns, "");
	instance = lent_config(&rule);
	assert_non_null(instance);
	return instance;
}

/* How many of the calls from first to last fail. */
static int failures(void *instance, uint64_t first, uint64_t last)
{
	int failed = 0;

	for (uint64_t n = first; n <= last; n++) {
		struct belay_policy_call call = call_of(n);
		struct belay_policy_verdict verdict = {.size = sizeof(verdict)};
		struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 512};

		policy->begin(instance, &call, &verdict);
		policy->completing(instance, &call, &outcome);
		policy->finish(instance, &call, &outcome);
		assert_true(outcome.ending == BELAY_SUCCEEDED ||
			    outcome.status == EIO || outcome.status == ENOSPC);
		failed += outcome.ending == BELAY_FAILED;
	}
	return failed;
}

static void more_and_more_calls_fail(void **state)
{
	void *instance = instance_of(50, 0);

	(void)state;
	assert_in_range(failures(instance, 1, OVER / 10), 0, 12);
	assert_in_range(failures(instance, OVER + 1, OVER + CALLS),
			CALLS / 2 - 200, CALLS / 2 + 200);
}

static void none_and_all_are_exact(void **state)
{
	(void)state;
	assert_int_equal(failures(instance_of(0, 0), 1, CALLS), 0);
	assert_int_equal(failures(instance_of(100, 0), OVER, CALLS),
			 CALLS - OVER + 1);
}

static void the_same_calls_fail_each_time(void **state)
{
	void *one = instance_of(30, 0);
	void *other = instance_of(30, 0);

	(void)state;
	for (uint64_t n = 1; n <= CALLS; n++)
		assert_int_equal(failures(one, n, n), failures(other, n, n));
}

static void answers_come_later_and_later(void **state)
{
	void *instance = instance_of(0, 1000000);
	uint64_t before = 0;

	(void)state;
	for (uint64_t n = 1; n <= OVER; n++) {
		struct belay_policy_call call = call_of(n);
		struct belay_policy_verdict verdict = {.size = sizeof(verdict)};

		policy->begin(instance, &call, &verdict);
		assert_true(verdict.hold_ns >= before);
		before = verdict.hold_ns;
	}
	assert_int_equal(before, 1000000);
}

static void a_call_keeps_its_own_error(void **state)
{
	void *instance = instance_of(100, 0);
	struct belay_policy_call call = call_of(OVER);
	struct belay_outcome outcome = {BELAY_FAILED, EBADF, -1};

	(void)state;
	policy->completing(instance, &call, &outcome);
	assert_int_equal(outcome.status, EBADF);
}

static void cancels_are_heard_less_and_less(void **state)
{
	void *instance = instance_of(100, 0);
	struct belay_policy_call first = call_of(1);
	struct belay_policy_call last = call_of(OVER);
	int heard = 0;

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		first.random = belay_policy_draw(i, 0);
		heard += policy->cancel(instance, &first, BELAY_BY_APPLICATION);
	}
	assert_in_range(heard, 95, 100);
	assert_false(policy->cancel(instance, &last, BELAY_BY_APPLICATION));
}

static void at_the_end_it_says_what_it_did(void **state)
{
	(void)state;
	(void)failures(instance_of(100, 0), OVER, OVER + 4);
	policy->unload();
	assert_string_equal(lent_log, "5 of 5 calls failed, 0 never finished");
}

static void a_rule_that_makes_no_sense_is_refused(void **state)
{
	struct lent_rule rule = lent_rule(policy);

	(void)state;
	lent_give(&rule, "over", 0, 0, "0");
	assert_null(lent_config(&rule));
	assert_non_null(strstr(lent_log, "\"over\" must be at least 1"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_and_more_calls_fail),
		cmocka_unit_test(none_and_all_are_exact),
		cmocka_unit_test(the_same_calls_fail_each_time),
		cmocka_unit_test(answers_come_later_and_later),
		cmocka_unit_test(a_call_keeps_its_own_error),
		cmocka_unit_test(cancels_are_heard_less_and_less),
		cmocka_unit_test(at_the_end_it_says_what_it_did),
		cmocka_unit_test(a_rule_that_makes_no_sense_is_refused),
	};

	if (argc != 2)
		return 2;
	policy = lent_policy(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
