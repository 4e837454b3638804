/* SPDX-License-Identifier: MIT */
/*
 * fault.c - the policy fault, as its host drives it: each argument, what they
 * draw, and which of them contradict each other
 *
 *     plugins-fault LIBRARY
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lent.h"

#define DRAWS 100000

static const struct belay_policy *policy;

/* An operation that reports no error at all. */
static uint32_t operation_number;
static const struct belay_operation silent = {.size = sizeof(silent),
					      .number = &operation_number,
					      .api = "test",
					      .name = "silent"};

/* Gives "NAME", or "NAME=TEXT" with a text that is an error or a choice, or a
 * number or two of nanoseconds or bytes. */
static void give(struct lent_rule *rule, const char *setting)
{
	char name[32];
	const char *text = strchr(setting, '=');
	long low = 0;
	long high = 0;

	(void)snprintf(name, sizeof(name), "%.*s",
		       (int)(text ? (size_t)(text - setting) : strlen(setting)),
		       setting);
	text = text ? text + 1 : NULL;
	if (text && sscanf(text, "%ld..%ld", &low, &high) < 2)
		high = low;
	lent_give(rule, name, low, high, text);
}

static struct lent_rule rule_of(const char *first, const char *second)
{
	struct lent_rule rule = lent_rule(policy);

	if (first)
		give(&rule, first);
	if (second)
		give(&rule, second);
	return rule;
}

/* The verdict about a call, by a rule of its own. */
static struct belay_policy_verdict
verdict_of(struct lent_rule rule, const struct belay_operation *what)
{
	void *instance = lent_config(&rule);
	struct belay_policy_verdict verdict;

	if (!instance)
		fail_msg("%s", lent_log);
	verdict = lent_begin(policy, instance, what, 42);
	free(instance);
	return verdict;
}

static void an_error_is_reported_at_finish_or_at_begin(void **state)
{
	struct belay_policy_verdict verdict;

	(void)state;
	verdict = verdict_of(rule_of("error=ENOSPC", NULL), &lent_read);
	assert_int_equal(verdict.set, BELAY_VERDICT_FAIL_FINISH);
	assert_int_equal(verdict.error, ENOSPC);
	verdict = verdict_of(rule_of("error=EIO", "at=finish"), &lent_read);
	assert_int_equal(verdict.set, BELAY_VERDICT_FAIL_FINISH);
	assert_int_equal(verdict.error, EIO);
	verdict = verdict_of(rule_of("error=EAGAIN", "at=begin"), &lent_read);
	assert_int_equal(verdict.set, BELAY_VERDICT_FAIL_BEGIN);
	assert_int_equal(verdict.error, EAGAIN);
}

static void an_error_that_cannot_be_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(
		verdict_of(rule_of("error=EAGAIN", NULL), &lent_read).set, 0);
	assert_int_equal(
		verdict_of(rule_of("error=EIO", "at=begin"), &lent_read).set,
		0);
	assert_int_equal(verdict_of(rule_of("error=EIO", NULL), &silent).set,
			 0);
	assert_int_equal(verdict_of(rule_of(NULL, NULL), &silent).set, 0);
}

static void what_cannot_fail_is_still_slowed_down(void **state)
{
	struct belay_policy_verdict verdict =
		verdict_of(rule_of("error=EIO", "delay=7"), &silent);

	(void)state;
	assert_int_equal(verdict.set, BELAY_VERDICT_HOLD);
	assert_int_equal(verdict.hold_ns, 7);
}

static void force_takes_any_error(void **state)
{
	struct belay_policy_verdict verdict;

	(void)state;
	assert_int_equal(
		verdict_of(rule_of("error=EPERM", NULL), &lent_read).set, 0);
	verdict = verdict_of(rule_of("error=EPERM", "force"), &lent_read);
	assert_int_equal(verdict.set, BELAY_VERDICT_FAIL_FINISH);
	assert_int_equal(verdict.error, EPERM);
}

static void each_other_argument_sets_its_own_part(void **state)
{
	static const struct {
		const char *setting;
		struct belay_policy_verdict verdict;
	} rows[] = {
		{"delay=50", {.set = BELAY_VERDICT_HOLD, .hold_ns = 50}},
		{"stall=60", {.set = BELAY_VERDICT_STALL, .stall_ns = 60}},
		{"hang", {.set = BELAY_VERDICT_HOLD, .hold_ns = BELAY_FOREVER}},
		{"drop", {.set = BELAY_VERDICT_DROP}},
		{"short=512", {.set = BELAY_VERDICT_SHORT, .short_to = 512}},
		{"cancel", {.set = BELAY_VERDICT_DEADLINE, .deadline_ns = 0}},
		{"cancel=70",
		 {.set = BELAY_VERDICT_DEADLINE, .deadline_ns = 70}},
		{"refuse-cancel", {.set = BELAY_VERDICT_REFUSE_CANCEL}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct belay_policy_verdict verdict =
			verdict_of(rule_of(rows[i].setting, NULL), &lent_read);

		verdict.size = 0;
		assert_memory_equal(&verdict, &rows[i].verdict,
				    sizeof(verdict));
	}
}

static void what_fits_together_is_set_together(void **state)
{
	struct lent_rule rule = rule_of("error=EIO", "delay=5");
	struct belay_policy_verdict verdict;

	(void)state;
	give(&rule, "stall=6");
	give(&rule, "cancel=7");
	verdict = verdict_of(rule, &lent_read);
	assert_int_equal(verdict.set,
			 BELAY_VERDICT_FAIL_FINISH | BELAY_VERDICT_HOLD |
				 BELAY_VERDICT_STALL | BELAY_VERDICT_DEADLINE);
	assert_int_equal(verdict.error, EIO);
	assert_int_equal(verdict.hold_ns, 5);
	assert_int_equal(verdict.stall_ns, 6);
	assert_int_equal(verdict.deadline_ns, 7);
}

static void nothing_given_is_one_of_the_errors_at_random(void **state)
{
	struct lent_rule rule = rule_of(NULL, NULL);
	void *instance = lent_config(&rule);
	int counts[2] = {0};

	(void)state;
	assert_non_null(instance);
	for (uint64_t i = 0; i < DRAWS; i++) {
		struct belay_policy_verdict verdict =
			lent_begin(policy, instance, &lent_read, i);

		assert_int_equal(verdict.set, BELAY_VERDICT_FAIL_FINISH);
		assert_true(verdict.error == EIO || verdict.error == ENOSPC);
		counts[verdict.error == ENOSPC]++;
	}
	free(instance);
	/* Ten standard deviations of a fair coin. */
	assert_in_range(counts[0], DRAWS / 2 - 1600, DRAWS / 2 + 1600);
}

/* Chi squared over ten classes stays below 40 but once in 100,000 times; the
 * bits are those of the calls that p=1/1024 would let through. */
static void ranges_are_drawn_evenly_and_apart(void **state)
{
	struct lent_rule rule = rule_of("delay=100..199", "stall=100..199");
	void *instance = lent_config(&rule);
	int delays[10] = {0};
	int stalls[10] = {0};
	int same = 0;
	double chi[2] = {0};

	(void)state;
	assert_non_null(instance);
	for (uint64_t i = 0; i < DRAWS; i++) {
		struct belay_policy_verdict verdict =
			lent_begin(policy, instance, &lent_read, i << 20);

		assert_in_range(verdict.hold_ns, 100, 199);
		assert_in_range(verdict.stall_ns, 100, 199);
		delays[(verdict.hold_ns - 100) / 10]++;
		stalls[(verdict.stall_ns - 100) / 10]++;
		same += verdict.hold_ns == verdict.stall_ns;
	}
	free(instance);
	for (int i = 0; i < 10; i++) {
		double mean = DRAWS / 10.0;

		chi[0] += (delays[i] - mean) * (delays[i] - mean) / mean;
		chi[1] += (stalls[i] - mean) * (stalls[i] - mean) / mean;
	}
	assert_true(chi[0] < 40 && chi[1] < 40);
	assert_in_range(same, DRAWS / 100 - 320, DRAWS / 100 + 320);
}

static void one_call_draws_the_same_whenever_it_is_asked(void **state)
{
	struct lent_rule rule = rule_of("delay=1..1000000000", NULL);
	void *instance = lent_config(&rule);
	uint64_t first;

	(void)state;
	assert_non_null(instance);
	first = lent_begin(policy, instance, &lent_read, 7).hold_ns;
	assert_int_equal(lent_begin(policy, instance, &lent_read, 7).hold_ns,
			 first);
	assert_int_not_equal(
		lent_begin(policy, instance, &lent_read, 8).hold_ns, first);
	free(instance);
}

static void what_contradicts_itself_is_refused(void **state)
{
	static const struct {
		const char *settings[3];
		const char *names; /* that the reason begins with */
	} rows[] = {
		{{"hang", "drop"}, "\"hang\" and \"drop\" contradict: "},
		{{"hang", "delay=1"}, "\"hang\" and \"delay\" contradict: "},
		{{"hang", "short=1"}, "\"hang\" and \"short\" contradict: "},
		{{"hang", "error=EIO"}, "\"hang\" and \"error\" contradict: "},
		{{"hang", "refuse-cancel"},
		 "\"hang\" and \"refuse-cancel\" contradict: "},
		{{"drop", "delay=1"}, "\"drop\" and \"delay\" contradict: "},
		{{"drop", "short=1"}, "\"drop\" and \"short\" contradict: "},
		{{"drop", "error=EIO"}, "\"drop\" and \"error\" contradict: "},
		{{"error=EIO", "short=1"},
		 "\"error\" and \"short\" contradict: "},
		{{"cancel", "refuse-cancel"},
		 "\"cancel\" and \"refuse-cancel\" contradict: "},
		{{"error=EAGAIN", "at=begin", "delay=1"},
		 "\"at=begin\" and \"delay\" contradict: "},
		{{"error=EAGAIN", "at=begin", "hang"},
		 "\"at=begin\" and \"hang\" contradict: "},
		{{"error=EAGAIN", "at=begin", "drop"},
		 "\"at=begin\" and \"drop\" contradict: "},
		{{"error=EAGAIN", "at=begin", "short=1"},
		 "\"at=begin\" and \"short\" contradict: "},
		{{"error=EAGAIN", "at=begin", "cancel"},
		 "\"at=begin\" and \"cancel\" contradict: "},
		{{"error=EAGAIN", "at=begin", "refuse-cancel"},
		 "\"at=begin\" and \"refuse-cancel\" contradict: "},
		{{"at=finish"}, "\"at\" and \"force\" say more of an error"},
		{{"at=begin", "stall=1"},
		 "\"at\" and \"force\" say more of an error"},
		{{"force", "hang"},
		 "\"at\" and \"force\" say more of an error"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lent_rule rule =
			rule_of(rows[i].settings[0], rows[i].settings[1]);

		if (rows[i].settings[2])
			give(&rule, rows[i].settings[2]);
		assert_null(lent_config(&rule));
		if (strncmp(lent_log, rows[i].names, strlen(rows[i].names)))
			fail_msg("said: %s", lent_log);
		assert_true(strlen(lent_log) > strlen(rows[i].names));
	}
}

static void all_other_pairs_are_taken(void **state)
{
	static const char *const settings[] = {
		"error=EIO", "delay=1", "stall=1", "hang",
		"drop",      "short=1", "cancel",  "refuse-cancel"};
	const size_t count = sizeof(settings) / sizeof(*settings);
	int taken = 0;

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			struct lent_rule rule =
				rule_of(settings[i], settings[j]);
			void *instance = lent_config(&rule);

			taken += instance != NULL;
			free(instance);
		}
	/* Of 28, the ten above that have no at=begin. */
	assert_int_equal(taken, 18);
}

static void what_an_argument_needs_of_a_call_is_told(void **state)
{
	static const struct {
		const char *name;
		uint32_t needs;
	} rows[] = {
		{"error", 0},
		{"delay", BELAY_FAULT_HOLD},
		{"stall", 0},
		{"hang", BELAY_FAULT_HOLD},
		{"drop", BELAY_FAULT_HOLD},
		{"short", BELAY_FAULT_SHORT},
		{"cancel", 0},
		{"refuse-cancel", 0},
	};
	size_t told = 0;

	(void)state;
	for (const struct belay_policy_argument *argument = policy->arguments;
	     argument->name; argument++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			told += strcmp(argument->name, rows[i].name) == 0 &&
				argument->needs == rows[i].needs;
	assert_int_equal(told, sizeof(rows) / sizeof(*rows));
}

static void every_argument_explains_itself(void **state)
{
	(void)state;
	for (const struct belay_policy_argument *argument = policy->arguments;
	     argument->name; argument++) {
		assert_non_null(argument->help);
		assert_true(strlen(argument->help) < 60);
		assert_false(argument->required);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_reported_at_finish_or_at_begin),
		cmocka_unit_test(an_error_that_cannot_be_is_left_out),
		cmocka_unit_test(what_cannot_fail_is_still_slowed_down),
		cmocka_unit_test(force_takes_any_error),
		cmocka_unit_test(each_other_argument_sets_its_own_part),
		cmocka_unit_test(what_fits_together_is_set_together),
		cmocka_unit_test(nothing_given_is_one_of_the_errors_at_random),
		cmocka_unit_test(ranges_are_drawn_evenly_and_apart),
		cmocka_unit_test(one_call_draws_the_same_whenever_it_is_asked),
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(all_other_pairs_are_taken),
		cmocka_unit_test(what_an_argument_needs_of_a_call_is_told),
		cmocka_unit_test(every_argument_explains_itself),
	};

	if (argc != 2)
		return 2;
	policy = lent_policy(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
