/* SPDX-License-Identifier: MIT */
/*
 * aio_recorded.c - what the call table says of the AIO victim's calls
 *
 * Usage: aio_recorded PRELOAD VICTIM LIBRARY BETWEEN
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "watched.h"

static const char *preload;
static char *victim;
static char *library;
static const char *between;

#define MOVING_MS 2000

static void play(struct watched *w, const char *scene)
{
	char *const argv[] = {victim, (char *)(uintptr_t)scene, library, NULL};

	watched_start(w, preload, argv);
}

/*
 * A thread that ends moves its counters to where all can add, one by one: who
 * reads in the middle has one wrong, but not for long.
 */
static void assert_counts(const struct watched *w, const char *operation,
			  uint64_t calls, uint64_t refused, uint64_t finished)
{
	struct belay_counters counters = watched_counters(w, operation);

	for (int ms = 0; ms < MOVING_MS; ms++) {
		if (counters.calls == calls && counters.refused == refused &&
		    counters.finished == finished)
			break;
		(void)poll(NULL, 0, 1);
		counters = watched_counters(w, operation);
	}
	assert_int_equal(counters.calls, calls);
	assert_int_equal(counters.refused, refused);
	assert_int_equal(counters.finished, finished);
}

static void assert_state(const struct watched *w, const char *key,
			 enum belay_state state)
{
	const struct belay_slot *slot =
		watched_call(w, watched_number(w, key), 0);

	assert_non_null(slot);
	assert_string_equal(belay_state_name(watched_state(slot)),
			    belay_state_name(state));
}

static void every_kind_of_end_is_counted(void **state)
{
	struct watched w;
	struct belay_counters counters;

	(void)state;
	play(&w, "transfer");
	watched_next(&w, "done");
	assert_counts(&w, "aio.write", 4, 1, 3);
	assert_counts(&w, "aio.read", 4, 1, 3);
	assert_counts(&w, "aio.fsync", 2, 1, 1);
	assert_counts(&w, "aio.other", 0, 0, 0);
	counters = watched_counters(&w, "aio.read");
	assert_int_equal(counters.failed, 1);
	assert_int_equal(counters.bytes, 10);
	assert_int_equal(counters.canceled, 0);
	assert_int_equal(counters.uncollected, 0);
	assert_true(counters.latency_max > 0);
	assert_int_equal(watched_counters(&w, "aio.write").bytes, 12);
	assert_int_equal(watched_in_flight(&w), 0);
	watched_end(&w);
}

static void a_call_is_on_record_with_all_that_is_known(void **state)
{
	const struct belay_slot *slot;
	struct watched w;
	uint64_t key;

	(void)state;
	play(&w, "pending");
	watched_next(&w, "begun");
	key = watched_number(&w, "key");
	assert_int_equal(watched_in_flight(&w), 1);
	slot = watched_call(&w, key, 0);
	assert_non_null(slot);
	assert_int_equal(watched_state(slot), BELAY_CALL_PENDING);
	assert_int_equal(slot->args[0], watched_number(&w, "fd"));
	assert_int_equal(slot->args[1], 1);
	assert_int_equal(slot->args[2], 5);
	assert_int_equal(slot->owner, 0);
	assert_int_equal(slot->call.thread, watched_number(&w, "thread"));
	assert_int_equal(slot->call.completed, 0);
	assert_non_null(watched_module(&w, slot->site));
	assert_string_equal(watched_module(&w, slot->site), victim);

	watched_next(&w, "polled");
	assert_int_equal(watched_state(slot), BELAY_CALL_PENDING);
	watched_next(&w, "asked too early");
	assert_int_equal(watched_state(slot), BELAY_CALL_PENDING);
	watched_next(&w, "over");
	assert_int_equal(watched_state(slot), BELAY_CALL_PENDING);
	watched_next(&w, "seen");
	assert_int_equal(watched_state(slot), BELAY_CALL_COMPLETED);
	assert_int_equal(slot->call.ending, BELAY_SUCCEEDED);
	assert_int_equal(slot->call.result, 1);
	watched_next(&w, "collected");
	assert_int_equal(watched_in_flight(&w), 0);
	assert_counts(&w, "aio.read", 1, 0, 1);
	watched_next(&w, "collected twice");
	assert_counts(&w, "aio.read", 1, 0, 1);
	watched_end(&w);
}

static void a_wait_sees_what_is_done_and_no_more(void **state)
{
	struct watched w;
	uint64_t pending;
	uint64_t done;

	(void)state;
	play(&w, "suspended");
	watched_next(&w, "timed out");
	assert_state(&w, "key0", BELAY_CALL_PENDING);
	pending = watched_number(&w, "key0");
	done = watched_number(&w, "key1");
	watched_next(&w, "woken");
	assert_int_equal(watched_state(watched_call(&w, pending, 0)),
			 BELAY_CALL_PENDING);
	assert_int_equal(watched_state(watched_call(&w, done, 0)),
			 BELAY_CALL_COMPLETED);
	watched_next(&w, "done");
	assert_counts(&w, "aio.read", 2, 0, 2);
	watched_end(&w);
}

static void a_cancel_is_counted_for_each_call_that_it_reached(void **state)
{
	const struct belay_slot *slots[4];
	struct belay_counters counters;
	struct watched w;
	uint64_t before;

	(void)state;
	play(&w, "cancel");
	watched_next(&w, "begun");
	slots[0] = watched_call(&w, watched_number(&w, "key0"), 0);
	slots[1] = watched_call(&w, watched_number(&w, "key1"), 0);
	slots[2] = watched_call(&w, watched_number(&w, "key2"), 0);
	slots[3] = watched_call(&w, watched_number(&w, "key3"), 0);
	before = watched_counters(&w, "aio.read").cancels;

	watched_next(&w, "one by one");
	assert_int_equal(watched_state(slots[0]), BELAY_CALL_PENDING);
	assert_int_equal(watched_state(slots[1]), BELAY_CALL_CANCELED);
	assert_int_equal(slots[1]->call.cancels, 1);
	assert_int_equal(watched_state(slots[3]), BELAY_CALL_PENDING);
	assert_int_equal(slots[3]->call.cancels, 1);
	assert_int_equal(watched_counters(&w, "aio.read").cancels, before + 3);

	watched_next(&w, "all");
	assert_int_equal(watched_state(slots[0]), BELAY_CALL_PENDING);
	assert_int_equal(watched_state(slots[2]), BELAY_CALL_CANCELED);
	assert_int_equal(slots[1]->call.cancels, 1);
	assert_int_equal(slots[2]->call.cancels, 1);
	assert_int_equal(slots[3]->call.cancels, 1);
	assert_int_equal(watched_counters(&w, "aio.read").cancels, before + 5);

	/* One of a call that is done; those of all reach none; one fails. */
	watched_next(&w, "too late");
	assert_int_equal(watched_state(slots[0]), BELAY_CALL_COMPLETED);
	assert_int_equal(watched_counters(&w, "aio.read").cancels, before + 7);
	watched_next(&w, "done");
	counters = watched_counters(&w, "aio.read");
	assert_int_equal(counters.finished, counters.calls);
	assert_true(counters.canceled >= 2);
	assert_int_equal(counters.failed, 0);
	assert_int_equal(watched_in_flight(&w), 0);
	watched_end(&w);
}

static void a_cancel_does_not_touch_blocks_that_are_gone(void **state)
{
	struct watched w;
	uint64_t before;

	(void)state;
	play(&w, "careless");
	watched_next(&w, "begun");
	assert_int_equal(watched_in_flight(&w), 3);
	before = watched_counters(&w, "aio.read").cancels;
	watched_next(&w, "cancelled");
	assert_int_equal(watched_counters(&w, "aio.read").cancels, before + 2);
	watched_end(&w);
}

static void a_block_used_again_ends_its_call_as_uncollected(void **state)
{
	struct belay_counters counters;
	struct watched w;

	(void)state;
	play(&w, "reuse");
	watched_next(&w, "reused");
	counters = watched_counters(&w, "aio.read");
	assert_int_equal(counters.calls, 4);
	assert_int_equal(counters.finished, 3);
	assert_int_equal(counters.uncollected, 3);
	assert_int_equal(watched_in_flight(&w), 1);
	assert_int_equal(w.table->lost[BELAY_LOST_DOUBLE], 0);
	watched_next(&w, "done");
	counters = watched_counters(&w, "aio.read");
	assert_int_equal(counters.finished, 4);
	assert_int_equal(counters.uncollected, 3);
	assert_int_equal(watched_in_flight(&w), 0);
	watched_end(&w);
}

static void a_look_in_the_middle_of_a_begin_completes_nothing(void **state)
{
	char *const argv[] = {victim, (char[]){"between"}, NULL};
	char preloads[1024];
	struct watched w;

	(void)state;
	(void)snprintf(preloads, sizeof(preloads), "%s:%s", preload, between);
	watched_start(&w, preloads, argv);
	watched_next(&w, "begun");
	assert_state(&w, "key", BELAY_CALL_PENDING);
	assert_counts(&w, "aio.read", 2, 0, 1);
	assert_int_equal(watched_counters(&w, "aio.read").uncollected, 1);
	watched_next(&w, "done");
	assert_counts(&w, "aio.read", 2, 0, 2);
	watched_end(&w);
}

static void a_block_in_use_can_have_two_calls(void **state)
{
	const struct belay_slot *first;
	const struct belay_slot *second;
	struct watched w;
	uint64_t key;

	(void)state;
	play(&w, "twice");
	watched_next(&w, "begun twice");
	key = watched_number(&w, "key");
	assert_int_equal(w.table->lost[BELAY_LOST_DOUBLE], 1);
	assert_int_equal(watched_in_flight(&w), 2);
	first = watched_call(&w, key, 0);
	second = watched_call(&w, key, 1);
	assert_non_null(first);
	assert_non_null(second);
	if (first->call.begun > second->call.begun) {
		const struct belay_slot *later = first;

		first = second;
		second = later;
	}
	/* One aio_return ends one call: the newest. */
	watched_next(&w, "collected");
	assert_int_equal(watched_in_flight(&w), 1);
	assert_int_equal(watched_state(first), BELAY_CALL_PENDING);
	assert_int_equal(watched_state(second), BELAY_CALL_IDLE);
	assert_counts(&w, "aio.read", 3, 0, 2);
	/* The next begin on the block closes the other one. */
	watched_next(&w, "again");
	assert_int_equal(watched_in_flight(&w), 0);
	assert_counts(&w, "aio.read", 4, 0, 4);
	assert_int_equal(watched_counters(&w, "aio.read").uncollected, 1);
	assert_int_equal(w.table->lost[BELAY_LOST_DOUBLE], 1);
	watched_end(&w);
}

static void each_element_of_a_list_is_a_call(void **state)
{
	const struct belay_slot *slot;
	struct watched w;
	uint64_t twice;

	(void)state;
	play(&w, "lists");
	/* The mode was bad, and nobody looked at the list. */
	watched_next(&w, "refused");
	assert_counts(&w, "aio.read", 0, 0, 0);
	watched_next(&w, "begun");
	assert_counts(&w, "aio.read", 3, 1, 0);
	assert_counts(&w, "aio.write", 1, 0, 0);
	assert_counts(&w, "aio.other", 1, 0, 0);
	assert_int_equal(watched_in_flight(&w), 4);
	assert_state(&w, "key0", BELAY_CALL_PENDING);
	assert_state(&w, "key5", BELAY_CALL_PENDING);
	slot = watched_call(&w, watched_number(&w, "key5"), 0);
	assert_int_equal(slot->owner, watched_number(&w, "list"));
	assert_int_equal(slot->args[2], 5);
	assert_string_equal(watched_module(&w, slot->site), victim);

	watched_next(&w, "collected");
	assert_int_equal(watched_in_flight(&w), 0);
	assert_counts(&w, "aio.read", 3, 1, 2);
	assert_counts(&w, "aio.write", 1, 0, 1);
	assert_counts(&w, "aio.other", 1, 0, 1);
	assert_int_equal(watched_counters(&w, "aio.other").failed, 1);

	watched_next(&w, "waited");
	assert_int_equal(watched_in_flight(&w), 2);
	assert_state(&w, "key2", BELAY_CALL_COMPLETED);
	assert_state(&w, "key5", BELAY_CALL_COMPLETED);
	twice = watched_number(&w, "key2");

	watched_next(&w, "same block twice");
	assert_int_equal(w.table->lost[BELAY_LOST_DOUBLE], 1);
	assert_counts(&w, "aio.read", 7, 1, 5);
	assert_int_equal(watched_in_flight(&w), 1);
	slot = watched_call(&w, twice, 0);
	assert_non_null(slot);
	assert_int_equal(watched_state(slot), BELAY_CALL_PENDING);
	watched_end(&w);
}

static void a_notification_may_collect_and_begin(void **state)
{
	struct watched w;

	(void)state;
	play(&w, "notified");
	watched_next(&w, "by threads");
	assert_counts(&w, "aio.read", 50, 0, 50);
	watched_next(&w, "by signals");
	assert_counts(&w, "aio.read", 100, 0, 100);
	assert_int_equal(watched_counters(&w, "aio.read").bytes, 100);
	assert_int_equal(w.table->lost[BELAY_LOST_DOUBLE], 0);
	assert_int_equal(watched_in_flight(&w), 0);
	watched_end(&w);
}

static void threads_lose_nothing(void **state)
{
	struct belay_counters counters;
	struct watched w;

	(void)state;
	play(&w, "threads");
	watched_next(&w, "done");
	assert_counts(&w, "aio.read", 2000, 0, 2000);
	counters = watched_counters(&w, "aio.read");
	assert_int_equal(counters.bytes, 2000);
	assert_int_equal(counters.failed + counters.uncollected, 0);
	assert_int_equal(watched_in_flight(&w), 0);
	watched_end(&w);
}

static void a_library_of_its_own_scope_is_seen(void **state)
{
	struct watched w;

	(void)state;
	play(&w, "local");
	watched_next(&w, "done");
	assert_counts(&w, "aio.read", 1, 0, 1);
	watched_end(&w);
}

/* The loader looks in such a library's own dependencies before any preload. */
static void a_library_that_binds_deep_is_out_of_reach(void **state)
{
	struct watched w;

	(void)state;
	play(&w, "deep");
	watched_next(&w, "done");
	assert_int_equal(watched_counters(&w, "aio.read").calls, 0);
	watched_end(&w);
}

#define TEST(name) cmocka_unit_test_teardown(name, watched_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_end_is_counted),
		TEST(a_call_is_on_record_with_all_that_is_known),
		TEST(a_wait_sees_what_is_done_and_no_more),
		TEST(a_cancel_is_counted_for_each_call_that_it_reached),
		TEST(a_cancel_does_not_touch_blocks_that_are_gone),
		TEST(a_block_used_again_ends_its_call_as_uncollected),
		TEST(a_look_in_the_middle_of_a_begin_completes_nothing),
		TEST(a_block_in_use_can_have_two_calls),
		TEST(each_element_of_a_list_is_a_call),
		TEST(a_notification_may_collect_and_begin),
		TEST(threads_lose_nothing),
		TEST(a_library_of_its_own_scope_is_seen),
		TEST(a_library_that_binds_deep_is_out_of_reach),
	};

	if (argc != 5)
		return 2;
	preload = argv[1];
	victim = realpath(argv[2], NULL);
	library = argv[3];
	between = argv[4];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
