/* SPDX-License-Identifier: MIT */
/*
 * rules.c - tests: what is written in a rule is what it says
 */
#include "rulebook.h"

#include <errno.h>
#include <string.h>

static void check_word(const struct belay_word *word, const char *text,
		       uint32_t column)
{
	assert_string_equal(word->text, text);
	assert_int_equal(word->column, column);
}

static void a_rule_has_a_call_and_a_policy(void **state)
{
	const struct belay_rule *rule = rulebook_read("disk.read timeout");

	(void)state;
	check_word(&rule->call, "disk.read", 1);
	check_word(&rule->policy, "timeout", 11);
	assert_int_equal(rule->settings_count, 0);
	assert_int_equal(rule->conditions_count, 0);
	assert_string_equal(rule->text, "disk.read timeout");
	assert_null(rule->file);
	assert_int_equal(rule->line, 1);
	assert_int_equal(rule->number, 1);
}

static void arguments_have_a_value_or_none(void **state)
{
	const struct belay_rule *rule =
		rulebook_read("a b error=EIO force x-1=0");

	(void)state;
	assert_int_equal(rule->settings_count, 3);
	check_word(&rule->settings[0].name, "error", 5);
	check_word(&rule->settings[0].value, "EIO", 11);
	check_word(&rule->settings[1].name, "force", 15);
	assert_null(rule->settings[1].value.text);
	check_word(&rule->settings[2].name, "x-1", 21);
	check_word(&rule->settings[2].value, "0", 25);
}

static void conditions_have_six_relations_and_a_negation(void **state)
{
	static const enum belay_relation relations[] = {
		BELAY_IS_EQUAL,   BELAY_IS_LIKE, BELAY_IS_LESS,
		BELAY_IS_AT_MOST, BELAY_IS_MORE, BELAY_IS_AT_LEAST};
	const struct belay_rule *rule =
		rulebook_read("a b if c=1 c~1 c<1 c<=1 c>1 c>=1 !d=x");

	(void)state;
	assert_int_equal(rule->conditions_count, 7);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(rule->conditions[i].relation, relations[i]);
		assert_false(rule->conditions[i].negated);
		assert_string_equal(rule->conditions[i].name.text, "c");
		assert_string_equal(rule->conditions[i].value.text, "1");
		assert_true(rule->conditions[i].is_number);
		assert_int_equal(rule->conditions[i].number, 1);
	}
	check_word(&rule->conditions[5].value, "1", 32);
	assert_true(rule->conditions[6].negated);
	check_word(&rule->conditions[6].name, "d", 35);
	check_word(&rule->conditions[6].value, "x", 37);
	assert_false(rule->conditions[6].is_number);
}

static void a_conditions_number_may_have_a_unit_of_size(void **state)
{
	static const struct {
		const char *text;
		bool is_number;
		int64_t number;
	} cases[] = {
		{"a b if c=4096", true, 4096},
		{"a b if c=-1", true, -1},
		{"a b if c=4k", true, 4096},
		{"a b if c=0x7fffffffffffffff", true, INT64_MAX},
		{"a b if c=0x8000000000000000", false, 0},
		{"a b if c=5ms", false, 0},
		{"a b if c=''", false, 0},
		{"a b if c=-", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_condition *c =
			rulebook_read(cases[i].text)->conditions;

		assert_int_equal(c->is_number, cases[i].is_number);
		if (c->is_number)
			assert_int_equal(c->number, cases[i].number);
	}
}

static void blanks_and_comments_mean_nothing(void **state)
{
	static const char text[] =
		"# all\n\n \t \n\t a.b \t c  x=1\t# why\r\n#\n  d e#f # g";
	const struct belay_rule *rules;

	(void)state;
	assert_true(rulebook_parse(text, strlen(text), "a file"));
	rules = rulebook_rules.rules;
	assert_int_equal(rulebook_rules.count, 2);
	assert_string_equal(rules[0].text, "a.b \t c  x=1");
	check_word(&rules[0].call, "a.b", 3);
	check_word(&rules[0].policy, "c", 9);
	check_word(&rules[0].settings[0].value, "1", 14);
	assert_int_equal(rules[0].line, 4);
	assert_int_equal(rules[0].number, 1);
	assert_string_equal(rules[0].file, "a file");
	assert_string_equal(rules[1].text, "d e#f");
	check_word(&rules[1].policy, "e#f", 5);
	assert_int_equal(rules[1].line, 6);
	assert_int_equal(rules[1].number, 2);
}

static void comments_may_hold_anything(void **state)
{
	static const char text[] = "a b # \0 \x01 ' \" \xff\n#\0\n";

	(void)state;
	assert_true(rulebook_parse(text, sizeof(text) - 1, NULL));
	assert_int_equal(rulebook_rules.count, 1);
	assert_string_equal(rulebook_rules.rules[0].text, "a b");
}

static void quotes_keep_a_text_together(void **state)
{
	static const struct {
		const char *text;
		const char *value;
	} cases[] = {
		{"a b c=x", "x"},
		{"a b c='x y'", "x y"},
		{"a b c=\"x y\"", "x y"},
		{"a b c=''", ""},
		{"a b c=x' # 'y\" z\"", "x # y z"},
		{"a b c='\"'", "\""},
		{"a b c=\"'\"", "'"},
		{"a b c=\"\\\"\\\\\"", "\"\\"},
		{"a b c=\"\\*\\n\"", "\\*\\n"},
		{"a b c='\\'", "\\"},
		{"a b c=\\x", "\\x"},
		{"a b c=x=y", "x=y"},
		{"a b c=x#y", "x#y"},
		{"a b c='if'", "if"},
		{"a b c='\t'", "\t"},
		{"a b c=\xc3\xa4", "\xc3\xa4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
			rulebook_read(cases[i].text)->settings[0].value.text,
			cases[i].value);
}

static void a_quoted_word_is_no_keyword(void **state)
{
	const struct belay_rule *rule = rulebook_read("'if' 'when'");

	(void)state;
	check_word(&rule->call, "if", 1);
	check_word(&rule->policy, "when", 6);
}

static void a_quoted_value_may_begin_with_a_sign(void **state)
{
	const struct belay_rule *rule = rulebook_read("a b if c='=1' d~'>'");

	(void)state;
	assert_string_equal(rule->conditions[0].value.text, "=1");
	assert_string_equal(rule->conditions[1].value.text, ">");
}

static void without_triggers_a_rule_always_fires(void **state)
{
	const struct belay_trigger *trigger = &rulebook_read("a b")->trigger;

	(void)state;
	assert_true(trigger->chance == UINT64_C(1) << 63);
	assert_int_equal(trigger->nth, 0);
	assert_int_equal(trigger->every, 1);
	assert_int_equal(trigger->first, 1);
	assert_true(trigger->last == UINT64_MAX);
	assert_int_equal(trigger->step, 1);
	assert_int_equal(trigger->from_ns, 0);
	assert_true(trigger->for_ns == UINT64_MAX);
	assert_false(trigger->once);
	assert_int_equal(trigger->per, BELAY_PER_SITE);
}

static void each_trigger_is_read(void **state)
{
	const struct belay_trigger *trigger =
		&rulebook_read("a b when p=0.25 nth=12 every=4 calls=2..20/5 "
			       "once from=1.5s for=2min per=session")
			 ->trigger;

	(void)state;
	assert_true(trigger->chance == UINT64_C(1) << 61);
	assert_int_equal(trigger->nth, 12);
	assert_int_equal(trigger->every, 4);
	assert_int_equal(trigger->first, 2);
	assert_int_equal(trigger->last, 20);
	assert_int_equal(trigger->step, 5);
	assert_true(trigger->once);
	assert_int_equal(trigger->from_ns, 1500000000);
	assert_true(trigger->for_ns == UINT64_C(120000000000));
	assert_int_equal(trigger->per, BELAY_PER_SESSION);
}

static void calls_are_a_number_or_a_range(void **state)
{
	static const struct {
		const char *text;
		uint64_t first, last, step;
	} cases[] = {
		{"a b when calls=7", 7, 7, 1},
		{"a b when calls=7..", 7, UINT64_MAX, 1},
		{"a b when calls=7..9", 7, 9, 1},
		{"a b when calls=7..7", 7, 7, 1},
		{"a b when calls=7../2", 7, UINT64_MAX, 2},
		{"a b when calls=1..0x10/3", 1, 16, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct belay_trigger *t =
			&rulebook_read(cases[i].text)->trigger;

		assert_true(t->first == cases[i].first);
		assert_true(t->last == cases[i].last);
		assert_true(t->step == cases[i].step);
	}
}

static void a_chance_is_exact(void **state)
{
	static const struct {
		const char *text;
		uint64_t chance;
	} cases[] = {
		{"a b when p=0", 0},
		{"a b when p=0.0", 0},
		{"a b when p=.5", UINT64_C(1) << 62},
		{"a b when p=1", UINT64_C(1) << 63},
		{"a b when p=1.0", UINT64_C(1) << 63},
		{"a b when p=0.000000000000000001", 9},
		{"a b when p=0.01", UINT64_C(92233720368547758)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(rulebook_read(cases[i].text)->trigger.chance ==
			    cases[i].chance);
}

static void each_scope_has_its_word(void **state)
{
	(void)state;
#define SCOPE_IS_READ(name, word, sentence)                                    \
	assert_int_equal(                                                      \
		rulebook_read("a b when once per=" word)->trigger.per,         \
		BELAY_PER_##name);
	BELAY_SCOPES(SCOPE_IS_READ)
#undef SCOPE_IS_READ
}

/* --- Memory -------------------------------------------------------------- */

static void rules_are_added_to_those_there_are(void **state)
{
	static char memory[1 << 17];
	struct belay_arena arena = {memory, sizeof(memory), 0};
	struct belay_rules rules = {.rules = NULL};
	char text[] = "a b\nc d";

	(void)state;
	assert_true(belay_rules_parse(&rules, text, strlen(text), NULL, &arena,
				      &rulebook_error));
	memset(text, 'x', sizeof(text) - 1);
	assert_false(belay_rules_parse(&rules, "e f\ng", 5, "file", &arena,
				       &rulebook_error));
	assert_int_equal(rules.count, 3);
	assert_string_equal(rules.rules[0].text, "a b");
	assert_null(rules.rules[1].file);
	assert_string_equal(rules.rules[2].text, "e f");
	assert_string_equal(rules.rules[2].file, "file");
	assert_int_equal(rules.rules[2].line, 1);
	assert_int_equal(rules.rules[2].number, 3);
}

/* Whatever the memory, and however it is aligned. */
static void what_does_not_fit_is_an_error_and_not_written(void **state)
{
	static const char text[] = "disk.read fault error=EIO if size>=4k\n";
	static struct belay_rule array[BELAY_RULES_MAX];
	static char memory[4096];
	bool fitted = false;

	(void)state;
	for (size_t size = 0; size < 2000; size += 7) {
		struct belay_arena arena = {memory + 1, size, 0};
		struct belay_rules rules = {.rules = array};
		bool fits;

		memset(memory, 0x5a, sizeof(memory));
		fits = belay_rules_parse(&rules, text, strlen(text), "file",
					 &arena, &rulebook_error);
		assert_true(arena.used <= size);
		assert_int_equal(memory[size + 1], 0x5a);
		assert_int_equal(rules.count, fits);
		assert_true(fits || !fitted);
		fitted |= fits;
		if (!fits)
			assert_string_equal(rulebook_error.what,
					    "there is no room for more rules");
	}
	assert_true(fitted);
}

static void nothing_is_no_rule(void **state)
{
	(void)state;
	assert_true(rulebook_parse("", 0, "a file"));
	assert_int_equal(rulebook_rules.count, 0);
}

static void errno_is_left_alone(void **state)
{
	const struct belay_rule *rule;

	(void)state;
	errno = 42;
	rule = rulebook_read("disk.read fault if size>1 path~* when nth=99999");
	(void)belay_condition_number(&rule->conditions[0], 5);
	(void)belay_condition_text(&rule->conditions[1], "x");
	(void)belay_trigger_fires(&rule->trigger, 1, 2, 3);
	assert_true(
		belay_rule_check(rule, &rulebook_catalogue, &rulebook_error));
	assert_int_equal(errno, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_has_a_call_and_a_policy),
		cmocka_unit_test(arguments_have_a_value_or_none),
		cmocka_unit_test(conditions_have_six_relations_and_a_negation),
		cmocka_unit_test(a_conditions_number_may_have_a_unit_of_size),
		cmocka_unit_test(blanks_and_comments_mean_nothing),
		cmocka_unit_test(comments_may_hold_anything),
		cmocka_unit_test(quotes_keep_a_text_together),
		cmocka_unit_test(a_quoted_word_is_no_keyword),
		cmocka_unit_test(a_quoted_value_may_begin_with_a_sign),
		cmocka_unit_test(without_triggers_a_rule_always_fires),
		cmocka_unit_test(each_trigger_is_read),
		cmocka_unit_test(calls_are_a_number_or_a_range),
		cmocka_unit_test(a_chance_is_exact),
		cmocka_unit_test(each_scope_has_its_word),
		cmocka_unit_test(rules_are_added_to_those_there_are),
		cmocka_unit_test(what_does_not_fit_is_an_error_and_not_written),
		cmocka_unit_test(nothing_is_no_rule),
		cmocka_unit_test(errno_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
