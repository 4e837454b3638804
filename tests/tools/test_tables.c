/* SPDX-License-Identifier: MIT */
/*
 * test_tables.c - the reader of call tables: what it reads, what it refuses
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/observer.h>

#include "fixture.h"
#include "tables.h"

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture_make(fixture, 600);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	fixture_remove(*state);
	free(*state);
	return 0;
}

static struct table *open_good(struct fixture *fixture)
{
	const char *why = NULL;
	struct table *table = table_open(fixture->folder, fixture->name, &why);

	if (!table)
		fail_msg("the table is refused: %s", why ? why : "(no reason)");
	return table;
}

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
	char name[52];

	fixture_call(fixture, 599, 7, BELAY_CALL_PENDING);
	table = open_good(fixture);
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
	table = open_good(fixture);
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
	table = open_good(fixture);
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
	table = open_good(fixture);
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
	struct table *table = open_good(writer.fixture);
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
	table = open_good(fixture);
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
	char name[52];

	table = open_good(fixture);
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
	struct table *table = open_good(fixture);
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
	char name[52];

	memset(fixture->head->executable, 'x', BELAY_PATH_MAX);
	memset(fixture->operations[1].api, 'a', 16);
	memset(fixture->operations[1].name, 'n', 32);
	memset(fixture->operations[1].arguments[0].name, 'g', 12);
	memset(fixture->modules[0].path, 'p', sizeof(fixture->modules[0].path));
	fixture->modules[0].build_id_size = 4096;
	table = open_good(fixture);
	assert_int_equal(strlen(table->head.executable), BELAY_PATH_MAX - 1);
	assert_int_equal(
		strlen(table_operation_name(&table->operations[1], name)),
		15 + 1 + 31);
	assert_int_equal(strlen(table->operations[1].arguments[0].name), 11);
	assert_int_equal(strlen(table->modules[0].path),
			 sizeof(fixture->modules[0].path) - 1);
	assert_int_equal(table->modules[0].build_id_size, 0);
	table_close(table);
}

static void an_age_is_right_on_either_clock(void **state)
{
	struct fixture *fixture = *state;
	struct table *table = open_good(fixture);
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

/* One way to break a table, and what is said of it. */
struct damage {
	size_t offset;
	uint64_t value;
	size_t size;
	const char *why;
};

#define HEAD(member, value, why)                                               \
	{                                                                      \
		offsetof(struct belay_table, member), (value),                 \
			sizeof(((struct belay_table *)NULL)->member), (why)    \
	}
#define BEYOND "its parts reach beyond its end"

static const struct damage damages[] = {
	HEAD(magic, 1, "it is no call table"),
	HEAD(layout, BELAY_LAYOUT + 1, "it is of another version of Belay"),
	HEAD(pid, 1, "it tells of another process than its name"),
	HEAD(start_time, 1, "it tells of another process than its name"),
	HEAD(clock, 99, "it has an unknown clock"),
	HEAD(size, UINT64_MAX, "it is cut short"),
	HEAD(slots, 0, "its number of slots is impossible"),
	HEAD(slots, UINT32_MAX, "its number of slots is impossible"),
	HEAD(slots, 601, BEYOND),
	HEAD(slots, BELAY_SLOTS_MAX, BEYOND),
	HEAD(operations_offset, UINT32_MAX - 7, BEYOND),
	HEAD(operations_offset, 0, BEYOND),
	HEAD(modules_offset, 4097, BEYOND),
	HEAD(lanes_offset, UINT32_MAX, BEYOND),
	HEAD(slots_offset, UINT32_MAX - 127, BEYOND),
};

static void assert_refused(struct fixture *fixture, const char *expected)
{
	const char *why = "";
	struct table *table = table_open(fixture->folder, fixture->name, &why);

	if (table)
		fail_msg("a table is taken of which to say: %s", expected);
	if (!expected)
		assert_null(why);
	else
		assert_string_equal(why, expected);
}

static void a_head_that_lies_is_refused_with_the_reason(void **state)
{
	struct fixture *fixture = *state;
	const struct belay_table good = *fixture->head;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		const struct damage *d = &damages[i];

		memcpy((char *)fixture->head + d->offset, &d->value, d->size);
		assert_refused(fixture, d->why);
		*fixture->head = good;
	}
	table_close(open_good(fixture));
}

static void a_file_that_is_cut_short_is_refused_at_every_length(void **state)
{
	struct fixture *fixture = *state;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture->path,
		       fixture->name);
	for (uint64_t size = fixture->size - 1; size > 0;
	     size -= size < 5000 ? 1 : 997) {
		assert_int_equal(truncate(path, (off_t)size), 0);
		assert_refused(fixture, "it is cut short");
		if (size < 998)
			break;
	}
	assert_int_equal(truncate(path, 100), 0);
	assert_refused(fixture, "it is cut short");
	/* Made, but not filled yet. */
	assert_int_equal(truncate(path, 0), 0);
	assert_refused(fixture, NULL);
}

static void a_table_that_shrinks_while_it_is_read_ends_the_reading(void **state)
{
	struct fixture *fixture = *state;
	struct table *table = open_good(fixture);
	struct belay_counters *counters =
		calloc(BELAY_OPERATIONS_MAX, sizeof(*counters));
	struct seen seen = {0};
	char path[160];

	fixture_call(fixture, 5, 1, BELAY_CALL_PENDING);
	(void)snprintf(path, sizeof(path), "%s/%s", fixture->path,
		       fixture->name);
	assert_int_equal(truncate(path, 5000), 0);
	table_each(table, note, &seen);
	assert_int_equal(seen.count, 0);
	table_counters(table, counters);
	assert_int_equal(counters[1].calls, 0);
	table_close(table);
	free(counters);
}

static void a_table_in_the_making_is_no_table_yet(void **state)
{
	struct fixture *fixture = *state;

	fixture->head->magic = 0;
	fixture->head->state = BELAY_TABLE_BUILDING;
	assert_refused(fixture, NULL);
}

static void what_is_no_regular_file_is_not_opened(void **state)
{
	struct fixture *fixture = *state;
	const char *why = "";
	char path[64] = "calls.1.1";

	assert_int_equal(mkfifoat(fixture->folder, path, 0600), 0);
	assert_null(table_open(fixture->folder, path, &why));
	assert_string_equal(why, "it is no regular file");
	assert_int_equal(unlinkat(fixture->folder, path, 0), 0);
	assert_int_equal(symlinkat(fixture->name, fixture->folder, path), 0);
	assert_null(table_open(fixture->folder, path, &why));
	assert_string_equal(why, "it is no regular file");
	assert_int_equal(unlinkat(fixture->folder, path, 0), 0);
	assert_null(table_open(fixture->folder, path, &why));
	assert_null(why);
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

static void write_summary(const struct fixture *fixture,
			  const struct belay_summary *summary, size_t size)
{
	int fd = openat(fixture->folder, "summary",
			O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, summary, size), size);
	(void)close(fd);
}

static void a_summary_is_read_as_far_as_it_is_used(void **state)
{
	struct fixture *fixture = *state;
	struct belay_summary *written = calloc(1, sizeof(*written)), *read;

	*written = (struct belay_summary){
		.magic = BELAY_SUMMARY_MAGIC,
		.layout = BELAY_LAYOUT,
		.unfinished_used = 300,
		.processes = 3,
		.operations = {{.hash = 5, .ready = 1, .counters = {8}}},
	};
	memset(written->operations[0].api, 'a', 16);
	memset(written->unfinished[BELAY_SUMMARY_UNFINISHED - 1].path, 'p',
	       sizeof(written->unfinished[BELAY_SUMMARY_UNFINISHED - 1].path));
	written->unfinished[BELAY_SUMMARY_UNFINISHED - 1].build_id_size = 21;
	assert_null(table_summary(fixture->folder));
	write_summary(fixture, written, sizeof(*written));
	read = table_summary(fixture->folder);
	assert_non_null(read);
	assert_int_equal(read->processes, 3);
	assert_int_equal(read->operations[0].counters.calls, 8);
	assert_int_equal(strlen(read->operations[0].api), 15);
	assert_int_equal(read->unfinished_used, BELAY_SUMMARY_UNFINISHED);
	assert_int_equal(
		strlen(read->unfinished[BELAY_SUMMARY_UNFINISHED - 1].path),
		203);
	assert_int_equal(
		read->unfinished[BELAY_SUMMARY_UNFINISHED - 1].build_id_size,
		0);
	free(read);
	write_summary(fixture, written, sizeof(*written) - 1);
	assert_null(table_summary(fixture->folder));
	written->layout++;
	write_summary(fixture, written, sizeof(*written));
	assert_null(table_summary(fixture->folder));
	free(written);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(a_head_that_lies_is_refused_with_the_reason),
		TEST(a_file_that_is_cut_short_is_refused_at_every_length),
		TEST(a_table_that_shrinks_while_it_is_read_ends_the_reading),
		TEST(a_table_in_the_making_is_no_table_yet),
		TEST(what_is_no_regular_file_is_not_opened),
		TEST(a_name_tells_of_a_process_or_is_none),
		TEST(a_process_lives_with_its_own_start_time_only),
		TEST(a_summary_is_read_as_far_as_it_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
