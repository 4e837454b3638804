/* SPDX-License-Identifier: MIT */
/*
 * test_text.c - numbers as people read them, foreign texts, nearest names
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <belay/nearest.h>

#include "text.h"

static void durations_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1000, "1.00 us"},
		{9994, "9.99 us"},
		{9996, "10.0 us"},
		{99960, "100 us"},
		{999499, "999 us"},
		{999500, "1.00 ms"},
		{999499999, "999 ms"},
		{999500000, "1.00 s"},
		{UINT64_C(119999000000), "120 s"},
		{UINT64_C(125000000000), "2 min 05 s"},
		{UINT64_C(7500000000000), "2 h 05 min"},
		{UINT64_MAX, "5124095 h 34 min"},
	};
	char text[TEXT_NUMBER];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(text_duration(cases[i].ns, text),
				    cases[i].text);
}

static void bytes_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1023, "1023 B"},
		{1024, "1.00 KiB"},
		{UINT64_C(1023) * 1024, "1.00 MiB"},
		{UINT64_C(64) << 20, "64.0 MiB"},
		{UINT64_MAX, "16.0 EiB"},
	};
	char text[TEXT_NUMBER];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(text_bytes(cases[i].bytes, text),
				    cases[i].text);
}

static void what_a_terminal_obeys_does_not_reach_it(void **state)
{
	static const struct {
		const char *from;
		const char *text;
	} cases[] = {
		{"plain", "plain"},
		{"\033[31mred\007\n\t\r\177", "?[31mred?????"},
		{"gr\303\274n \342\202\254 \360\237\230\200",
		 "gr\303\274n \342\202\254 \360\237\230\200"},
		{"\302\233"
		 "31m",
		 "??31m"},
		{"\303", "?"},
		{"\303(", "?("},
		{"\300\257\365\200\200\200", "??????"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(text_safe(cases[i].from,
					      strlen(cases[i].from), text,
					      sizeof(text)),
				    cases[i].text);
}

static void a_text_is_cut_between_its_letters(void **state)
{
	const char unterminated[4] = {'a', 'b', 'c', 'd'};
	char text[4];

	(void)state;
	assert_string_equal(text_safe(unterminated, 4, text, sizeof(text)),
			    "abc");
	assert_string_equal(text_safe("ab\303\274", 4, text, sizeof(text)),
			    "ab");
}

static void a_path_comes_as_a_shell_takes_it(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(text_shell("/a/b-1.c", text, sizeof(text)),
			    "/a/b-1.c");
	assert_string_equal(text_shell("", text, sizeof(text)), "''");
	assert_string_equal(text_shell("/a b$c", text, sizeof(text)),
			    "'/a b$c'");
	assert_string_equal(text_shell("it's", text, sizeof(text)),
			    "'it'\\''s'");
	assert_string_equal(text_shell("/a b c d e f g", text, 12), "'/a b c'");
}

static const char *nearest_to(const char *wanted)
{
	struct belay_nearest near = {.wanted = wanted};

	belay_nearest_look(&near, "report");
	belay_nearest_look(&near, "run");
	belay_nearest_look(&near, "trace");
	belay_nearest_look(&near, "apis");
	return near.name ? near.name : "";
}

static void a_slip_of_the_finger_is_understood(void **state)
{
	(void)state;
	assert_string_equal(nearest_to("rnu"), "run");
	assert_string_equal(nearest_to("rub"), "run");
	assert_string_equal(nearest_to("REPORT"), "report");
	assert_string_equal(nearest_to("tarce"), "trace");
	assert_string_equal(nearest_to("traces"), "trace");
	assert_string_equal(nearest_to("api"), "apis");
	assert_string_equal(nearest_to("rep"), "report");
}

static void what_is_like_nothing_is_nothing(void **state)
{
	char longest[200];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_string_equal(nearest_to("frobnicate"), "");
	assert_string_equal(nearest_to(""), "");
	assert_string_equal(nearest_to(longest), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_three_digits_and_a_unit),
		cmocka_unit_test(bytes_have_three_digits_and_a_unit),
		cmocka_unit_test(what_a_terminal_obeys_does_not_reach_it),
		cmocka_unit_test(a_text_is_cut_between_its_letters),
		cmocka_unit_test(a_path_comes_as_a_shell_takes_it),
		cmocka_unit_test(a_slip_of_the_finger_is_understood),
		cmocka_unit_test(what_is_like_nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
