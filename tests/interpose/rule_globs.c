/* SPDX-License-Identifier: MIT */
/*
 * rule_globs.c - tests: a glob fits what fnmatch() says it does
 */
#include <fnmatch.h>
#include <string.h>

#include "house.h"
#include "rule_parts.h"
#include "rulebook.h"

static void a_glob_fits_a_whole_text(void **state)
{
	static const struct {
		const char *glob;
		const char *text;
		bool fits;
	} cases[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"abc", "abc", true},
		{"abc", "abcd", false},
		{"bc", "abc", false},
		{"*", "", true},
		{"*", "a/b.c", true},
		{"**", "x", true},
		{"a*c", "ac", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"?", "a", true},
		{"?", "", false},
		{"?", ".", true},
		{"a?c", "abc", true},
		{"??", "a", false},
		{"[abc]", "b", true},
		{"[abc]", "d", false},
		{"[a-c]x", "bx", true},
		{"[!a-c]", "b", false},
		{"[!a-c]", "d", true},
		{"[^a-c]", "d", true},
		{"[]]", "]", true},
		{"[!]]", "]", false},
		{"[!]]", "a", true},
		{"[a-]", "-", true},
		{"[-a]", "-", true},
		{"[\\]]", "]", true},
		{"[\\!]", "!", true},
		{"[c-a]", "b", false},
		{"[a", "[a", true},
		{"[a", "a", false},
		{"[", "[", true},
		{"[a\\", "[a", false},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"\\?", "?", true},
		{"\\[a]", "[a]", true},
		{"\\\\", "\\", true},
		{"\\a", "a", true},
		{"\\", "\\", false},
		{"*\\", "\\", false},
		{"aio.*", "aio.read", true},
		{"aio.*", "aio", false},
		{"*.read", "aio.read", true},
		{"[\x80-\xff]", "\xc3", true},
		{"*UPDATE*", "BEGIN; UPDATE x SET y", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (belayi_glob(cases[i].glob, cases[i].text) != cases[i].fits)
			fail_msg("glob \"%s\", text \"%s\"", cases[i].glob,
				 cases[i].text);
}

static void pick(char *text, size_t most, const char *of, uint64_t *random)
{
	size_t length = house_random(random, (uint32_t)most + 1);

	for (size_t i = 0; i < length; i++)
		text[i] = of[house_random(random, (uint32_t)strlen(of))];
	text[length] = '\0';
}

/* Where libc's is defined: a trailing backslash and an odd set are not. */
static bool is_plain(const char *glob)
{
	size_t length = strlen(glob);

	return !length || glob[length - 1] != '\\';
}

static void a_glob_fits_what_fnmatch_says(void **state)
{
	static const char *const alphabets[] = {"ab*?", "ab*\\?", "a*b**"};
	uint64_t random = 20240229;
	unsigned int fitted = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		char glob[12], text[16];
		bool expected;

		pick(glob, 9, alphabets[i % 3], &random);
		pick(text, 12, i % 2 ? "ab" : "ab*?\\", &random);
		if (!is_plain(glob))
			continue;
		expected = fnmatch(glob, text, 0) == 0;
		fitted += expected;
		if (belayi_glob(glob, text) != expected)
			fail_msg("glob \"%s\", text \"%s\"", glob, text);
	}
	assert_true(fitted > 3000);
}

static void a_set_has_what_fnmatch_says(void **state)
{
	uint64_t random = 20240301;
	unsigned int fitted = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		char set[8], glob[16] = "*[", text[4];

		pick(set, 5, "abcd!", &random);
		pick(text, 3, "abcd!", &random);
		if (!set[0] || strcmp(set, "!") == 0)
			continue;
		if (strlen(set) == 3 && i % 2 && set[0] < set[2])
			set[1] = '-';
		strcat(glob, set);
		strcat(glob, "]");
		fitted += fnmatch(glob, text, 0) == 0;
		if (belayi_glob(glob, text) != (fnmatch(glob, text, 0) == 0))
			fail_msg("glob \"%s\", text \"%s\"", glob, text);
	}
	assert_true(fitted > 3000);
}

static void a_hostile_glob_takes_no_longer_than_its_length(void **state)
{
	char glob[513], text[513];

	(void)state;
	for (int i = 0; i < 512; i += 2) {
		glob[i] = '*';
		glob[i + 1] = 'a';
	}
	glob[511] = 'b';
	memset(text, 'a', 512);
	glob[512] = text[512] = '\0';
	/* Exponential matching would take longer than the universe. */
	assert_false(belayi_glob(glob, text));
}

static void a_call_is_named_by_a_glob(void **state)
{
	const struct belay_rule *rule = rulebook_read("disk.[rs]* timeout");

	(void)state;
	assert_true(belay_rule_names(rule, "disk.read"));
	assert_true(belay_rule_names(rule, "disk.sync"));
	assert_false(belay_rule_names(rule, "disk.write"));
	assert_false(belay_rule_names(rule, "Disk.read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_fits_a_whole_text),
		cmocka_unit_test(a_glob_fits_what_fnmatch_says),
		cmocka_unit_test(a_set_has_what_fnmatch_says),
		cmocka_unit_test(
			a_hostile_glob_takes_no_longer_than_its_length),
		cmocka_unit_test(a_call_is_named_by_a_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
