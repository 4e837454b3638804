/* SPDX-License-Identifier: MIT */
/*
 * table.h - a hash table of entries that live inside other structures
 *
 * Grows by itself; never allocates to take an entry out. Whoever uses one
 * locks.
 */
#ifndef BELAYI_COM_TABLE_H
#define BELAYI_COM_TABLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of the runtime's three tables (exports, imports, packets) and of what their
 * entries count. Nothing of the program is called with it held. A child
 * process gets it unlocked, and the tables whole.
 */
extern pthread_mutex_t belayi_tables_lock;

struct belayi_entry {
	struct belayi_entry *next;
	uint64_t hash;
};

/* All zero: an empty table. */
struct belayi_table {
	struct belayi_entry **buckets;
	size_t mask; /* the number of buckets, less 1 */
	size_t count;
};

/* belayi_table_hash() - spreads the bits of a key: one to one */
uint64_t belayi_table_hash(uint64_t key);

/* belayi_table_insert() - false: out of memory, and it is not in the table */
bool belayi_table_insert(struct belayi_table *table, struct belayi_entry *entry,
			 uint64_t hash);

void belayi_table_remove(struct belayi_table *table,
			 struct belayi_entry *entry);

/* belayi_table_find() - the first entry with that hash, or NULL */
struct belayi_entry *belayi_table_find(const struct belayi_table *table,
				       uint64_t hash);

/* belayi_table_next() - the next one with the same hash, or NULL */
struct belayi_entry *belayi_table_next(const struct belayi_entry *entry);

#endif
