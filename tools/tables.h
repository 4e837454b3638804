/* SPDX-License-Identifier: MIT */
/*
 * tables.h - reads the call tables and the summary of a session
 *
 * The files belong to programs that may be broken or hostile: every offset,
 * count and text is checked, and nothing is mapped, so that a file that
 * shrinks meanwhile is an error and no SIGBUS. A live table is read while its
 * process goes on; nothing is ever written to it.
 */
#ifndef BELAY_TOOLS_TABLES_H
#define BELAY_TOOLS_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <belay/table.h>

#include "place.h"

/*
 * struct table - one call table, its head and names checked
 *
 * live:    its process still runs
 * foreign: it belongs to another user
 */
struct table {
	int fd;
	bool live;
	bool foreign;
	uint64_t file_size;
	struct belay_clock_pair now; /* when it was opened for reading */
	struct belay_table head;
	struct belay_table_operation operations[BELAY_OPERATIONS_MAX];
	struct belay_table_module modules[BELAY_MODULES_MAX];
};

/*
 * table_name() - the process that a file's name "calls.PID.STARTTIME" tells of
 *
 * Return: false if it is no such name.
 */
bool table_name(const char *name, uint32_t *ret_pid, uint64_t *ret_start);

/* table_process_lives() - whether the process with this start time runs */
bool table_process_lives(uint32_t pid, uint64_t start_time);

/* A reason of table_open(), by its address. */
extern const char table_other_version[];

/*
 * table_open() - opens a table for reading; table_close() frees it
 *
 * Return: NULL if it is none: *ret_why says why; or it vanished or is being
 *         made, then *ret_why is NULL.
 */
struct table *table_open(int folder, const char *name, const char **ret_why);
struct table *table_close(struct table *table);

/*
 * table_each() - visits the calls in progress, each as it was at one moment
 *
 * visit: returns false to stop; the slot's number is in slot->call.slot
 */
void table_each(struct table *table,
		bool (*visit)(struct table *table,
			      const struct belay_slot *slot, void *data),
		void *data);

/*
 * table_operation() - an operation by its number
 *
 * Return: NULL if there is none of that number.
 */
const struct belay_table_operation *table_operation(struct table *table,
						    unsigned int number);

/* table_operation_name() - "aio.read", "?" without an operation */
char *table_operation_name(const struct belay_table_operation *operation,
			   char name[BELAY_FULL_NAME_MAX]);

/* table_counters() - the counters of all operations, by their numbers */
void table_counters(const struct table *table,
		    struct belay_counters counters[BELAY_OPERATIONS_MAX]);

/* table_place() - the place of a call site in the table's process */
void table_place(struct table *table, uint64_t site, struct place *ret_place);

/* table_age_ns() - how long ago something was at the process's clock `ticks` */
uint64_t table_age_ns(const struct table *table, uint64_t ticks);

/* table_acted() - what rules did to a visited call; false: nothing */
bool table_acted(const struct table *table, const struct belay_slot *slot,
		 struct belay_acted *ret_acted);

/*
 * table_fired() - how many calls each rule acted on, the first one's at 0
 *
 * Return: false: there are no rules.
 */
bool table_fired(const struct table *table, uint64_t fired[BELAY_RULES_MAX]);

/*
 * table_summary() - reads a session's summary file
 *
 * Return: NULL if there is none that can be read; free() it.
 */
struct belay_summary *table_summary(int folder);

#endif
