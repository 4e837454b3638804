/* SPDX-License-Identifier: MIT */
/*
 * rule_errors.c - tests: what is written wrong is answered with what is wrong,
 * where, and what would be right
 *
 * Usage: rule_errors LIST
 */
#include "rulebook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More are in the list; so many at least were read. */
#define LISTED 100

static const char *list_path;

static bool next_line(FILE *list, char *line, size_t size)
{
	while (fgets(line, (int)size, list)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			return true;
	}
	return false;
}

/* Return: whether the rule is refused as the list says. */
static bool is_refused(const char *text, const char *expected)
{
	char said[sizeof(rulebook_error.what) + 16];

	if (rulebook_is_right(text)) {
		print_error("%s\n  is right\n", text);
		return false;
	}
	(void)snprintf(said, sizeof(said), "%u: %s", rulebook_error.column,
		       rulebook_error.what);
	if (strcmp(said, expected) == 0)
		return true;
	print_error("%s\n  is:     %s\n  wanted: %s\n", text, said, expected);
	return false;
}

static void each_of_the_list_is_refused_as_it_says(void **state)
{
	FILE *list = fopen(list_path, "r");
	unsigned int count = 0, failures = 0;
	char text[512], expected[512];

	(void)state;
	assert_non_null(list);
	for (; next_line(list, text, sizeof(text)); count++) {
		assert_true(next_line(list, expected, sizeof(expected)));
		failures += !is_refused(text, expected);
	}
	(void)fclose(list);
	assert_int_equal(failures, 0);
	assert_true(count >= LISTED);
}

static void refuses(const char *text, size_t length, uint32_t line,
		    uint32_t column, const char *what)
{
	assert_false(rulebook_parse(text, length, NULL));
	assert_string_equal(rulebook_error.what, what);
	assert_int_equal(rulebook_error.line, line);
	assert_int_equal(rulebook_error.column, column);
}

static void only_texts_can_stand_in_a_rule(void **state)
{
	(void)state;
	refuses("a b\0", 4, 1, 4, "the byte 0x00 cannot stand in a rule");
	refuses("a \x1b[1m", 6, 1, 3, "the byte 0x1b cannot stand in a rule");
	refuses("a b c='\x7f'", 9, 1, 8,
		"the byte 0x7f cannot stand in a rule");
	refuses("\n\na b\r c", 8, 3, 4, "the byte 0x0d cannot stand in a rule");
}

static void an_error_shows_its_line(void **state)
{
	static const char text[] = "a b\n\n\t c d e= # f\ng h";

	(void)state;
	assert_false(rulebook_parse(text, strlen(text), "some file"));
	assert_string_equal(rulebook_error.file, "some file");
	assert_int_equal(rulebook_error.line, 3);
	assert_int_equal(rulebook_error.column, 9);
	assert_ptr_equal(rulebook_error.rule, strchr(text, '\t'));
	assert_int_equal(rulebook_error.rule_length, strlen("\t c d e= # f"));
	assert_int_equal(rulebook_rules.count, 1);
}

static void there_are_256_rules_at_most(void **state)
{
	char text[4 * (BELAY_RULES_MAX + 1)];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 4)
		memcpy(text + i, "a b\n", 4);
	assert_true(rulebook_parse(text, sizeof(text) - 4, NULL));
	assert_int_equal(rulebook_rules.count, BELAY_RULES_MAX);
	refuses(text, sizeof(text), 257, 1, "there are more than 256 rules");
	assert_int_equal(rulebook_rules.count, BELAY_RULES_MAX);
}

static void a_line_has_65536_bytes_at_most(void **state)
{
	char *text = malloc(65537);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', 65537);
	memcpy(text, "a b", 3);
	assert_true(rulebook_parse(text, 65536, NULL));
	refuses(text, 65537, 1, 65537, "a line has at most 65536 bytes");
	free(text);
}

/* What is repeated of it is cut, and nothing written over the end. */
static void a_long_word_does_no_harm(void **state)
{
	char text[2000];

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		static const char *const before[] = {
			"",        "a ",          "a b ",          "a b x=",
			"a b if ", "a b if x=1 ", "a b when nth=",
		};

		memset(text, 'y', sizeof(text) - 1);
		memcpy(text, before[i], strlen(before[i]));
		text[sizeof(text) - 1] = '\0';
		(void)rulebook_is_right(text);
		assert_true(strlen(rulebook_error.what) <
			    sizeof(rulebook_error.what));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_the_list_is_refused_as_it_says),
		cmocka_unit_test(only_texts_can_stand_in_a_rule),
		cmocka_unit_test(an_error_shows_its_line),
		cmocka_unit_test(there_are_256_rules_at_most),
		cmocka_unit_test(a_line_has_65536_bytes_at_most),
		cmocka_unit_test(a_long_word_does_no_harm),
	};

	if (argc < 2)
		return 2;
	list_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
