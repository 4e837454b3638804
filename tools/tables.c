/* SPDX-License-Identifier: MIT */
/*
 * tables.c - reads the call tables of a session
 */
#include "tables.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_whole.h"

#define CHUNK 256

bool table_name(const char *name, uint32_t *ret_pid, uint64_t *ret_start)
{
	uint32_t pid;
	uint64_t start;
	char again[64];

	if (sscanf(name, "calls.%" SCNu32 ".%" SCNu64, &pid, &start) != 2)
		return false;
	(void)snprintf(again, sizeof(again), "calls.%" PRIu32 ".%" PRIu64, pid,
		       start);
	if (strcmp(name, again) != 0 || pid == 0)
		return false;
	*ret_pid = pid;
	*ret_start = start;
	return true;
}

/* The program's name in /proc/PID/stat may hold anything, also ") R 1". */
bool table_process_lives(uint32_t pid, uint64_t start_time)
{
	char path[32], stat[1024];
	uint64_t start;
	char state, *end;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, stat, sizeof(stat) - 1);
	(void)close(fd);
	stat[n > 0 ? n : 0] = '\0';
	end = strrchr(stat, ')');
	if (!end || sscanf(end + 1,
			   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
			   "%*u %*d %*d %*d %*d %*d %*d %" SCNu64,
			   &state, &start) != 2)
		return false;
	return state != 'Z' && state != 'X' && start == start_time;
}

static bool fits(const struct table *table, uint64_t offset, uint64_t count,
		 size_t size)
{
	return offset >= sizeof(struct belay_table) && offset % 8 == 0 &&
	       offset + count * size <= table->file_size;
}

const char table_other_version[] = "it is of another version of Belay";

/* Return: why it is no table, "" if it is one, NULL if it is not yet one. */
static const char *check_head(struct table *table, uint32_t pid, uint64_t start)
{
	struct belay_table *head = &table->head;

	/* The magic is written last: its process is at its start, or died so. */
	if (head->magic == 0 && head->state == BELAY_TABLE_BUILDING)
		return NULL;
	if (head->magic != BELAY_TABLE_MAGIC)
		return "it is no call table";
	if (head->layout != BELAY_LAYOUT)
		return table_other_version;
	if (head->pid != pid || head->start_time != start)
		return "it tells of another process than its name";
	if (head->clock > BELAY_CLOCK_TSC)
		return "it has an unknown clock";
	if (head->size > table->file_size)
		return "it is cut short";
	if (head->slots == 0 || head->slots > BELAY_SLOTS_MAX)
		return "its number of slots is impossible";
	if (!fits(table, head->operations_offset, BELAY_OPERATIONS_MAX,
		  sizeof(struct belay_table_operation)) ||
	    !fits(table, head->modules_offset, BELAY_MODULES_MAX,
		  sizeof(struct belay_table_module)) ||
	    !fits(table, head->lanes_offset, BELAY_LANES_MAX,
		  sizeof(struct belay_lane)) ||
	    !fits(table, head->slots_offset, head->slots,
		  sizeof(struct belay_slot)) ||
	    (head->rules_offset &&
	     (!fits(table, head->rules_offset, 1,
		    sizeof(struct belay_table_rules)) ||
	      !fits(table,
		    head->rules_offset + sizeof(struct belay_table_rules),
		    belay_acted_count(head->slots),
		    sizeof(struct belay_acted)))))
		return "its parts reach beyond its end";
	head->executable[sizeof(head->executable) - 1] = '\0';
	return "";
}

static void check_operation(struct belay_table_operation *operation)
{
	operation->api[sizeof(operation->api) - 1] = '\0';
	operation->name[sizeof(operation->name) - 1] = '\0';
	for (size_t i = 0; i < BELAY_ARGUMENTS_MAX; i++) {
		struct belay_table_argument *a = &operation->arguments[i];

		a->name[sizeof(a->name) - 1] = '\0';
		if (a->type > BELAY_ARGUMENT_TEXT)
			a->type = BELAY_ARGUMENT_NONE;
	}
}

static void check_module(struct belay_table_module *module)
{
	module->path[sizeof(module->path) - 1] = '\0';
	if (module->build_id_size > BELAY_BUILD_ID_MAX)
		module->build_id_size = 0;
}

/* The names; again when a call shows one that was not there before. */
static bool read_names(struct table *table)
{
	if (!read_whole(table->fd, table->operations, sizeof(table->operations),
			table->head.operations_offset) ||
	    !read_whole(table->fd, table->modules, sizeof(table->modules),
			table->head.modules_offset))
		return false;
	for (size_t i = 0; i < BELAY_OPERATIONS_MAX; i++)
		check_operation(&table->operations[i]);
	for (size_t i = 0; i < BELAY_MODULES_MAX; i++)
		check_module(&table->modules[i]);
	return true;
}

static const char *read_table(struct table *table, int folder, const char *name)
{
	const char *why;
	uint64_t start;
	struct stat st;
	uint32_t pid;

	if (!table_name(name, &pid, &start))
		return "its name is not calls.PID.STARTTIME";
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode))
		return "it is no regular file";
	table->live = table_process_lives(pid, start);
	table->fd = openat(folder, name,
			   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (table->fd < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (fstat(table->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "it is no regular file";
	table->file_size = (uint64_t)st.st_size;
	table->foreign = st.st_uid != geteuid();
	if (table->file_size == 0)
		return NULL;
	if (!read_whole(table->fd, &table->head, sizeof(table->head), 0))
		return "it is cut short";
	why = check_head(table, pid, start);
	if (why && !*why && !read_names(table))
		return "it is cut short";
	table->now = belay_clock_pair();
	return why;
}

struct table *table_open(int folder, const char *name, const char **ret_why)
{
	struct table *table = calloc(1, sizeof(*table));

	*ret_why = "no memory";
	if (!table)
		return NULL;
	table->fd = -1;
	*ret_why = read_table(table, folder, name);
	if (*ret_why && !**ret_why)
		return table;
	return table_close(table);
}

struct table *table_close(struct table *table)
{
	if (table && table->fd >= 0)
		(void)close(table->fd);
	free(table);
	return NULL;
}

/*
 * A slot is as it was at one moment if its word is the same before and after
 * it was copied, and its Begin had written the operation, which comes last.
 * The three reads are system calls, which the processor does
 * not reorder on x86-64.
 */
static size_t read_chunk(const struct table *table, uint64_t first,
			 size_t count, struct belay_slot *slots)
{
	struct belay_slot other[CHUNK];
	uint64_t words[CHUNK], offset;
	size_t size = count * sizeof(*slots), busy = 0;

	offset = table->head.slots_offset + first * sizeof(*slots);
	if (!read_whole(table->fd, other, size, offset))
		return 0;
	for (size_t i = 0; i < count; i++) {
		words[i] = other[i].call.word;
		busy += belay_word_state(words[i]) != BELAY_CALL_IDLE;
	}
	if (busy == 0 || !read_whole(table->fd, slots, size, offset) ||
	    !read_whole(table->fd, other, size, offset))
		return 0;
	busy = 0;
	for (size_t i = 0; i < count; i++) {
		if (words[i] == other[i].call.word &&
		    words[i] == slots[i].call.word &&
		    belay_word_state(words[i]) != BELAY_CALL_IDLE &&
		    slots[i].call.operation) {
			slots[i].call.slot = (uint32_t)(first + i);
			slots[busy++] = slots[i];
		}
	}
	return busy;
}

void table_each(struct table *table,
		bool (*visit)(struct table *table,
			      const struct belay_slot *slot, void *data),
		void *data)
{
	struct belay_slot slots[CHUNK];

	for (uint64_t first = 1; first < table->head.slots; first += CHUNK) {
		uint64_t left = table->head.slots - first;
		size_t busy = read_chunk(table, first,
					 left < CHUNK ? left : CHUNK, slots);

		for (size_t i = 0; i < busy; i++)
			if (!visit(table, &slots[i], data))
				return;
	}
}

const struct belay_table_operation *table_operation(struct table *table,
						    unsigned int number)
{
	if (number == 0 || number >= BELAY_OPERATIONS_MAX)
		return NULL;
	if (!table->operations[number].ready && table->live)
		(void)read_names(table);
	return table->operations[number].ready ? &table->operations[number]
					       : NULL;
}

char *table_operation_name(const struct belay_table_operation *operation,
			   char name[BELAY_FULL_NAME_MAX])
{
	if (operation)
		(void)snprintf(name, BELAY_FULL_NAME_MAX, "%s.%s",
			       operation->api, operation->name);
	else
		strcpy(name, "?");
	return name;
}

static void add_lane(struct belay_counters *sum,
		     const struct belay_counters *lane)
{
	const uint64_t *from = (const uint64_t *)lane;
	uint64_t *to = (uint64_t *)sum;
	uint64_t max = sum->latency_max > lane->latency_max ? sum->latency_max
							    : lane->latency_max;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
	sum->latency_max = max;
}

void table_counters(const struct table *table,
		    struct belay_counters counters[BELAY_OPERATIONS_MAX])
{
	struct belay_lane lane;

	memset(counters, 0, BELAY_OPERATIONS_MAX * sizeof(*counters));
	for (size_t i = 0; i < BELAY_LANES_MAX; i++) {
		if (!read_whole(table->fd, &lane, sizeof(lane),
				table->head.lanes_offset + i * sizeof(lane)))
			return;
		if (lane.operation && lane.operation < BELAY_OPERATIONS_MAX)
			add_lane(&counters[lane.operation], &lane.counters);
	}
}

static const struct belay_table_module *find_module(const struct table *table,
						    uint64_t site)
{
	for (size_t i = 0; i < BELAY_MODULES_MAX; i++) {
		const struct belay_table_module *m = &table->modules[i];

		if (m->ready && site >= m->start && site < m->end)
			return m;
	}
	return NULL;
}

void table_place(struct table *table, uint64_t site, struct place *ret_place)
{
	const struct belay_table_module *module = find_module(table, site);

	if (!module && table->live && read_names(table))
		module = find_module(table, site);
	*ret_place = (struct place){.address = site};
	if (!module)
		return;
	ret_place->address = site - module->base;
	(void)snprintf(ret_place->path, sizeof(ret_place->path), "%s",
		       module->path);
	ret_place->build_id_size = module->build_id_size;
	memcpy(ret_place->build_id, module->build_id, module->build_id_size);
}

bool table_acted(const struct table *table, const struct belay_slot *slot,
		 struct belay_acted *ret_acted)
{
	uint64_t at = table->head.rules_offset +
		      sizeof(struct belay_table_rules) +
		      sizeof(*ret_acted) * belay_acted_index(slot->call.slot);

	if (!table->head.rules_offset ||
	    !read_whole(table->fd, ret_acted, sizeof(*ret_acted), at) ||
	    ret_acted->id != slot->call.id || !slot->call.id)
		return false;
	if (ret_acted->count > BELAY_ACTED_MAX)
		ret_acted->count = BELAY_ACTED_MAX;
	return true;
}

bool table_fired(const struct table *table, uint64_t fired[BELAY_RULES_MAX])
{
	struct belay_table_rules rules;

	if (!table->head.rules_offset ||
	    !read_whole(table->fd, &rules, sizeof(rules),
			table->head.rules_offset))
		return false;
	for (size_t i = 0; i < BELAY_RULES_MAX; i++)
		fired[i] = rules.rules[i].fired;
	return true;
}

/*
 * The two moments that the table and we know on both clocks give the length of
 * a tick. A table from another boot, or a hostile one, gives nonsense: 0.
 */
uint64_t table_age_ns(const struct table *table, uint64_t ticks)
{
	const struct belay_clock_pair *then = &table->head.opened;
	const struct belay_clock_pair *now = &table->now;
	double age;

	if (ticks == 0)
		return 0;
	if (table->head.clock == BELAY_CLOCK_MONOTONIC)
		return now->ns > ticks ? now->ns - ticks : 0;
	if (table->head.clock != belay_clock_kind() || now->ticks <= ticks ||
	    now->ticks <= then->ticks || now->ns <= then->ns)
		return 0;
	age = (double)(now->ticks - ticks) * (double)(now->ns - then->ns) /
	      (double)(now->ticks - then->ticks);
	return age < (double)INT64_MAX ? (uint64_t)age : 0;
}
