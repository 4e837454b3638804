/* SPDX-License-Identifier: MIT */
/*
 * rule_values.c - tests: the values that a rule gives are what they say
 */
#include "rulebook.h"

static void a_time_has_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{"a timeout after=0", 0},
		{"a timeout after=1ns", 1},
		{"a timeout after=20us", 20000},
		{"a timeout after=1.5ms", 1500000},
		{"a timeout after=.25s", 250000000},
		{"a timeout after=2min", INT64_C(120000000000)},
		{"a timeout after=1h", INT64_C(3600000000000)},
		{"a timeout after='1h'", INT64_C(3600000000000)},
		{"a timeout after=9223372036854775807ns", INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_policy_value *value;

		value = rulebook_values(cases[i].text);
		assert_int_equal(value->number, cases[i].ns);
		assert_int_equal(value->upper, cases[i].ns);
		assert_true(value->given);
	}
}

static void a_size_may_have_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{"a fault short=0", 0},
		{"a fault short=512", 512},
		{"a fault short=0xfF", 255},
		{"a fault short=7B", 7},
		{"a fault short=1.5k", 1536},
		{"a fault short=1K", 1024},
		{"a fault short=1KiB", 1024},
		{"a fault short=1kB", 1000},
		{"a fault short=2M", 2097152},
		{"a fault short=2MiB", 2097152},
		{"a fault short=2MB", 2000000},
		{"a fault short=1G", 1073741824},
		{"a fault short=1GiB", 1073741824},
		{"a fault short=1GB", 1000000000},
		{"a fault short=1T", INT64_C(1099511627776)},
		{"a fault short=1TiB", INT64_C(1099511627776)},
		{"a fault short=1TB", INT64_C(1000000000000)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(rulebook_values(cases[i].text)[6].number,
				 cases[i].bytes);
}

static void a_range_has_two_ends(void **state)
{
	const struct belay_policy_value *delay =
		&rulebook_values("a fault delay=50ms..1.5s")[3];

	(void)state;
	assert_int_equal(delay->number, 50000000);
	assert_int_equal(delay->upper, 1500000000);
	assert_string_equal(delay->text, "50ms..1.5s");
	delay = &rulebook_values("a fault delay=0..1s")[3];
	assert_int_equal(delay->number, 0);
	assert_int_equal(delay->upper, 1000000000);
	delay = &rulebook_values("a fault delay=3s")[3];
	assert_int_equal(delay->number, delay->upper);
}

static void the_other_types_are_what_they_say(void **state)
{
	const struct belay_policy_value *values =
		rulebook_values("a fault error=EIO at=begin force cancel");

	(void)state;
	assert_string_equal(values[0].text, "EIO");
	assert_int_equal(values[1].number, 1);
	assert_string_equal(values[1].text, "begin");
	assert_true(values[2].given);
	assert_null(values[2].text);
	assert_false(values[3].given);
	assert_null(values[3].text);
	assert_true(values[7].given);
	assert_null(values[7].text);
	assert_int_equal(values[7].number, 0);
	values = rulebook_values("a other count=-0x10 note='x y'");
	assert_int_equal(values[0].number, -16);
	assert_string_equal(values[1].text, "x y");
	values = rulebook_values("a other note=''");
	assert_string_equal(values[1].text, "");
}

static void what_is_not_given_has_its_fallback(void **state)
{
	const struct belay_policy_value *values = rulebook_values("a other");

	(void)state;
	assert_false(values[0].given);
	assert_int_equal(values[0].number, 3);
	assert_string_equal(values[0].text, "3");
	assert_false(values[1].given);
	assert_null(values[1].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_has_a_unit),
		cmocka_unit_test(a_size_may_have_a_unit),
		cmocka_unit_test(a_range_has_two_ends),
		cmocka_unit_test(the_other_types_are_what_they_say),
		cmocka_unit_test(what_is_not_given_has_its_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
