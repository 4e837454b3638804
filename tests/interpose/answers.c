/* SPDX-License-Identifier: MIT */
/*
 * answers.c - tests: what policies answer is done only where it makes sense
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ruled.h"

#define CALLS 64
#define DONE 4096 /* what a call's result is by itself */

/* An answer of tests/interpose/wrong.c, and what becomes of the call. */
struct answer {
	const char *rule;
	struct belay_outcome outcome;
	uint64_t unable;
	const char *told; /* or NULL */
};

#define UNTOUCHED                                                              \
	{                                                                      \
		BELAY_SUCCEEDED, 0, DONE                                       \
	}
#define AN_ERROR(status)                                                       \
	{                                                                      \
		BELAY_FAILED, status, -1                                       \
	}

static const struct answer answers[] = {
	{"set=2 status=5", AN_ERROR(EIO), 0, NULL},
	{"set=2 status=0", UNTOUCHED, 1, "fail-finish with an error"},
	{"set=2 status=-5", UNTOUCHED, 1, "fail-finish with an error"},
	{"set=1 status=0", UNTOUCHED, 1, "fail-begin with an error"},
	{"set=4 to=7", {BELAY_SUCCEEDED, 0, 7}, 0, NULL},
	{"set=4 to=-7", UNTOUCHED, 1, "negative short_to"},
	{"set=260 to=7", {BELAY_SUCCEEDED, 0, 7}, 1, "unknown bits"},
	{"set=8 time=-1", UNTOUCHED, 1, "stall_ns is out of range"},
	{"set=8 time=-2", UNTOUCHED, 1, "stall_ns is out of range"},
	{"set=16 time=-2", UNTOUCHED, 1, "hold_ns is out of range"},
	{"set=64 time=-2", UNTOUCHED, 1, "deadline_ns is out of range"},
	{"set=64 time=-1", UNTOUCHED, 1, "deadline_ns is out of range"},
	{"set=6 status=5 to=-7", AN_ERROR(EIO), 1, "negative short_to"},
	{"ending=1 status=5", AN_ERROR(EIO), 0, NULL},
	{"ending=99", UNTOUCHED, 1, "an ending"},
	{"ending=2 status=125", UNTOUCHED, 1, "an ending"},
	{"ending=3", UNTOUCHED, 1, "an ending"},
	{"ending=1 status=0", UNTOUCHED, 1, "a status"},
	{"ending=0 status=5", UNTOUCHED, 1, "a status"},
	{"status=-3", UNTOUCHED, 1, "a status"},
	{"result=5", {BELAY_SUCCEEDED, 0, 5}, 0, NULL},
	{"result=4097", UNTOUCHED, 1, "a result"},
	{"result=-1", UNTOUCHED, 1, "a result"},
};

/*
 * Lines are only written to what stderr was when the process started: this
 * file, which the program has started itself again with.
 */
static int lines, real;

static void start_with_lines(char **argv)
{
	const char *number = getenv("REAL_STDERR");
	char text[16];

	if (number) {
		real = atoi(number);
		lines = dup(STDERR_FILENO);
		(void)dup2(real, STDERR_FILENO);
		return;
	}
	(void)snprintf(text, sizeof(text), "%d", dup(STDERR_FILENO));
	(void)setenv("REAL_STDERR", text, 1);
	(void)dup2(memfd_create("lines", MFD_CLOEXEC), STDERR_FILENO);
	(void)execv("/proc/self/exe", argv);
	abort();
}

static unsigned int read_lines(char *text, size_t size)
{
	ssize_t length = pread(lines, text, size - 1, 0);
	unsigned int count = 0;

	check(length >= 0);
	text[length] = '\0';
	for (const char *c = text; *c; c++)
		count += *c == '\n';
	return count;
}

static const struct answer *now;

static void answered(void)
{
	const uint64_t n = 3;
	struct belay_outcome outcome;
	struct belay_ref ref;
	char text[4096];

	(void)snprintf(text, sizeof(text), "house.read wrong %s\n", now->rule);
	rule(text);
	check(ftruncate(lines, 0) == 0 && lseek(lines, 0, SEEK_SET) == 0);
	for (uint64_t i = 0; i < n; i++) {
		check(dup2(lines, STDERR_FILENO) >= 0);
		check(begin_at(0, &ref, &outcome));
		if (belay_adapter_look(&ref) == BELAY_HOLD)
			check(belay_adapter_wait(&ref, UINT64_MAX));
		outcome = finish(&ref, DONE);
		check(dup2(real, STDERR_FILENO) >= 0);
		check(outcome.ending == now->outcome.ending);
		check(outcome.status == now->outcome.status);
		check(outcome.result == now->outcome.result);
	}
	check(counted(1)->unable == n * now->unable);
	check(read_lines(text, sizeof(text)) == (now->told ? 1 : 0));
	if (now->told) {
		check(strstr(text, "belay: Wrong answer of a policy: rule=1, "
				   "policy=\"wrong\", call=\"house.read\""));
		check(strstr(text, now->told));
		check(strstr(text, ": ignored\""));
	}
	house_is_empty();
}

static void what_makes_no_sense_is_ignored_counted_and_said_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		now = &answers[i];
		print_message("%s\n", now->rule);
		in_house(CALLS, answered);
	}
}

static void own_answered(void)
{
	const struct belay_begin begin = {.operation = WRITE};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 1, -9};
	struct belay_call call;
	struct belay_ref ref;

	/* An HRESULT above 0 is a success; results may be anything. */
	rule("house.write wrong set=1 status=1\n"
	     "house.write wrong ending=1 status=1\n"
	     "house.write wrong result=-3\n");
	belay_call_init(&call);
	check(belay_call_begin(&call, &begin, &ref) == S_OK);
	check(belay_call_accept(&ref));
	check(belay_call_complete(&ref, &outcome));
	check(belay_call_finish(&call, WRITE, &outcome) == S_OK);
	check(outcome.ending == BELAY_SUCCEEDED && outcome.result == -3);
	check(counted(1)->unable == 1 && counted(2)->unable == 1);
	check(counted(3)->unable == 0);
	house_is_empty();
}

static void a_success_is_no_error_by_the_operations_kind_of_status(void **state)
{
	(void)state;
	in_house(CALLS, own_answered);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_makes_no_sense_is_ignored_counted_and_said_once),
		cmocka_unit_test(
			a_success_is_no_error_by_the_operations_kind_of_status),
	};

	(void)argc;
	start_with_lines(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
