/* SPDX-License-Identifier: MIT */
/*
 * lanes.c - tests: counters are exact, whoever counts and whoever ends
 */
#include "lanes.h"

#include <pthread.h>
#include <string.h>

#include "guard.h"
#include "house.h"
#include "operations.h"

#define READ (&house_api.operations[0])
#define WRITE (&house_api.operations[1])

/* The formula of belay/table.h, as it is written there. */
static unsigned int bucket_by_formula(uint64_t v)
{
	unsigned int e = 0;

	if (v < 8)
		return (unsigned int)v;
	if (v >= UINT64_C(1) << 40)
		return BELAY_BUCKETS - 1;
	while (v >> (e + 1))
		e++;
	return (e - 2) * 8 + (unsigned int)(v >> (e - 3)) - 8;
}

static void assert_bucket(uint64_t v)
{
	unsigned int bucket = belay_bucket(v);

	assert_int_equal(bucket, bucket_by_formula(v));
	assert_in_range(bucket, 0, BELAY_BUCKETS - 1);
	assert_true(belay_bucket_floor(bucket) <= v);
	if (bucket < BELAY_BUCKETS - 1)
		assert_true(v < belay_bucket_floor(bucket + 1));
}

static void a_duration_falls_into_the_bucket_of_the_formula(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (uint64_t v = 0; v < 100000; v++)
		assert_bucket(v);
	for (unsigned int e = 3; e < 64; e++)
		for (uint64_t part = 0; part < 8; part++)
			for (int64_t by = -1; by <= 1; by++)
				assert_bucket((UINT64_C(1) << e) +
					      (part << (e - 3)) + (uint64_t)by);
	for (int i = 0; i < 100000; i++)
		assert_bucket(((uint64_t)house_random(&seed, UINT32_MAX) << 32 |
			       house_random(&seed, UINT32_MAX)) >>
			      house_random(&seed, 64));
	assert_bucket(UINT64_MAX);
}

static void each_bucket_is_an_eighth_wide_at_most(void **state)
{
	(void)state;
	for (unsigned int i = 8; i < BELAY_BUCKETS - 1; i++) {
		uint64_t width =
			belay_bucket_floor(i + 1) - belay_bucket_floor(i);

		assert_true(width * 8 <= belay_bucket_floor(i));
	}
}

/* --- Counting ------------------------------------------------------------ */

#define CALLS 1000

static void count_one(const struct belay_operation *operation, uint64_t i)
{
	uint32_t number = belayi_operation_number(operation);
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 100};
	struct belayi_thread *thread = belayi_thread_enter();

	belayi_count(thread, number, BELAYI_COUNTER(calls));
	if (i % 10 == 0) {
		belayi_count(thread, number, BELAYI_COUNTER(refused));
		belayi_thread_leave(thread);
		return;
	}
	if (i % 10 == 1)
		belayi_count(thread, number, BELAYI_COUNTER(pending));
	if (i % 10 == 2)
		belayi_count(thread, number, BELAYI_COUNTER(cancels));
	if (i % 10 == 3)
		outcome.ending = BELAY_FAILED;
	if (i % 10 == 4)
		outcome.ending = BELAY_CANCELED;
	if (i % 10 == 5)
		outcome.ending = BELAY_UNCOLLECTED;
	if (i % 10 == 6)
		outcome.result = -5;
	belayi_count_finish(thread, number, &outcome, i);
	belayi_thread_leave(thread);
}

static void check_counts(const struct belay_operation *operation,
			 uint64_t times)
{
	struct belay_counters c = house_counters(operation);
	uint64_t tenth = times * CALLS / 10;
	uint64_t buckets = 0;

	for (unsigned int i = 0; i < BELAY_BUCKETS; i++)
		buckets += c.latency[i];
	check(c.calls == times * CALLS);
	check(c.refused == tenth && c.pending == tenth && c.cancels == tenth);
	check(c.finished == 9 * tenth);
	check(c.failed == tenth && c.canceled == tenth);
	check(c.uncollected == tenth);
	check(buckets == 8 * tenth);
	check(c.bytes == 5 * tenth * 100);
}

static void *count_reads(void *number)
{
	(void)number;
	for (uint64_t i = 0; i < CALLS; i++)
		count_one(READ, i);
	return NULL;
}

static void *count_both(void *number)
{
	(void)number;
	for (uint64_t i = 0; i < CALLS; i++) {
		count_one(READ, i);
		count_one(WRITE, i);
	}
	return NULL;
}

static void count_alone(void)
{
	struct belay_counters c;

	(void)count_reads(NULL);
	check_counts(READ, 1);
	c = house_counters(READ);
	check(c.latency_max == CALLS - 1);
	check(c.latency[belay_bucket(CALLS - 1)] > 0);
}

static void each_verb_counts_what_it_says(void **state)
{
	(void)state;
	in_house(10, count_alone);
}

static pthread_barrier_t together;

static void *count_together(void *number)
{
	(void)pthread_barrier_wait(&together);
	(void)count_both(number);
	(void)pthread_barrier_wait(&together);
	return NULL;
}

/* More threads than there are lanes, all at once. */
static void a_hundred_threads(void)
{
	(void)pthread_barrier_init(&together, NULL, 100);
	in_threads(100, count_together);
	check_counts(READ, 100);
	check_counts(WRITE, 100);
	check(belayi_process.table->lost[BELAY_LOST_LANES] > 0);
}

static void a_hundred_threads_count_exactly(void **state)
{
	(void)state;
	in_house(10, a_hundred_threads);
}

#define SHARED_CALLS 300000

static void *count_shared(void *number)
{
	(void)number;
	for (int i = 0; i < SHARED_CALLS; i++)
		belayi_count(NULL, belayi_operation_number(READ),
			     BELAYI_COUNTER(calls));
	return NULL;
}

static void share(void)
{
	in_threads(3, count_shared);
	check(house_counters(READ).calls == 3 * SHARED_CALLS);
}

static void what_threads_share_is_exact(void **state)
{
	(void)state;
	in_house(10, share);
}

static void threads_come_and_go(void)
{
	unsigned int own = 0;

	for (int i = 0; i < 25; i++)
		in_threads(8, count_both);
	check_counts(READ, 200);
	check_counts(WRITE, 200);
	check(belayi_process.table->lost[BELAY_LOST_LANES] == 0);
	for (unsigned int i = 0; i < BELAY_LANES_MAX; i++)
		own += belayi_process.lanes[i].thread != 0;
	check(own == 0);
}

static void a_thread_that_ends_leaves_its_counts_and_its_lane(void **state)
{
	(void)state;
	in_house(10, threads_come_and_go);
}

/* --- Operations ---------------------------------------------------------- */

static uint32_t many_numbers[BELAY_OPERATIONS_MAX + 10];
static struct belay_operation many[BELAY_OPERATIONS_MAX + 10];

static void *register_all(void *number)
{
	(void)number;
	for (unsigned int i = 0; i < BELAY_OPERATIONS_MAX / 8; i++)
		check(belayi_operation_number(&many[i]) != 0);
	return NULL;
}

static void name_many(void)
{
	for (unsigned int i = 0; i < BELAY_OPERATIONS_MAX + 10; i++) {
		many_numbers[i] = 0;
		many[i] = *READ;
		many[i].number = &many_numbers[i];
	}
}

static void use_too_many(void)
{
	unsigned int without = 0;

	name_many();
	for (unsigned int i = 0; i < BELAY_OPERATIONS_MAX + 10; i++)
		without += belayi_operation_number(&many[i]) == 0;
	check(without == 11);
	check(belayi_process.table->lost[BELAY_LOST_OPERATIONS] == 11);
	/* Nobody's number: counted nowhere, and no harm. */
	count_one(&many[BELAY_OPERATIONS_MAX + 9], 7);
}

static void too_many_operations_are_counted_as_lost(void **state)
{
	(void)state;
	in_house(10, use_too_many);
}

static void register_at_once(void)
{
	name_many();
	in_threads(4, register_all);
	for (unsigned int i = 0; i < BELAY_OPERATIONS_MAX / 8; i++) {
		const struct belay_table_operation *operation =
			&belayi_process.operations[many_numbers[i]];

		check(many_numbers[i] && operation->ready);
		check(strcmp(operation->api, "house") == 0);
		for (unsigned int j = 0; j < i; j++)
			check(many_numbers[i] != many_numbers[j]);
	}
}

static void threads_agree_on_an_operation_s_number(void **state)
{
	(void)state;
	in_house(10, register_at_once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_duration_falls_into_the_bucket_of_the_formula),
		cmocka_unit_test(each_bucket_is_an_eighth_wide_at_most),
		cmocka_unit_test(each_verb_counts_what_it_says),
		cmocka_unit_test(a_hundred_threads_count_exactly),
		cmocka_unit_test(what_threads_share_is_exact),
		cmocka_unit_test(
			a_thread_that_ends_leaves_its_counts_and_its_lane),
		cmocka_unit_test(too_many_operations_are_counted_as_lost),
		cmocka_unit_test(threads_agree_on_an_operation_s_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
