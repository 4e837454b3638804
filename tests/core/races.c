/* SPDX-License-Identifier: MIT */
/*
 * races.c - two threads at once: every verb with every verb, wherever the call
 * is
 *
 *     core-races [TIMES]
 *
 * Whatever the two answer, there is an order in which they could have come one
 * after the other; so there is one winner. The state at the end fits, and the
 * observer was told of each begin and end once.
 */
#include <stdlib.h>

#include "calls.h"
#include "crew.h"

static int times;

/* How the main thread brings the call to where the two meet it. */
static const struct {
	const char *name;
	enum verb verbs[4];
	int count;
} meetings[] = {
	{"idle", {0}, 0},
	{"starting", {VERB_BEGIN}, 1},
	{"pending", {VERB_BEGIN, VERB_ACCEPT}, 2},
	{"held", {VERB_BEGIN, VERB_ACCEPT, VERB_HOLD}, 3},
	{"completed", {VERB_BEGIN, VERB_ACCEPT, VERB_COMPLETE}, 3},
	{"canceled", {VERB_BEGIN, VERB_ACCEPT, VERB_CANCEL}, 3},
};

#define MEETINGS (sizeof(meetings) / sizeof(meetings[0]))

/* Each is first by turns; the pause moves the moment where they meet. */
static void meet(size_t where, enum verb one, enum verb other, int round)
{
	struct orders orders[CREW_WORKERS] = {
		{.verbs = {one}, .count = 1},
		{.verbs = {other}, .count = 1},
	};

	orders[round % 2].delay = round / 2 % 40;
	crew_new_round();
	for (int i = 0; i < meetings[where].count; i++)
		(void)crew_act(meetings[where].verbs[i], false);
	crew_run(orders);
	if (!crew_was_right())
		fail_msg("%s with %s on a call that is %s", verb_names[one],
			 verb_names[other], meetings[where].name);
}

static void race_all_pairs(size_t where)
{
	for (int one = 0; one < VERB_COUNT; one++)
		for (int other = one; other < VERB_COUNT; other++)
			for (int round = 0; round < times; round++)
				meet(where, (enum verb)one, (enum verb)other,
				     round);
}

static void any_two_verbs_race_without_harm(void **state)
{
	(void)state;
	for (size_t where = 0; where < MEETINGS; where++)
		race_all_pairs(where);
}

/* The other end of a turn: the two meet while a third thread finishes. */
static void any_two_verbs_race_with_a_finish(void **state)
{
	(void)state;
	for (int one = 0; one < VERB_COUNT; one++) {
		for (int other = 0; other < VERB_COUNT; other++) {
			struct orders orders[CREW_WORKERS] = {
				{.verbs = {(enum verb)one}, .count = 1},
				{.verbs = {(enum verb)other}, .count = 1},
				{.verbs = {VERB_FINISH, VERB_BEGIN},
				 .count = 2},
			};

			for (int round = 0; round < times; round++) {
				orders[round % 3].delay = round % 37;
				crew_new_round();
				(void)crew_act(VERB_BEGIN, false);
				crew_run(orders);
				if (!crew_was_right())
					fail_msg("%s, %s", verb_names[one],
						 verb_names[other]);
			}
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_two_verbs_race_without_harm),
		cmocka_unit_test(any_two_verbs_race_with_a_finish),
	};

	times = argc > 1 ? atoi(argv[1]) : 100;
	return cmocka_run_group_tests(tests, crew_start, crew_stop);
}
