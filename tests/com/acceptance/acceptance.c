/* SPDX-License-Identifier: MIT */
/*
 * acceptance.c - runs the statements of a program in every pairing they fit
 */
#define COBJMACROS
#include "acceptance.h"

#include <stdlib.h>

struct run {
	const struct statement *statement;
	enum pairing_kind kind;
	struct pairing pairing;
};

static int start(void **state)
{
	struct run *run = *state;

	pairing_start(&run->pairing, run->kind, run->statement->flags);
	return 0;
}

static void try_statement(void **state)
{
	struct run *run = *state;

	run->statement->test(&run->pairing);
}

static int stop(void **state)
{
	struct run *run = *state;

	calc_open(run->pairing.calc);
	pairing_stop(&run->pairing);
	return 0;
}

/* --- All of them --------------------------------------------------------- */

static const struct {
	enum pairing_kind kind;
	const char *name;
} kinds[] = {
#define PAIRING_ROW(name, bit, text) {name, text},
	PAIRINGS(PAIRING_ROW)
#undef PAIRING_ROW
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct CMUnitTest test_of(const struct statement *statement, size_t kind)
{
	struct run *run = calloc(1, sizeof(*run));
	char *name = NULL;

	if (!run || asprintf(&name, "%d %s (%s)", statement->number,
			     statement->sentence, kinds[kind].name) < 0)
		abort();
	run->statement = statement;
	run->kind = kinds[kind].kind;
	return (struct CMUnitTest){name, try_statement, start, stop, run};
}

int main(void)
{
	struct CMUnitTest *tests = NULL;
	size_t count = 0;
	int failed;

	for (const struct statement *at = statements; at->number; at++) {
		for (size_t i = 0; i < KINDS; i++) {
			if (!(at->kinds & kinds[i].kind))
				continue;
			tests = realloc(tests, (count + 1) * sizeof(*tests));
			if (!tests)
				abort();
			tests[count++] = test_of(at, i);
		}
	}
	failed =
		_cmocka_run_group_tests("acceptance", tests, count, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		free((void *)tests[i].name);
		free(tests[i].initial_state);
	}
	free(tests);
	return failed;
}
