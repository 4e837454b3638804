/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - makes call tables like those of real processes
 *
 * A fixture is a table file in a folder of its own, mapped for the test to
 * change. It tells of this process, so its process lives.
 */
#ifndef BELAY_TESTS_FIXTURE_H
#define BELAY_TESTS_FIXTURE_H

#include <stdint.h>

#include <belay/table.h>

struct table;

struct fixture {
	char path[64]; /* of the folder */
	char name[64]; /* of the table's file */
	int folder;
	uint64_t size;
	struct belay_table *head;
	struct belay_table_operation *operations;
	struct belay_table_module *modules;
	struct belay_lane *lanes;
	struct belay_slot *slots;
	struct belay_table_rules *rules; /* without them, see rules_offset */
};

/* fixture_make() - makes the folder and a table with room for `slots` */
void fixture_make(struct fixture *fixture, uint32_t slots);

/* fixture_remove() - removes all of it */
void fixture_remove(struct fixture *fixture);

/* fixture_setup(), fixture_teardown() - for cmocka: one with 600 slots */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* fixture_open() - opens the table, which is good, as the tools do */
struct table *fixture_open(const struct fixture *fixture);

/* fixture_call() - puts a call in flight into a slot */
void fixture_call(struct fixture *fixture, uint32_t slot, uint64_t turn,
		  enum belay_state state);

/* fixture_start_time() - field 22 of /proc/PID/stat */
uint64_t fixture_start_time(uint32_t pid);

#endif
