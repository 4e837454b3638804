/* SPDX-License-Identifier: MIT */
/*
 * test_record.c - the file that says which calls rules fired at
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

#define HEAD "belay-record 1\nseed 5\nrule 1 aio.read fault\n"

static void assert_wrong(const char *text, uint32_t line, const char *what)
{
	struct record_error error;
	struct record record;

	if (record_parse(text, strlen(text), &record, &error))
		fail_msg("this was taken: %s", text);
	assert_string_equal(error.what, what);
	assert_int_equal(error.line, line);
}

static void what_is_no_record_is_told(void **state)
{
	static const char no_head[] = "it is no record: its first line is not "
				      "\"belay-record 1\"";

	(void)state;
	assert_wrong("", 0, "it is empty");
	assert_wrong("\n", 1, no_head);
	assert_wrong("seed 5\n", 1, no_head);
	assert_wrong("belay-record\n", 1, no_head);
	assert_wrong("belay-record 1 2\n", 1, no_head);
	assert_wrong("belay-record x\n", 1, no_head);
	assert_wrong("belay-record 2\n", 1,
		     "it is a record of version 2, this Belay reads version 1");
	assert_wrong("belay-record 1\n", 0, "it has no seed");
}

static void a_wrong_line_is_told_by_its_number(void **state)
{
	static const char fired[] = "what fired is RULE N PATH+0xADDRESS "
				    "BUILD-ID: fired 1 3 /usr/bin/fio+0x2f1c4 "
				    "-";
	static const char *const bad[] = {
		"fired \n",
		"fired 1\n",
		"fired 1 2\n",
		"fired 1 2 -\n",
		"fired 1 2 +0x1 -\n",
		"fired 1 2 /x -\n",
		"fired 1 2 /x+0x -\n",
		"fired 1 2 /x+0x1g -\n",
		"fired 1 2 /x+0x1\n",
		"fired 1 2 /x+0x1 xyz\n",
		"fired -1 2 /x+0x1 -\n",
		"fired 1 x /x+0x1 -\n",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		(void)snprintf(text, sizeof(text), HEAD "%s", bad[i]);
		assert_wrong(text, 4, fired);
	}
	assert_wrong(HEAD "fired 2 1 /x+0x1 -\n", 4,
		     "there is no rule 2 above it");
	assert_wrong(HEAD "fired 1 0 /x+0x1 -\n", 4,
		     "calls are counted from 1");
	assert_wrong(HEAD "fired 0 1 /x+0x1 -\n", 4,
		     "there is no rule 0 above it");
	assert_wrong(HEAD "\n# all well\nrule 3 x\n", 6,
		     "rule 3 is out of order: rule 2 is due");
	assert_wrong(HEAD "rule 2\n", 4,
		     "a rule has its number and its text: rule 1 aio.read "
		     "fault error=EIO");
	assert_wrong(HEAD "seed 6\n", 4, "there is a second seed");
	assert_wrong("belay-record 1\nseed x\n", 2,
		     "a seed is a number: seed 4711");
	assert_wrong(HEAD "missing few\n", 4,
		     "what is missing is a number: missing 12");
	assert_wrong(HEAD "shot 1\n", 4,
		     "a line begins with seed, rule, fired or missing");
}

static void strange_bytes_are_told(void **state)
{
	struct record_error error;
	struct record record;
	char text[6000] = HEAD;

	(void)state;
	assert_false(record_parse(text, sizeof(HEAD) + 3, &record, &error));
	assert_string_equal(error.what, "there is a null byte in it");
	memset(text + sizeof(HEAD) - 1, 'x', 5000);
	assert_wrong(text, 4, "the line is too long");
}

static void every_beginning_of_a_record_is_taken_or_told(void **state)
{
	static const char text[] = HEAD "rule 2 x y\nfired 1 3 /a b+0x1+0x2 "
					"00ff\nfired 2 1 /c+0xf -\nmissing "
					"9\n";
	struct record_error error;
	struct record record;

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		char *copy = malloc(length ? length : 1);

		assert_non_null(copy);
		memcpy(copy, text, length);
		if (record_parse(copy, length, &record, &error))
			record_deinit(&record);
		else
			assert_true(*error.what);
		free(copy);
	}
}

static void its_files_are_listed_once_with_their_build(void **state)
{
	static const char text[] = HEAD "fired 1 1 /a b+0x1 00ff\n"
					"fired 1 2 /a b+0x2 00ff\n"
					"fired 1 1 /c+0x1 -\n"
					"fired 1 9 /a b+0x1 01ff\n";
	struct record_error error;
	struct record record;

	(void)state;
	assert_true(record_parse(text, strlen(text), &record, &error));
	assert_int_equal(record.files_count, 3);
	assert_string_equal(record.files[0].path, "/a b");
	assert_string_equal(record.files[0].build_id, "00ff");
	assert_string_equal(record.files[1].path, "/c");
	assert_string_equal(record.files[1].build_id, "");
	assert_string_equal(record.files[2].build_id, "01ff");
	record_deinit(&record);
}

static void rules_stay_where_they_stand(void **state)
{
	static const char text[] =
		"belay-record 1\n# x\nseed 18446744073709551615"
		"\nrule 1 a b\nrule 2 c\n";
	struct record_error error;
	struct record record;

	(void)state;
	assert_true(record_parse(text, strlen(text), &record, &error));
	assert_true(record.seed == UINT64_MAX);
	assert_int_equal(record.rules_count, 2);
	assert_int_equal(record.count, 0);
	assert_string_equal(record.rules,
			    "              \n   \n                         \n"
			    "       a b\n       c");
	record_deinit(&record);
}

/* What a process lists, in the order that it happened in. */
static struct belay_rules_state *made_state(void)
{
	static const struct {
		uint16_t rule, kind;
		uint64_t n, address;
		const char *path;
	} rows[] = {
		{2, BELAY_ENTRY_FIRED, 1, 0x10, "/b/prog"},
		{1, BELAY_ENTRY_FIRED, 12, 0x20, "/b/a prog"},
		{1, BELAY_ENTRY_NOT_CANCELED, 5, 0x20, "/b/a prog"},
		{1, BELAY_ENTRY_FIRED, 3, 0x20, "/b/a prog"},
		{1, BELAY_ENTRY_NONE, 9, 0x20, "/b/a prog"},
		{1, BELAY_ENTRY_FIRED, 3, 0x1f, "/b/a prog"},
	};
	size_t count = sizeof(rows) / sizeof(*rows);
	struct belay_rules_state *state = calloc(
		1, sizeof(*state) + count * sizeof(struct belay_rule_entry));

	assert_non_null(state);
	state->entries_used = count;
	for (size_t i = 0; i < count; i++) {
		state->list[i].rule = rows[i].rule;
		state->list[i].kind = rows[i].kind;
		state->list[i].n = rows[i].n;
		state->list[i].address = rows[i].address;
		strcpy(state->list[i].path, rows[i].path);
	}
	state->list[0].build_id_size = 2;
	state->list[0].build_id[1] = 0xab;
	return state;
}

static char *written(uint64_t lost)
{
	struct belay_rules_state *rules = made_state();
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	record_write(to, 5, "aio.read fault\naio.* x when p=0.5\n", rules,
		     lost);
	(void)fclose(to);
	free(rules);
	return text;
}

static void what_fired_is_written_in_an_order_of_its_own(void **state)
{
	char *text = written(3);

	(void)state;
	assert_string_equal(text, HEAD "rule 2 aio.* x when p=0.5\n"
				       "fired 1 3 /b/a prog+0x1f -\n"
				       "fired 1 3 /b/a prog+0x20 -\n"
				       "fired 1 12 /b/a prog+0x20 -\n"
				       "fired 2 1 /b/prog+0x10 00ab\n"
				       "missing 3\n");
	free(text);
}

static void what_was_written_is_read_back(void **state)
{
	char *text = written(0);
	struct record_error error;
	struct record record;

	(void)state;
	assert_true(record_parse(text, strlen(text), &record, &error));
	assert_int_equal(record.seed, 5);
	assert_int_equal(record.rules_count, 2);
	assert_int_equal(record.missing, 0);
	assert_int_equal(record.count, 4);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(record.entries[i].rule, 1);
	for (size_t i = 1; i < 3; i++) {
		const struct belay_replay_entry *a = &record.entries[i - 1];
		const struct belay_replay_entry *b = &record.entries[i];

		assert_true(a->site < b->site ||
			    (a->site == b->site && a->n < b->n));
	}
	assert_int_equal(record.entries[3].rule, 2);
	assert_int_equal(record.entries[3].n, 1);
	assert_true(record.entries[3].site == belay_site_hash("prog", 0x10));
	record_deinit(&record);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_record_is_told),
		cmocka_unit_test(a_wrong_line_is_told_by_its_number),
		cmocka_unit_test(strange_bytes_are_told),
		cmocka_unit_test(every_beginning_of_a_record_is_taken_or_told),
		cmocka_unit_test(its_files_are_listed_once_with_their_build),
		cmocka_unit_test(rules_stay_where_they_stand),
		cmocka_unit_test(what_fired_is_written_in_an_order_of_its_own),
		cmocka_unit_test(what_was_written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
