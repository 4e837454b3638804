/* SPDX-License-Identifier: MIT */
/*
 * fold.c - adds a call table to the session's summary
 *
 * Many processes may do so at once, and one may die in the middle: everything
 * is added atomically, without a lock, and what was added is taken out of the
 * table, which is marked as folded before its file is removed. A session
 * without a summary (a preload by hand) has nothing to add to.
 */
#include "fold.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lanes.h"
#include "slots.h"

#define GROUPS 64

/* Where a table's parts are; of our own, or of one that we left at exec. */
struct source {
	struct belay_table *table;
	const struct belay_table_operation *operations;
	const struct belay_table_module *modules;
	struct belay_lane *lanes;
	const uint64_t *lanes_used; /* a bit for each that may be touched */
	const struct belay_slot *slots;
	uint32_t slots_used;
};

/* Calls of one operation begun at one place. */
struct group {
	uint32_t number;
	enum belay_state state;
	uint64_t site;
	uint64_t count;
	uint64_t begun;
};

static void *map_file(int folder, const char *name, size_t least,
		      size_t *ret_size)
{
	int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	void *map = MAP_FAILED;
	struct stat file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &file) == 0 && (size_t)file.st_size >= least) {
		map = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
		*ret_size = (size_t)file.st_size;
	}
	(void)close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static struct belay_summary *open_summary(int folder)
{
	size_t size;
	struct belay_summary *summary =
		map_file(folder, "summary", sizeof(*summary), &size);

	if (!summary)
		return NULL;
	if (summary->magic == BELAY_SUMMARY_MAGIC &&
	    summary->layout == BELAY_LAYOUT)
		return summary;
	(void)munmap(summary, size);
	return NULL;
}

/* FNV-1a of "api.name"; never 0. */
static uint64_t hash_name(const struct belay_table_operation *operation)
{
	char name[sizeof(operation->api) + sizeof(operation->name) + 1];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	(void)snprintf(name, sizeof(name), "%s.%s", operation->api,
		       operation->name);
	for (const char *c = name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return hash ? hash : 1;
}

/* Whoever claims an entry or finds it claimed writes the same names. */
static struct belay_summary_operation *
find_operation(struct belay_summary *summary,
	       const struct belay_table_operation *operation)
{
	uint64_t hash = hash_name(operation);

	for (unsigned int i = 0; i < BELAY_SUMMARY_OPERATIONS; i++) {
		struct belay_summary_operation *to = &summary->operations[i];
		uint64_t free_hash = 0;

		if (!__atomic_compare_exchange_n(&to->hash, &free_hash, hash,
						 false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE) &&
		    free_hash != hash)
			continue;
		if (!__atomic_load_n(&to->ready, __ATOMIC_ACQUIRE)) {
			to->status_kind = operation->status_kind;
			memcpy(to->api, operation->api, sizeof(to->api));
			memcpy(to->name, operation->name, sizeof(to->name));
			__atomic_store_n(&to->ready, 1, __ATOMIC_RELEASE);
		}
		return to;
	}
	return NULL;
}

static bool is_operation(const struct source *from, uint32_t number)
{
	return number && number < BELAY_OPERATIONS_MAX &&
	       __atomic_load_n(&from->operations[number].ready,
			       __ATOMIC_ACQUIRE);
}

static bool may_be_used(const struct source *from, uint32_t lane)
{
	return __atomic_load_n(&from->lanes_used[lane / 64],
			       __ATOMIC_RELAXED) >>
		       lane % 64 &
	       1;
}

static void fold_counters(struct belay_summary *summary,
			  const struct source *from)
{
	for (unsigned int i = 0; i < BELAY_LANES_MAX; i++) {
		struct belay_lane *lane = &from->lanes[i];
		struct belay_summary_operation *to;
		uint32_t number;

		if (!may_be_used(from, i))
			continue;
		number = __atomic_load_n(&lane->operation, __ATOMIC_ACQUIRE);
		if (!is_operation(from, number))
			continue;
		to = find_operation(summary, &from->operations[number]);
		if (to)
			belayi_counters_move(&to->counters, &lane->counters);
		else
			(void)__atomic_fetch_add(
				&summary->lost[BELAY_LOST_OPERATIONS], 1,
				__ATOMIC_RELAXED);
	}
}

static struct group *group_of(struct group *groups, uint32_t number,
			      uint64_t site)
{
	for (unsigned int i = 0; i < GROUPS; i++) {
		if (groups[i].count == 0)
			groups[i] = (struct group){.number = number,
						   .site = site,
						   .begun = UINT64_MAX};
		if (groups[i].number == number && groups[i].site == site)
			return &groups[i];
	}
	return NULL;
}

static void add_slot(struct group *groups, const struct belay_slot *slot,
		     uint64_t *lost)
{
	uint64_t word = __atomic_load_n(&slot->call.word, __ATOMIC_ACQUIRE);
	struct group *group;

	if (belay_word_state(word) == BELAY_CALL_IDLE ||
	    (slot->call.number & BELAY_SLOT_SERVED))
		return;
	group = group_of(groups, slot->call.number, slot->site);
	if (!group) {
		++*lost;
		return;
	}
	group->count++;
	if (slot->call.begun < group->begun) {
		group->begun = slot->call.begun;
		group->state = belay_word_state(word);
	}
}

static void name_place(struct belay_summary_unfinished *to,
		       const struct source *from, uint64_t site)
{
	to->address = site;
	for (unsigned int i = 0; i < BELAY_MODULES_MAX; i++) {
		const struct belay_table_module *module = &from->modules[i];

		if (!__atomic_load_n(&module->ready, __ATOMIC_ACQUIRE) ||
		    site < module->start || site >= module->end)
			continue;
		to->address = site - module->base;
		to->build_id_size = module->build_id_size;
		memcpy(to->build_id, module->build_id, sizeof(to->build_id));
		memcpy(to->path, module->path, sizeof(to->path));
		return;
	}
}

static void describe(struct belay_summary_unfinished *to,
		     const struct source *from, const struct group *group)
{
	const struct belay_table_operation *operation =
		&from->operations[group->number];

	to->pid = from->table->pid;
	to->count = group->count;
	to->state = (uint32_t)group->state;
	to->oldest_ns = belay_clock_ns(belay_clock_now() - group->begun);
	(void)snprintf(to->operation, sizeof(to->operation), "%s.%s",
		       operation->api, operation->name);
	name_place(to, from, group->site);
}

static bool same_place(const struct belay_summary_unfinished *a,
		       const struct belay_summary_unfinished *b)
{
	return a->address == b->address &&
	       a->build_id_size == b->build_id_size &&
	       memcmp(a->build_id, b->build_id, sizeof(a->build_id)) == 0 &&
	       strncmp(a->operation, b->operation, sizeof(a->operation)) == 0 &&
	       strncmp(a->path, b->path, sizeof(a->path)) == 0;
}

/*
 * Adds to what another process left of the same place. Two that leave the
 * first ones at once make two entries, which a reader adds up. The age, the
 * process and the state of the oldest call are one after the other: they are
 * for people.
 */
static bool merge(struct belay_summary *summary,
		  const struct belay_summary_unfinished *more)
{
	uint32_t used =
		__atomic_load_n(&summary->unfinished_used, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < used && i < BELAY_SUMMARY_UNFINISHED; i++) {
		struct belay_summary_unfinished *to = &summary->unfinished[i];

		if (!__atomic_load_n(&to->ready, __ATOMIC_ACQUIRE) ||
		    !same_place(to, more))
			continue;
		(void)__atomic_fetch_add(&to->count, more->count,
					 __ATOMIC_RELAXED);
		if (__atomic_load_n(&to->oldest_ns, __ATOMIC_RELAXED) <
		    more->oldest_ns) {
			__atomic_store_n(&to->oldest_ns, more->oldest_ns,
					 __ATOMIC_RELAXED);
			__atomic_store_n(&to->pid, more->pid, __ATOMIC_RELAXED);
			__atomic_store_n(&to->state, more->state,
					 __ATOMIC_RELAXED);
		}
		return true;
	}
	return false;
}

static void add_unfinished(struct belay_summary *summary,
			   const struct source *from, const struct group *group)
{
	struct belay_summary_unfinished entry = {0};
	uint32_t index;

	describe(&entry, from, group);
	if (merge(summary, &entry))
		return;
	index = __atomic_fetch_add(&summary->unfinished_used, 1,
				   __ATOMIC_RELAXED);
	if (index >= BELAY_SUMMARY_UNFINISHED) {
		(void)__atomic_fetch_add(&summary->lost[BELAY_LOST_UNFINISHED],
					 group->count, __ATOMIC_RELAXED);
		return;
	}
	summary->unfinished[index] = entry;
	__atomic_store_n(&summary->unfinished[index].ready, 1,
			 __ATOMIC_RELEASE);
}

static void fold_unfinished(struct belay_summary *summary,
			    const struct source *from)
{
	struct group groups[GROUPS] = {{0}};
	uint64_t lost = 0;

	for (uint32_t i = 1; i < from->slots_used; i++)
		add_slot(groups, &from->slots[i], &lost);
	for (unsigned int i = 0; i < GROUPS && groups[i].count; i++)
		if (is_operation(from, groups[i].number))
			add_unfinished(summary, from, &groups[i]);
	(void)__atomic_fetch_add(&summary->lost[BELAY_LOST_UNFINISHED], lost,
				 __ATOMIC_RELAXED);
}

static void fold(int folder, const struct source *from)
{
	struct belay_summary *summary = open_summary(folder);
	struct belay_table *table = from->table;

	if (!summary)
		return;
	fold_counters(summary, from);
	fold_unfinished(summary, from);
	for (unsigned int i = 0; i < BELAY_LOSS_KINDS; i++)
		(void)__atomic_fetch_add(&summary->lost[i],
					 __atomic_exchange_n(&table->lost[i], 0,
							     __ATOMIC_RELAXED),
					 __ATOMIC_RELAXED);
	(void)__atomic_fetch_add(&summary->cost_ns_sum, table->cost_ns,
				 __ATOMIC_RELAXED);
	(void)__atomic_fetch_add(&summary->processes, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&table->state, BELAY_TABLE_FOLDED, __ATOMIC_RELEASE);
	(void)munmap(summary, sizeof(*summary));
}

void belayi_fold_own(int folder)
{
	const struct source from = {
		.table = belayi_process.table,
		.operations = belayi_process.operations,
		.modules = belayi_process.modules,
		.lanes = belayi_process.lanes,
		.lanes_used = belayi_process.own->lanes_used,
		.slots = belayi_process.slots,
		.slots_used = belayi_slots_used(),
	};

	fold(folder, &from);
}

static bool inside(size_t size, uint64_t offset, uint64_t bytes)
{
	return offset <= size && bytes <= size - offset;
}

static bool is_sound(const struct belay_table *table, size_t size)
{
	return table->magic == BELAY_TABLE_MAGIC &&
	       table->layout == BELAY_LAYOUT && table->size == size &&
	       table->state == BELAY_TABLE_LIVE &&
	       table->slots_reserved <= table->slots &&
	       inside(size, table->operations_offset,
		      sizeof(struct belay_table_operation) *
			      BELAY_OPERATIONS_MAX) &&
	       inside(size, table->modules_offset,
		      sizeof(struct belay_table_module) * BELAY_MODULES_MAX) &&
	       inside(size, table->lanes_offset,
		      sizeof(struct belay_lane) * BELAY_LANES_MAX) &&
	       inside(size, table->slots_offset,
		      (uint64_t)sizeof(struct belay_slot) * table->slots);
}

void belayi_fold_left(int folder, const char *name)
{
	size_t size;
	struct belay_table *table =
		map_file(folder, name, sizeof(*table), &size);
	char *map = (char *)table;

	if (!table)
		return;
	if (is_sound(table, size)) {
		const struct source from = {
			.table = table,
			.operations =
				(const struct belay_table_operation
					 *)(map + table->operations_offset),
			.modules = (const struct belay_table_module
					    *)(map + table->modules_offset),
			.lanes = (struct belay_lane *)(map +
						       table->lanes_offset),
			.lanes_used = table->lanes_reserved,
			.slots = (const struct belay_slot
					  *)(map + table->slots_offset),
			.slots_used = table->slots_reserved,
		};

		fold(folder, &from);
	}
	(void)munmap(table, size);
}
