/* SPDX-License-Identifier: MIT */
/*
 * rule_check.c - tests: a rule that makes sense is let through; those that do
 * not are in rule_errors.txt
 */
#include "rulebook.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void what_makes_sense_is_right(void **state)
{
	static const char *const texts[] = {
		"disk.read timeout after=5ms",
		"disk.* timeout after=5ms",
		"* timeout after=5ms",
		"old.call timeout after=1s",
		"disk.read /opt/x/timeout.so after=5ms",
		"disk.read ./timeout.so after=5ms",
		"disk.read plain",
		"disk.read other",
		"disk.read fault",
		"disk.read fault at=begin",
		"disk.read fault force",
		"disk.read fault error=EAGAIN at=begin",
		"disk.read fault error=EAGAIN force",
		"disk.read fault error=ENOSPC force",
		"disk.read fault error=EWOULDBLOCK force",
		"disk.read fault error=1234 at=begin force",
		"disk.sync fault stall=5ms",
		"disk.sync fault cancel",
		"db.query fault error=down at=begin force",
		"db.query fault hang",
		/* at least one of the operations can */
		"disk.* fault short=1 hang",
		"disk.* fault error=EBADF",
		"* fault error=EBADF",
		"disk.* fault if op=1",
		"disk.* fault short=10 if size>=4k",
		"disk.read fault if fd=3 size=0x10 offset>=1M offset<2M",
		"disk.read fault if path~/tmp/* !path=/tmp/x",
		"db.query timeout after=1s if sql=5 host~*.example",
		"db.query timeout after=1s if timeout>5",
		"disk.read fault if caller~libfoo.so* stack~* thread=x exe~y",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!rulebook_is_right(texts[i]))
			fail_msg("%s: %u: %s", texts[i], rulebook_error.column,
				 rulebook_error.what);
}

static void an_error_of_a_check_has_its_place(void **state)
{
	static const char text[] = "\na b\n  disk.read fault x # y";
	const struct belay_rule *rule;

	(void)state;
	assert_true(rulebook_parse(text, strlen(text), "some file"));
	rule = &rulebook_rules.rules[1];
	assert_false(
		belay_rule_check(rule, &rulebook_catalogue, &rulebook_error));
	assert_string_equal(rulebook_error.file, "some file");
	assert_int_equal(rulebook_error.line, 3);
	assert_int_equal(rulebook_error.column, 19);
	assert_int_equal(rulebook_error.rule_length, 19);
	assert_memory_equal(rulebook_error.rule, "  disk.read fault x", 19);
}

static void where_there_is_nothing_it_says_so(void **state)
{
	struct belay_catalogue catalogue = rulebook_catalogue;

	(void)state;
	catalogue.policies_count = 0;
	assert_false(belay_rule_check(rulebook_read("disk.read x"), &catalogue,
				      &rulebook_error));
	assert_string_equal(rulebook_error.what,
			    "there is no policy \"x\"; there are none");
	catalogue.operations_count = 0;
	assert_false(belay_rule_check(rulebook_read("* x"), &catalogue,
				      &rulebook_error));
	assert_string_equal(rulebook_error.what,
			    "\"*\" names no operation; there are none");
}

static void a_program_may_have_calls_of_its_own(void **state)
{
	static const char *const own[] = {"mine.work", "mine.*", "*.work"};
	static const char *const wrong[] = {"disk.raed", "disk.frob", "disk.f*",
					    "disk",      "dusk.*",    "mine",
					    "db.qery"};
	struct belay_catalogue catalogue = rulebook_catalogue;
	char text[64];

	(void)state;
	catalogue.is_open = true;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		(void)snprintf(text, sizeof(text), "%s plain", own[i]);
		assert_true(belay_rule_check(rulebook_read(text), &catalogue,
					     &rulebook_error));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		(void)snprintf(text, sizeof(text), "%s plain", wrong[i]);
		assert_false(belay_rule_check(rulebook_read(text), &catalogue,
					      &rulebook_error));
	}
	/* The rest of such a rule is right, or not. */
	assert_false(belay_rule_check(rulebook_read("mine.work timeout"),
				      &catalogue, &rulebook_error));
	assert_false(
		belay_rule_check(rulebook_read("mine.work timeuot after=1s"),
				 &catalogue, &rulebook_error));
	catalogue.is_open = false;
	assert_false(belay_rule_check(rulebook_read("mine.work plain"),
				      &catalogue, &rulebook_error));
}

/* Each has a name of its own, so that a list of them is long. */
static void a_long_list_is_cut(void **state)
{
	static struct belay_operation operations[100];
	static const struct belay_operation *pointers[100];
	static char names[100][16];
	struct belay_catalogue catalogue = {.operations = pointers,
					    .operations_count = 100};
	const char *what = rulebook_error.what;

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "number-%d", i);
		operations[i].size = sizeof(operations[i]);
		operations[i].api = "many";
		operations[i].name = names[i];
		pointers[i] = &operations[i];
	}
	assert_false(belay_rule_check(rulebook_read("none x"), &catalogue,
				      &rulebook_error));
	assert_non_null(strstr(what, "there are many.number-0, many.number-1"));
	assert_string_equal(what + strlen(what) - 5, ", ...");
}

static void a_status_is_found_by_name(void **state)
{
	const struct belay_operation *disk = rulebook_operation("disk.read");
	const struct belay_operation *db = rulebook_operation("db.query");
	const struct belay_operation *old = rulebook_operation("old.call");
	int32_t status = 0;

	(void)state;
	assert_true(belay_error_status(disk, "EIO", BELAY_ERROR_AT_FINISH,
				       false, &status));
	assert_int_equal(status, 5);
	assert_false(belay_error_status(disk, "EIO", BELAY_ERROR_AT_BEGIN,
					false, &status));
	assert_true(belay_error_status(disk, "EIO", BELAY_ERROR_AT_BEGIN, true,
				       &status));
	assert_true(belay_error_status(disk, "EOPNOTSUPP", 1, true, &status));
	assert_int_equal(status, EOPNOTSUPP);
	assert_true(belay_error_status(disk, "EDEADLOCK", 1, true, &status));
	assert_int_equal(status, EDEADLOCK);
	assert_true(belay_error_status(disk, "-7", 1, true, &status));
	assert_int_equal(status, -7);
	assert_false(belay_error_status(disk, "ENOSPC", 3, false, &status));
	assert_false(belay_error_status(disk, "EFOO", 3, true, &status));
	/* An API's own names are not errno's. */
	assert_true(belay_error_status(db, "down", 1, true, &status));
	assert_int_equal(status, 99);
	assert_false(belay_error_status(db, "EIO", 1, true, &status));
	assert_true(belay_error_status(old, "EIO", 1, true, &status));
	assert_int_equal(status, EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_makes_sense_is_right),
		cmocka_unit_test(an_error_of_a_check_has_its_place),
		cmocka_unit_test(where_there_is_nothing_it_says_so),
		cmocka_unit_test(a_program_may_have_calls_of_its_own),
		cmocka_unit_test(a_long_list_is_cut),
		cmocka_unit_test(a_status_is_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
