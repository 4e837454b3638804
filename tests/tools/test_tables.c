/* SPDX-License-Identifier: MIT */
/*
 * test_tables.c - the reader of call tables: what it reads
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/observer.h>

#include "fixture.h"
#include "tables.h"

/* What visits found. */
struct seen {
	unsigned int count;
	unsigned int limit;
	struct belay_slot last;
};

static bool note(struct table *table, const struct belay_slot *slot, void *data)
{
	struct seen *seen = data;

	(void)table;
	seen->last = *slot;
	seen->count++;
	return seen->count != seen->limit;
}

static void a_call_in_flight_is_read_with_all_that_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {0};
	struct table *table;
	struct place place;
	char name[BELAY_FULL_NAME_MAX];

	fixture_call(fixture, 599, 7, BELAY_CALL_PENDING);
	table = fixture_open(fixture);
	assert_true(table->live);
	assert_false(table->foreign);
	table_each(table, note, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.args[3], 7);
	assert_int_equal(belay_word_state(seen.last.call.word),
			 BELAY_CALL_PENDING);
	table_operation_name(table_operation(table, seen.last.call.number),
			     name);
	assert_string_equal(name, "test.work");
	table_place(table, seen.last.site, &place);
	assert_string_equal(place.path, "/usr/lib/libfixture.so.1");
	assert_int_equal(place.address, 0x1234);
	table_close(table);
}

static void every_state_but_idle_is_in_flight(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {0};
	struct table *table;

	for (uint32_t i = BELAY_CALL_IDLE; i <= BELAY_CALL_FINISHING; i++)
		fixture_call(fixture, 1 + 70 * i, 1, (enum belay_state)i);
	table = fixture_open(fixture);
	table_each(table, note, &seen);
	assert_int_equal(seen.count, BELAY_CALL_FINISHING);
	table_close(table);
}

static void slot_0_is_nobodys(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {0};
	struct table *table;

	fixture_call(fixture, 0, 1, BELAY_CALL_PENDING);
	table = fixture_open(fixture);
	table_each(table, note, &seen);
	assert_int_equal(seen.count, 0);
	table_close(table);
}

static void a_visitor_that_has_enough_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {.limit = 2};
	struct table *table;

	for (uint32_t i = 1; i < 600; i++)
		fixture_call(fixture, i, i, BELAY_CALL_PENDING);
	table = fixture_open(fixture);
	table_each(table, note, &seen);
	assert_int_equal(seen.count, 2);
	table_close(table);
}

/* A process at work: the word is last to say that the rest has changed. */
struct writer {
	struct fixture *fixture;
	int stop;
};

static void *write_on(void *data)
{
	struct writer *writer = data;
	struct belay_slot *slot = &writer->fixture->slots[1];

	fixture_call(writer->fixture, 1, 0, BELAY_CALL_PENDING);
	for (uint64_t turn = 1;
	     !__atomic_load_n(&writer->stop, __ATOMIC_RELAXED); turn++) {
		belay_call_mirror(&slot->call.word, turn, BELAY_CALL_IDLE);
		for (unsigned int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
			__atomic_store_n(&slot->args[i], turn,
					 __ATOMIC_RELEASE);
		belay_call_mirror(&slot->call.word, turn, BELAY_CALL_PENDING);
	}
	return NULL;
}

static bool is_of_one_turn(struct table *table, const struct belay_slot *slot,
			   void *data)
{
	unsigned int *seen = data;

	(void)table;
	for (unsigned int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		assert_int_equal(slot->args[i],
				 belay_word_turn(slot->call.word));
	++*seen;
	return true;
}

static void
a_call_that_changes_while_it_is_read_is_whole_or_skipped(void **state)
{
	struct writer writer = {.fixture = *state};
	struct table *table = fixture_open(writer.fixture);
	unsigned int seen = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
	for (int i = 0; i < 2000000 && seen < 20; i++)
		table_each(table, is_of_one_turn, &seen);
	__atomic_store_n(&writer.stop, 1, __ATOMIC_RELAXED);
	(void)pthread_join(thread, NULL);
	assert_int_not_equal(seen, 0);
	table_close(table);
}

static void the_counters_of_all_threads_are_added(void **state)
{
	struct fixture *fixture = *state;
	struct belay_counters *counters =
		calloc(BELAY_OPERATIONS_MAX, sizeof(*counters));
	struct table *table;

	for (uint32_t i = 0; i < BELAY_LANES_MAX; i++) {
		fixture->lanes[i].operation = i % 2;
		fixture->lanes[i].counters.calls = 10;
		fixture->lanes[i].counters.latency_max = i;
		fixture->lanes[i].counters.latency[BELAY_BUCKETS - 1] = 3;
	}
	/* No such operation, so nobody's. */
	fixture->lanes[1].operation = BELAY_OPERATIONS_MAX;
	table = fixture_open(fixture);
	table_counters(table, counters);
	assert_int_equal(counters[0].calls, 0);
	assert_int_equal(counters[1].calls, 10 * (BELAY_LANES_MAX / 2 - 1));
	assert_int_equal(counters[1].latency_max, BELAY_LANES_MAX - 1);
	assert_int_equal(counters[1].latency[BELAY_BUCKETS - 1],
			 3 * (BELAY_LANES_MAX / 2 - 1));
	table_close(table);
	free(counters);
}

static void an_operation_or_a_module_that_is_not_known_is_no_harm(void **state)
{
	struct fixture *fixture = *state;
	struct table *table;
	struct place place;
	char name[BELAY_FULL_NAME_MAX];

	table = fixture_open(fixture);
	assert_null(table_operation(table, 0));
	assert_null(table_operation(table, 2));
	assert_null(table_operation(table, 65535));
	assert_string_equal(table_operation_name(NULL, name), "?");
	table_place(table, 0x500000, &place);
	assert_string_equal(place.path, "");
	assert_int_equal(place.address, 0x500000);
	table_close(table);
}

static void what_a_live_process_adds_later_is_found(void **state)
{
	struct fixture *fixture = *state;
	struct table *table = fixture_open(fixture);
	struct place place;

	fixture->operations[9] = fixture->operations[1];
	fixture->modules[3] = fixture->modules[0];
	fixture->modules[3].start = 0x900000;
	fixture->modules[3].end = 0x900001;
	assert_non_null(table_operation(table, 9));
	table_place(table, 0x900000, &place);
	assert_string_equal(place.path, "/usr/lib/libfixture.so.1");
	table_close(table);
}

static void texts_without_an_end_are_cut(void **state)
{
	struct fixture *fixture = *state;
	struct table *table;
	char name[BELAY_FULL_NAME_MAX];

	memset(fixture->head->executable, 'x', BELAY_PATH_MAX);
	memset(fixture->operations[1].api, 'a', BELAY_API_MAX);
	memset(fixture->operations[1].name, 'n', BELAY_NAME_MAX);
	memset(fixture->operations[1].arguments[0].name, 'g', 12);
	memset(fixture->modules[0].path, 'p', sizeof(fixture->modules[0].path));
	fixture->modules[0].build_id_size = 4096;
	table = fixture_open(fixture);
	assert_int_equal(strlen(table->head.executable), BELAY_PATH_MAX - 1);
	assert_int_equal(
		strlen(table_operation_name(&table->operations[1], name)),
		BELAY_FULL_NAME_MAX - 1);
	assert_int_equal(strlen(table->operations[1].arguments[0].name), 11);
	assert_int_equal(strlen(table->modules[0].path),
			 sizeof(fixture->modules[0].path) - 1);
	assert_int_equal(table->modules[0].build_id_size, 0);
	table_close(table);
}

static void an_age_is_right_on_either_clock(void **state)
{
	struct fixture *fixture = *state;
	struct table *table = fixture_open(fixture);
	struct belay_clock_pair then = {1000, 5000}, now = {4000, 11000};

	table->head.opened = then;
	table->now = now;
	table->head.clock = belay_clock_kind();
	if (belay_clock_kind() == BELAY_CLOCK_TSC)
		assert_int_equal(table_age_ns(table, 3000), 2000);
	table->head.clock = BELAY_CLOCK_MONOTONIC;
	assert_int_equal(table_age_ns(table, 10999), 1);
	assert_int_equal(table_age_ns(table, 11001), 0);
	assert_int_equal(table_age_ns(table, 0), 0);
	table_close(table);
}

static void a_name_tells_of_a_process_or_is_none(void **state)
{
	static const char *const wrong[] = {
		"calls",       "calls.",     "calls.1",    "calls.1.",
		"calls.1.2.3", "calls.-1.2", "calls.1.2x", "calls.01.2",
		"calls.0.2",   "xcalls.1.2", "calls. 1.2", "calls.4294967296.1",
		"calls.1.2\n", "summary",    "",
	};
	uint64_t start = 0;
	uint32_t pid = 0;

	(void)state;
	assert_true(table_name("calls.4294967295.18446744073709551615", &pid,
			       &start));
	assert_int_equal(pid, UINT32_MAX);
	assert_int_equal(start, UINT64_MAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (table_name(wrong[i], &pid, &start))
			fail_msg("\"%s\" is taken for a table", wrong[i]);
}

static void a_process_lives_with_its_own_start_time_only(void **state)
{
	uint32_t pid = (uint32_t)getpid();
	uint64_t start = fixture_start_time(pid);
	siginfo_t info;
	pid_t child;

	(void)state;
	assert_true(table_process_lives(pid, start));
	assert_false(table_process_lives(pid, start + 1));
	child = fork();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT),
			 0);
	/* A zombie. */
	start = fixture_start_time((uint32_t)child);
	assert_false(table_process_lives((uint32_t)child, start));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(table_process_lives((uint32_t)child, start));
}

static bool acted_on(struct fixture *fixture, struct belay_acted *ret_acted)
{
	struct table *table = fixture_open(fixture);
	struct seen seen = {0};
	bool acted;

	table_each(table, note, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.call.slot, 599);
	acted = table_acted(table, &seen.last, ret_acted);
	table_close(table);
	return acted;
}

static void what_rules_did_to_a_call_is_read_of_that_call_only(void **state)
{
	struct fixture *fixture = *state;
	struct belay_acted *entry =
		&fixture->rules->acted[belay_acted_index(599)];
	struct belay_acted acted;

	fixture_call(fixture, 599, 7, BELAY_CALL_PENDING);
	*entry = (struct belay_acted){7, 1, 2, {255, 3}};
	assert_true(acted_on(fixture, &acted));
	assert_memory_equal(&acted, entry, sizeof(acted));
	entry->count = 200;
	assert_true(acted_on(fixture, &acted));
	assert_int_equal(acted.count, BELAY_ACTED_MAX);
	entry->id = 6;
	assert_false(acted_on(fixture, &acted));
	entry->id = 7;
	fixture->head->rules_offset = 0;
	assert_false(acted_on(fixture, &acted));
}

static void each_slot_has_an_entry_of_its_own(void **state)
{
	(void)state;
	for (uint32_t slots = 1; slots < 70; slots++) {
		bool taken[80] = {false};

		for (uint32_t slot = 0; slot < slots; slot++) {
			uint32_t i = belay_acted_index(slot);

			assert_true(i < belay_acted_count(slots));
			assert_false(taken[i]);
			taken[i] = true;
		}
	}
}

static void what_rules_did_in_a_process_is_read(void **state)
{
	struct fixture *fixture = *state;
	uint64_t fired[BELAY_RULES_MAX];
	struct table *table;

	fixture->rules->rules[0].fired = 3;
	fixture->rules->rules[BELAY_RULES_MAX - 1].fired = 4;
	table = fixture_open(fixture);
	assert_true(table_fired(table, fired));
	assert_int_equal(fired[0], 3);
	assert_int_equal(fired[1], 0);
	assert_int_equal(fired[BELAY_RULES_MAX - 1], 4);
	table_close(table);
	fixture->head->rules_offset = 0;
	table = fixture_open(fixture);
	assert_false(table_fired(table, fired));
	table_close(table);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_in_flight_is_read_with_all_that_is_known),
		TEST(every_state_but_idle_is_in_flight),
		TEST(slot_0_is_nobodys),
		TEST(a_visitor_that_has_enough_is_left_alone),
		TEST(a_call_that_changes_while_it_is_read_is_whole_or_skipped),
		TEST(the_counters_of_all_threads_are_added),
		TEST(an_operation_or_a_module_that_is_not_known_is_no_harm),
		TEST(what_a_live_process_adds_later_is_found),
		TEST(texts_without_an_end_are_cut),
		TEST(an_age_is_right_on_either_clock),
		TEST(what_rules_did_to_a_call_is_read_of_that_call_only),
		cmocka_unit_test(each_slot_has_an_entry_of_its_own),
		TEST(what_rules_did_in_a_process_is_read),
		TEST(a_name_tells_of_a_process_or_is_none),
		TEST(a_process_lives_with_its_own_start_time_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
