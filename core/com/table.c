/* SPDX-License-Identifier: MIT */
/*
 * table.c - a hash table of entries that live inside other structures
 */
#include "table.h"

#include <stdlib.h>

#define FIRST_SIZE 64

pthread_mutex_t belayi_tables_lock = PTHREAD_MUTEX_INITIALIZER;

/* The finalizer of splitmix64. */
uint64_t belayi_table_hash(uint64_t key)
{
	key ^= key >> 30;
	key *= UINT64_C(0xbf58476d1ce4e5b9);
	key ^= key >> 27;
	key *= UINT64_C(0x94d049bb133111eb);
	return key ^ key >> 31;
}

static void link_entry(struct belayi_table *table, struct belayi_entry *entry)
{
	struct belayi_entry **bucket =
		&table->buckets[entry->hash & table->mask];

	entry->next = *bucket;
	*bucket = entry;
}

static bool grow(struct belayi_table *table)
{
	size_t old_size = table->buckets ? table->mask + 1 : 0;
	size_t size = old_size ? 2 * old_size : FIRST_SIZE;
	struct belayi_entry **old = table->buckets;
	struct belayi_entry **buckets =
		calloc(size, sizeof(struct belayi_entry *));

	if (!buckets)
		return false;
	table->buckets = buckets;
	table->mask = size - 1;
	for (size_t i = 0; i < old_size; i++)
		while (old[i]) {
			struct belayi_entry *entry = old[i];

			old[i] = entry->next;
			link_entry(table, entry);
		}
	free(old);
	return true;
}

bool belayi_table_insert(struct belayi_table *table, struct belayi_entry *entry,
			 uint64_t hash)
{
	/* A full table still takes entries; an empty one cannot. */
	if (!table->buckets || table->count > table->mask)
		if (!grow(table) && !table->buckets)
			return false;
	entry->hash = hash;
	link_entry(table, entry);
	table->count++;
	return true;
}

void belayi_table_remove(struct belayi_table *table, struct belayi_entry *entry)
{
	struct belayi_entry **link = &table->buckets[entry->hash & table->mask];

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	table->count--;
}

static struct belayi_entry *with_hash(struct belayi_entry *entry, uint64_t hash)
{
	while (entry && entry->hash != hash)
		entry = entry->next;
	return entry;
}

struct belayi_entry *belayi_table_find(const struct belayi_table *table,
				       uint64_t hash)
{
	if (!table->buckets)
		return NULL;
	return with_hash(table->buckets[hash & table->mask], hash);
}

struct belayi_entry *belayi_table_next(const struct belayi_entry *entry)
{
	return with_hash(entry->next, entry->hash);
}
