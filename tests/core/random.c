/* SPDX-License-Identifier: MIT */
/*
 * random.c - sequences of verbs that nobody thought of, against the model
 *
 *     core-random [ROUNDS [SEED]]
 *
 * The same seed gives the same verbs; how threads meet is the machine's.
 */
#include <stdlib.h>

#include "calls.h"
#include "crew.h"

static uint64_t seed;
static int rounds;

/* splitmix64: the n-th number of a seed is the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned int below(uint64_t *state, unsigned int limit)
{
	return (unsigned int)(next_random(state) % limit);
}

/* A verb on the main thread, and the model follows. */
static void act_as_modelled(struct model *model, uint64_t *random)
{
	enum verb verb = (enum verb)below(random, VERB_COUNT);
	bool late = below(random, 16) == 0;
	const struct action *action;

	if (model_waits(model, verb, model->turn - (late && model->turn)))
		return;
	action = crew_act(verb, late);
	for (int step = 0; step != FINISHED;) {
		step = model_step(model, action, step, CREW_WORKERS);
		if (step == IMPOSSIBLE)
			return; /* crew_was_right() says so, and prints all */
	}
}

static void assert_right(int round)
{
	if (!crew_was_right())
		fail_msg("round %d of seed %llu", round,
			 (unsigned long long)seed);
}

static void a_sequence_of_one_thread_goes_as_the_model_says(void **state)
{
	uint64_t random = seed;

	(void)state;
	for (int round = 0; round < rounds; round++) {
		struct model model = {0};

		crew_new_round();
		for (int i = 0; i < 60; i++)
			act_as_modelled(&model, &random);
		assert_right(round);
	}
}

static struct orders random_orders(uint64_t *random)
{
	struct orders orders = {
		.count = 1 + (int)below(random, 4),
		.delay = (int)below(random, 60),
	};

	for (int i = 0; i < orders.count; i++) {
		orders.verbs[i] = (enum verb)below(random, VERB_COUNT);
		orders.late[i] = below(random, 16) == 0;
	}
	return orders;
}

/* Somewhere in a call's life, three threads set upon it. */
static void sequences_of_threads_go_one_by_one_in_the_model(void **state)
{
	uint64_t random = ~seed;

	(void)state;
	for (int round = 0; round < rounds; round++) {
		struct orders orders[CREW_WORKERS];
		struct model model = {0};

		crew_new_round();
		for (unsigned int i = below(&random, 12); i; i--)
			act_as_modelled(&model, &random);
		for (int i = 0; i < CREW_WORKERS; i++)
			orders[i] = random_orders(&random);
		crew_run(orders);
		assert_right(round);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_sequence_of_one_thread_goes_as_the_model_says),
		cmocka_unit_test(
			sequences_of_threads_go_one_by_one_in_the_model),
	};

	rounds = argc > 1 ? atoi(argv[1]) : 10000;
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : now_ns();
	printf("seed %llu: core-random %d %llu does the same again\n",
	       (unsigned long long)seed, rounds, (unsigned long long)seed);
	return cmocka_run_group_tests(tests, crew_start, crew_stop);
}
