/* SPDX-License-Identifier: MIT */
/*
 * test_damaged_tables.c - the reader of call tables and of the summary: what
 * it refuses, and of what it takes no more than there is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "tables.h"

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
	HEAD(slots, 609, BEYOND),
	HEAD(slots, BELAY_SLOTS_MAX, BEYOND),
	HEAD(operations_offset, UINT32_MAX - 7, BEYOND),
	HEAD(operations_offset, 0, BEYOND),
	HEAD(modules_offset, 4097, BEYOND),
	HEAD(lanes_offset, UINT32_MAX, BEYOND),
	HEAD(slots_offset, UINT32_MAX - 127, BEYOND),
	HEAD(rules_offset, UINT32_MAX - 7, BEYOND),
	HEAD(rules_offset, 8, BEYOND),
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
	table_close(fixture_open(fixture));
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

static bool count(struct table *table, const struct belay_slot *slot,
		  void *data)
{
	(void)table;
	(void)slot;
	++*(unsigned int *)data;
	return true;
}

static void a_table_that_shrinks_while_it_is_read_ends_the_reading(void **state)
{
	struct fixture *fixture = *state;
	struct table *table = fixture_open(fixture);
	struct belay_counters *counters =
		calloc(BELAY_OPERATIONS_MAX, sizeof(*counters));
	unsigned int seen = 0;
	char path[160];

	fixture_call(fixture, 5, 1, BELAY_CALL_PENDING);
	(void)snprintf(path, sizeof(path), "%s/%s", fixture->path,
		       fixture->name);
	assert_int_equal(truncate(path, 5000), 0);
	table_each(table, count, &seen);
	assert_int_equal(seen, 0);
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

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_head_that_lies_is_refused_with_the_reason),
		TEST(a_file_that_is_cut_short_is_refused_at_every_length),
		TEST(a_table_that_shrinks_while_it_is_read_ends_the_reading),
		TEST(a_table_in_the_making_is_no_table_yet),
		TEST(what_is_no_regular_file_is_not_opened),
		TEST(a_summary_is_read_as_far_as_it_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
