/* SPDX-License-Identifier: MIT */
/*
 * rule_match.c - tests: conditions and triggers
 */
#include "rulebook.h"

#include <math.h>

#include "conditions.h"

/* splitmix64: as good as what the host makes of seed, rule, site and n. */
static uint64_t hash(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

/* --- Conditions ---------------------------------------------------------- */

static void numbers_fit_by_their_relation(void **state)
{
	static const struct {
		const char *text;
		bool less, equal, more;
	} cases[] = {
		{"a b if c=5", false, true, false},
		{"a b if c<5", true, false, false},
		{"a b if c<=5", true, true, false},
		{"a b if c>5", false, false, true},
		{"a b if c>=5", false, true, true},
		{"a b if !c=5", true, false, true},
		{"a b if !c<5", false, true, true},
		{"a b if !c<=5", false, false, true},
		{"a b if !c>5", true, true, false},
		{"a b if !c>=5", true, false, false},
		{"a b if c~5", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_condition *c =
			rulebook_read(cases[i].text)->conditions;

		assert_int_equal(belay_condition_number(c, 4), cases[i].less);
		assert_int_equal(belay_condition_number(c, 5), cases[i].equal);
		assert_int_equal(belay_condition_number(c, 6), cases[i].more);
		assert_int_equal(belay_condition_number(c, INT64_MIN),
				 cases[i].less);
	}
}

/* What is seen of a text at once leaves no other answer than all of it. */
static void texts_fit_where_a_rule_is_bound_as_elsewhere(void **state)
{
	static const char *const rules[] = {
		"a b if c=drop",     "a b if !c=drop",
		"a b if c~'drop *'", "a b if !c~'drop *'",
		"a b if c~*drop",    "a b if c~?rop",
		"a b if c~[dD]rop",  "a b if c~'\\\\drop'",
		"a b if c~]drop",    "a b if c<drop",
		"a b if !c<drop",    "a b if c~'[drop'",
	};
	static const char *const texts[] = {
		"",     "drop",   "Drop",  "drop table", "drop ", "crop",
		"*dro", "\\drop", "]drop", "[drop",      "?rop",  NULL,
	};
	const struct belay_operation operation = {
		.size = sizeof(operation),
		.arguments = {{"c", BELAY_ARGUMENT_TEXT}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		const struct belay_condition *c =
			rulebook_read(rules[i])->conditions;
		struct belayi_bound bound =
			belayi_condition_bind(c, &operation);

		for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++) {
			const struct belay_begin begin = {
				.operation = &operation, .text = texts[k]};

			assert_int_equal(belayi_condition_fits(&bound, &begin),
					 belay_condition_text(c, texts[k]));
		}
	}
}

static void nothing_is_beyond_the_last_number(void **state)
{
	struct belay_condition c = {.relation = BELAY_IS_MORE,
				    .number = INT64_MAX};

	(void)state;
	assert_false(belay_condition_number(&c, INT64_MAX));
	assert_false(belay_condition_number(&c, INT64_MIN));
	c.negated = true;
	assert_true(belay_condition_number(&c, INT64_MAX));
	c = (struct belay_condition){.relation = BELAY_IS_LESS,
				     .number = INT64_MIN};
	assert_false(belay_condition_number(&c, INT64_MIN));
	assert_false(belay_condition_number(&c, INT64_MAX));
	c.relation = BELAY_IS_AT_MOST;
	assert_true(belay_condition_number(&c, INT64_MIN));
}

static void texts_fit_when_equal_or_like(void **state)
{
	static const struct {
		const char *text;
		bool same, longer, null;
	} cases[] = {
		{"a b if c=x*", false, false, false},
		{"a b if c=x", true, false, false},
		{"a b if !c=x", false, true, true},
		{"a b if c~x", true, false, false},
		{"a b if c~x*", true, true, false},
		{"a b if !c~x*", false, false, true},
		{"a b if c~*", true, true, false},
		{"a b if c='x y'", false, true, false},
		{"a b if c<x", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_condition *c =
			rulebook_read(cases[i].text)->conditions;

		assert_int_equal(belay_condition_text(c, "x"), cases[i].same);
		assert_int_equal(belay_condition_text(c, "x y"),
				 cases[i].longer);
		assert_int_equal(belay_condition_text(c, NULL), cases[i].null);
	}
}

/* --- Triggers ------------------------------------------------------------ */

/* The numbers below 40 that a trigger fires at, as bits. */
static uint64_t fires_at(const char *text)
{
	const struct belay_rule *rule = rulebook_read(text);
	uint64_t bits = 0;

	for (uint64_t n = 1; n < 40; n++)
		if (belay_trigger_fires(&rule->trigger, n, hash(n), 0))
			bits |= UINT64_C(1) << n;
	return bits;
}

static uint64_t bits_of(uint64_t first, uint64_t last, uint64_t step)
{
	uint64_t bits = 0;

	for (uint64_t n = first; n <= last && n < 40; n += step)
		bits |= UINT64_C(1) << n;
	return bits;
}

static void triggers_count_calls(void **state)
{
	(void)state;
	assert_true(fires_at("a b") == bits_of(1, 39, 1));
	assert_true(fires_at("a b when nth=3") == bits_of(3, 3, 1));
	assert_true(fires_at("a b when every=10") == bits_of(10, 39, 10));
	assert_true(fires_at("a b when every=1") == bits_of(1, 39, 1));
	assert_true(fires_at("a b when calls=1..3") == bits_of(1, 3, 1));
	assert_true(fires_at("a b when calls=4") == bits_of(4, 4, 1));
	assert_true(fires_at("a b when calls=30..") == bits_of(30, 39, 1));
	assert_true(fires_at("a b when calls=5..30/7") == bits_of(5, 30, 7));
	assert_true(fires_at("a b when calls=2../3") == bits_of(2, 39, 3));
	assert_true(fires_at("a b when p=0") == 0);
	assert_true(fires_at("a b when p=1") == bits_of(1, 39, 1));
}

static void a_call_must_fit_all_triggers(void **state)
{
	uint64_t half = fires_at("a b when p=0.5");

	(void)state;
	assert_true(fires_at("a b when every=3 calls=5..20") ==
		    bits_of(6, 18, 3));
	assert_true(fires_at("a b when every=4 calls=2../3") ==
		    bits_of(8, 39, 12));
	assert_true(fires_at("a b when nth=6 every=3 calls=2../2") ==
		    bits_of(6, 6, 1));
	assert_true(fires_at("a b when every=5 p=0.5") ==
		    (half & bits_of(5, 39, 5)));
	assert_true(half && half != bits_of(1, 39, 1));
}

static void once_is_the_callers_to_keep(void **state)
{
	(void)state;
	assert_true(rulebook_read("a b when once")->trigger.once);
	assert_true(fires_at("a b when once every=10") == bits_of(10, 39, 10));
}

static void a_window_has_a_begin_and_a_length(void **state)
{
	static const struct {
		const char *text;
		bool at_0, at_5, at_9, at_10, never;
	} cases[] = {
		{"a b when from=5ns", false, true, true, true, true},
		{"a b when for=5ns", true, false, false, false, false},
		{"a b when from=5ns for=5ns", false, true, true, false, false},
		{"a b when from=0 for=10ns", true, true, true, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_trigger *t =
			&rulebook_read(cases[i].text)->trigger;

		assert_int_equal(belay_trigger_fires(t, 1, 0, 0),
				 cases[i].at_0);
		assert_int_equal(belay_trigger_fires(t, 1, 0, 5),
				 cases[i].at_5);
		assert_int_equal(belay_trigger_fires(t, 1, 0, 9),
				 cases[i].at_9);
		assert_int_equal(belay_trigger_fires(t, 1, 0, 10),
				 cases[i].at_10);
		assert_int_equal(belay_trigger_fires(t, 1, 0, UINT64_MAX),
				 cases[i].never);
	}
}

static void the_edges_of_a_chance_are_exact(void **state)
{
	const struct belay_trigger *always =
		&rulebook_read("a b when p=1")->trigger;
	uint64_t half = UINT64_C(1) << 63;

	(void)state;
	assert_true(belay_trigger_fires(always, 1, UINT64_MAX, 0));
	assert_false(belay_trigger_fires(
		&rulebook_read("a b when p=0")->trigger, 1, 0, 0));
	assert_true(belay_trigger_fires(
		&rulebook_read("a b when p=0.5")->trigger, 1, half - 1, 0));
	assert_false(belay_trigger_fires(
		&rulebook_read("a b when p=0.5")->trigger, 1, half, 0));
}

/*
 * Of N calls with the chance p, N*p fire, give or take: five standard
 * deviations are exceeded once in three million runs, and these are always
 * the same. Neighbours must not depend on one another either.
 */
static void a_chance_is_met_by_many_calls(void **state)
{
	static const struct {
		const char *text;
		double p;
	} cases[] = {
		{"a b when p=0.001", 0.001}, {"a b when p=0.01", 0.01},
		{"a b when p=0.1", 0.1},     {"a b when p=0.5", 0.5},
		{"a b when p=0.9", 0.9},     {"a b when p=0.999", 0.999},
	};
	const double calls = 1000000;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_trigger *t =
			&rulebook_read(cases[i].text)->trigger;
		double p = cases[i].p, fired = 0, pairs = 0;
		bool before = false;

		for (uint64_t n = 1; n <= (uint64_t)calls; n++) {
			bool now = belay_trigger_fires(t, n, hash(n), 0);

			fired += now;
			pairs += now && before;
			before = now;
		}
		assert_true(fabs(fired - calls * p) <
			    5 * sqrt(calls * p * (1 - p)));
		/* Pairs that share a call vary together. */
		assert_true(fabs(pairs - calls * p * p) <
			    5 * sqrt(calls * p * p * (1 + 2 * p - 3 * p * p)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_fit_by_their_relation),
		cmocka_unit_test(texts_fit_where_a_rule_is_bound_as_elsewhere),
		cmocka_unit_test(nothing_is_beyond_the_last_number),
		cmocka_unit_test(texts_fit_when_equal_or_like),
		cmocka_unit_test(triggers_count_calls),
		cmocka_unit_test(a_call_must_fit_all_triggers),
		cmocka_unit_test(once_is_the_callers_to_keep),
		cmocka_unit_test(a_window_has_a_begin_and_a_length),
		cmocka_unit_test(the_edges_of_a_chance_are_exact),
		cmocka_unit_test(a_chance_is_met_by_many_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
