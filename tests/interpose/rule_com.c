/* SPDX-License-Identifier: MIT */
/*
 * rule_com.c - tests: rules on COM's calls, of which nobody knows before the
 * program runs which there are
 */
#include "rulebook.h"

#include <stdio.h>
#include <string.h>

#include <belay/com/winerror.h>

#include "hresults.h"

static const struct belay_operation *const com_only[] = {&belay_com_operation};

static bool is_right(const char *text)
{
	struct belay_catalogue catalogue = rulebook_catalogue;

	catalogue.operations = com_only;
	catalogue.operations_count = 1;
	catalogue.is_open = true;
	return belay_rule_check(rulebook_read(text), &catalogue,
				&rulebook_error);
}

static bool names(const char *glob)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "'%s' plain", glob);
	return belay_rule_names_operation(rulebook_read(text),
					  &belay_com_operation);
}

/* --- Names --------------------------------------------------------------- */

static void a_glob_names_methods_that_could_be(void **state)
{
	static const char *const good[] = {
		"*",
		"com.*",
		"com.*.*",
		"com.ICalc.Slow",
		"com.ICalc.*",
		"com.*.Slow",
		"*.Slow",
		"c*",
		"???.?.?",
		"com?ICalc?Slow",
		"com.I[A-D]alc.S[!a]ow",
		"*w",
		"com\\.A.B",
		"com.*Slow",
		"[a-c]om.*",
		"com.ICalc.Slow*******",
	};
	static const char *const bad[] = {
		"",
		"com",
		"com.",
		"com.Slow",
		"com..Slow",
		"com.ICalc.",
		"com.ICalc.Slow.More",
		"aio.*",
		"co*.read.*.x",
		"com.I Calc.Slow",
		"com.ICalc.[.]",
		"com.ICalc.S-w",
		"Com.ICalc.Slow",
		"????",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!names(good[i]))
			fail_msg("\"%s\" names none", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (*bad[i] && names(bad[i]))
			fail_msg("\"%s\" names some", bad[i]);
}

/*
 * The same by trying: whether the rest of a glob of letters, "*" and "?" fits a
 * rest of "com.X.Y", of which so many steps are behind us. In the last step of
 * X and of Y a name may stay.
 */
static bool fits_some(const char *glob, unsigned int step)
{
	static const char *const next[] = {"c", "o", "m", ".", NULL, ".", NULL};
	bool may_go = step < 7, may_stay = step == 5 || step == 7;
	char c = *glob;

	if (c == '\0')
		return step == 7;
	if (c == '*')
		return fits_some(glob + 1, step) ||
		       (may_go && fits_some(glob, step + 1));
	if (may_stay && c != '.' && fits_some(glob + 1, step))
		return true;
	return may_go &&
	       (c == '?' || (next[step] ? c == *next[step] : c != '.')) &&
	       fits_some(glob + 1, step + 1);
}

static uint32_t draw(uint64_t *random, uint32_t below)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*random >> 33) % below;
}

/* "com.a.c" with something taken out, put in or replaced. */
static void damage(char glob[16], uint64_t *random)
{
	static const char other[] = "ac.*?*?";
	size_t length = strlen(glob), at = draw(random, (uint32_t)length);

	switch (draw(random, 3)) {
	case 0:
		memmove(glob + at, glob + at + 1, length - at);
		break;
	case 1:
		glob[at] = other[draw(random, 7)];
		break;
	default:
		if (length > 9)
			return;
		memmove(glob + at + 1, glob + at, length - at + 1);
		glob[at] = other[draw(random, 7)];
	}
}

static void a_glob_names_what_one_name_fits(void **state)
{
	uint64_t random = 20261121;
	unsigned int named = 0, times = 0;

	(void)state;
	while (times < 20000) {
		char glob[16] = "com.a.c", text[32];
		const struct belay_rule *rule;
		bool expected;

		for (uint32_t n = 1 + draw(&random, 5); n && *glob; n--)
			damage(glob, &random);
		if (!*glob)
			continue;
		(void)snprintf(text, sizeof(text), "%s plain", glob);
		rule = rulebook_read(text);
		expected = fits_some(glob, 0);
		named += expected;
		times++;
		if (belay_rule_names_operation(rule, &belay_com_operation) !=
		    expected)
			fail_msg("\"%s\": %d expected", glob, expected);
	}
	assert_in_range(named, 2000, 18000);
}

static void a_long_glob_takes_no_longer_than_its_length(void **state)
{
	static char text[60000];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 16; i += 2)
		memcpy(text + i, "*a", 2);
	strcpy(text + sizeof(text) - 16, "- plain");
	assert_false(belay_rule_names_operation(rulebook_read(text),
						&belay_com_operation));
}

/* --- What can be asked of them ------------------------------------------- */

static void rules_that_make_sense_are_right(void **state)
{
	static const char *const rules[] = {
		"com.ICalc.Slow timeout after=200ms",
		"com.*.* fault",
		"com.ICalc.* fault error=E_FAIL at=begin",
		"com.ICalc.* fault error=RPC_E_TIMEOUT",
		"com.ICalc.* fault error=RPC_E_CALL_PENDING at=begin",
		"com.ICalc.* fault error=RPC_S_SERVER_UNAVAILABLE",
		"com.ICalc.* fault error=0x80070005",
		"com.ICalc.* fault error=-2147467259",
		"com.ICalc.* fault error=0x80070005 force",
		"com.ICalc.* fault delay=1s",
		"com.ICalc.* fault hang",
		"*.Slow fault stall=1ms if caller~lib* thread=x exe~y stack~z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (!is_right(rules[i]))
			fail_msg("%s: %s", rules[i], rulebook_error.what);
}

static void rules_that_make_none_are_told_what_would(void **state)
{
	static const struct {
		const char *rule;
		uint32_t column;
		const char *what;
	} wrong[] = {
		{"com fault", 1,
		 "\"com\" is an API; its operations are \"com.*\""},
		{"com.Slow fault", 1,
		 "\"com.Slow\" names no call: COM's are "
		 "\"com.INTERFACE.METHOD\", as \"com.Slow.*\" or "
		 "\"com.*.Slow\""},
		{"com.AsyncICalc.Begin_Slow fault", 1,
		 "\"com.AsyncICalc.Begin_Slow\" is a half of a call: all of "
		 "it is \"com.ICalc.Slow\""},
		{"com.*.Finish_Add fault", 1,
		 "\"com.*.Finish_Add\" is a half of a call: all of it is "
		 "\"com.*.Add\""},
		{"com.ICalc.Slow fault short=1", 28,
		 "\"short\" does not work on \"com.INTERFACE.METHOD\": its "
		 "result cannot be made smaller (what a method returns is no "
		 "number of bytes)"},
		{"com.ICalc.Slow fault hang if size>1", 30,
		 "\"com.ICalc.Slow\" has no \"size\" to compare; there are "
		 "caller, stack, thread, exe"},
		{"com.ICalc.Slow fault error=RPC_E_TIMEDOUT", 28,
		 "\"com.INTERFACE.METHOD\" never reports \"RPC_E_TIMEDOUT\" at "
		 "finish (did you mean \"RPC_E_TIMEOUT\"?); there are all "
		 "failing HRESULTs by name or number (0x80004005), E_FAIL, "
		 "E_OUTOFMEMORY, E_UNEXPECTED, RPC_E_DISCONNECTED, "
		 "RPC_E_SERVERFAULT, RPC_E_SERVER_DIED, "
		 "RPC_E_SERVERCALL_RETRYLATER, ..."},
		{"com.ICalc.Slow fault error=5 force", 28,
		 "\"com.INTERFACE.METHOD\" can have no error \"5\": it is "
		 "neither a name that is known nor a number of a failure"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (is_right(wrong[i].rule))
			fail_msg("%s is right", wrong[i].rule);
		assert_string_equal(rulebook_error.what, wrong[i].what);
		assert_int_equal(rulebook_error.column, wrong[i].column);
	}
}

/* --- HRESULTs ------------------------------------------------------------ */

static void names_mean_what_windows_says(void **state)
{
#define ROW(name, value) {#name, (int32_t)(value), (int32_t)(name)},
	static const struct {
		const char *name;
		int32_t ours;
		int32_t theirs;
	} all[] = {BELAYI_HRESULTS_DRAWN(ROW) BELAYI_HRESULTS_MORE(ROW)};
#undef ROW
	int32_t status;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		/* Numbers of Windows, not HRESULTs. */
		int32_t theirs = all[i].theirs > 0
					 ? HRESULT_FROM_WIN32(all[i].theirs)
					 : all[i].theirs;

		assert_int_equal(all[i].ours, theirs);
		assert_true(belay_error_status(
			&belay_com_operation, all[i].name,
			BELAY_ERROR_AT_FINISH, false, &status));
		assert_int_equal(status, theirs);
		assert_string_equal(belay_hresult_name(status), all[i].name);
	}
	assert_null(belay_hresult_name(1));
}

/* A program's own calls whose status is an HRESULT are no different. */
static void any_operation_with_hresults_can_fail_so(void **state)
{
	static const struct belay_error own_errors[] = {{E_FAIL, 0, "E_FAIL"},
							{0, 0, NULL}};
	struct belay_operation own = {
		.size = sizeof(own),
		.api = "own",
		.name = "call",
		.status_kind = BELAY_STATUS_HRESULT,
	};
	int32_t status;

	(void)state;
	assert_ptr_equal(belay_operation_errors(&own),
			 belay_com_operation.errors);
	assert_true(belay_error_status(&own, "E_ABORT", BELAY_ERROR_AT_BEGIN,
				       false, &status));
	assert_int_equal(status, E_ABORT);
	own.errors = own_errors;
	assert_false(belay_error_status(&own, "E_ABORT", BELAY_ERROR_AT_FINISH,
					false, &status));
	own.errors = NULL;
	own.status_kind = BELAY_STATUS_ERRNO;
	assert_null(belay_operation_errors(&own));
	assert_false(belay_error_status(&own, "E_FAIL", BELAY_ERROR_AT_FINISH,
					false, &status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_names_methods_that_could_be),
		cmocka_unit_test(a_glob_names_what_one_name_fits),
		cmocka_unit_test(a_long_glob_takes_no_longer_than_its_length),
		cmocka_unit_test(rules_that_make_sense_are_right),
		cmocka_unit_test(rules_that_make_none_are_told_what_would),
		cmocka_unit_test(names_mean_what_windows_says),
		cmocka_unit_test(any_operation_with_hresults_can_fail_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
