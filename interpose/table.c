/* SPDX-License-Identifier: MIT */
/*
 * table.c - the call table: a file of a fixed size, mapped shared
 *
 * Blocks are allocated before they are touched: writing to a hole on a full
 * tmpfs is a SIGBUS in somebody else's program, and growing a file beyond
 * RLIMIT_FSIZE a SIGXFSZ. At the start only those are that most programs use,
 * for each page costs a microsecond. A child process does not inherit the
 * mapping, or it would write into its parent's table.
 */
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fold.h"
#include "keymap.h"
#include "log.h"
#include "modules.h"

#define NAME_MAX_BYTES 64
#define PAGE UINT64_C(4096)

/* Reserved at the start: slots, and lanes of each kind. */
#define FIRST_SLOTS UINT32_C(512)
#define FIRST_LANES 16

BELAYI_EACH_CALL_READS struct belayi_process belayi_process = {0};

static char name[NAME_MAX_BYTES];
static uint64_t mapped_size; /* of the newest table */

bool belayi_private_make(uint32_t slots)
{
	uint32_t lines = belayi_keymap_lines(slots);
	size_t size = sizeof(struct belayi_private) +
		      lines * sizeof(struct belayi_keys);
	void *own = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (own == MAP_FAILED)
		return false;
	if (madvise(own, size, MADV_WIPEONFORK) < 0) {
		(void)munmap(own, size);
		return false;
	}
	belayi_process.keys_mask = lines - 1;
	__atomic_store_n(&belayi_process.own, own, __ATOMIC_RELEASE);
	return true;
}

/* Field 22 of /proc/self/stat. The command in field 2 may hold anything. */
static uint64_t start_time(void)
{
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at;

	if (fd >= 0)
		(void)close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static uint64_t up_to_page(uint64_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

static struct belay_table layout(uint32_t slots, bool ruled)
{
	struct belay_table head = {
		.layout = BELAY_LAYOUT,
		.pid = (uint32_t)getpid(),
		.start_time = start_time(),
		.slots = slots,
	};
	uint64_t at = PAGE;

	head.operations_offset = (uint32_t)at;
	at += sizeof(struct belay_table_operation) * BELAY_OPERATIONS_MAX;
	head.modules_offset = (uint32_t)at;
	at += sizeof(struct belay_table_module) * BELAY_MODULES_MAX;
	/* So that a thread's first lane is in one page, as its slots are. */
	at = up_to_page(at + BELAYI_SHARED_LANES * sizeof(struct belay_lane)) -
	     BELAYI_SHARED_LANES * sizeof(struct belay_lane);
	head.lanes_offset = (uint32_t)at;
	at = up_to_page(at + sizeof(struct belay_lane) * BELAY_LANES_MAX);
	head.slots_offset = (uint32_t)at;
	at = up_to_page(at + sizeof(struct belay_slot) * slots);
	if (ruled) {
		head.rules_offset = (uint32_t)at;
		at = up_to_page(at + sizeof(struct belay_table_rules) +
				sizeof(struct belay_acted) *
					belay_acted_count(slots));
	}
	head.size = at;
	return head;
}

static bool file_size_allowed(uint64_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
	       limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= size;
}

/* A file of this name is what this process left when it called exec. */
static int create(int folder)
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(folder, name, flags, 0600);

	if (fd < 0 && errno == EEXIST) {
		belayi_fold_left(folder, name);
		(void)unlinkat(folder, name, 0);
		fd = openat(folder, name, flags, 0600);
	}
	return fd;
}

bool belayi_table_reserve(const void *start, size_t size)
{
	uintptr_t first = (uintptr_t)start / PAGE * PAGE;
	uintptr_t end = (uintptr_t)start + size;
	int saved = errno;
	bool reserved =
		madvise((void *)first, end - first, MADV_POPULATE_WRITE) == 0;

	errno = saved;
	return reserved;
}

static int allocate(int fd, uint64_t start, uint64_t end)
{
	return start < end
		       ? posix_fallocate(fd, (off_t)start, (off_t)(end - start))
		       : 0;
}

/* The lanes of both kinds that are taken first; the rules act on any slot. */
static int allocate_first(int fd, const struct belay_table *head)
{
	uint64_t lane = sizeof(struct belay_lane);
	uint64_t slots = FIRST_SLOTS < head->slots ? FIRST_SLOTS : head->slots;
	uint64_t shared = head->lanes_offset;
	uint64_t own = shared + BELAYI_SHARED_LANES * lane;
	uint64_t rules = head->rules_offset ? head->rules_offset : head->size;
	int error = ftruncate(fd, (off_t)head->size) < 0 ? errno : 0;

	if (!error)
		error = allocate(fd, 0, shared + FIRST_LANES * lane);
	if (!error)
		error = allocate(fd, own, own + FIRST_LANES * lane);
	if (!error)
		error = allocate(fd, head->slots_offset,
				 head->slots_offset +
					 slots * sizeof(struct belay_slot));
	return error ? error : allocate(fd, rules, head->size);
}

static void note_reserved(struct belay_table *head, bool whole)
{
	if (whole || head->slots < FIRST_SLOTS)
		head->slots_reserved = head->slots;
	else
		head->slots_reserved = FIRST_SLOTS;
	for (unsigned int i = 0; i < BELAY_LANES_MAX; i++)
		if (whole || i % BELAYI_SHARED_LANES < FIRST_LANES)
			head->lanes_reserved[i / 64] |= UINT64_C(1) << i % 64;
}

/* Kernels before 5.14 reserve nothing by the mapping: there it is all now. */
static bool reserve_first(int fd, void *map, struct belay_table *head)
{
	bool later = belayi_table_reserve(map, sizeof(*head));

	note_reserved(head, !later);
	errno = later ? 0 : allocate(fd, 0, head->size);
	return errno == 0;
}

static void *map_file(int fd, struct belay_table *head)
{
	void *map;

	errno = allocate_first(fd, head);
	if (errno)
		return NULL;
	map = mmap(NULL, head->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	if (madvise(map, head->size, MADV_DONTFORK) == 0 &&
	    reserve_first(fd, map, head))
		return map;
	(void)munmap(map, head->size);
	return NULL;
}

static void *make_file(int folder, struct belay_table *head)
{
	void *map;
	int saved;
	int fd;

	if (!file_size_allowed(head->size)) {
		errno = EFBIG;
		return NULL;
	}
	fd = create(folder);
	if (fd < 0)
		return NULL;
	map = map_file(fd, head);
	saved = errno;
	if (!map)
		(void)unlinkat(folder, name, 0);
	(void)close(fd);
	errno = saved;
	return map;
}

static void adopt(char *map, const struct belay_table *head)
{
	struct belay_table *table = (struct belay_table *)map;

	*table = *head;
	table->clock = (uint32_t)belay_clock_kind();
	table->opened = belay_clock_pair();
	table->tick_ns_q32 = belay_clock_ns(UINT64_C(1) << 32);
	(void)snprintf(table->executable, sizeof(table->executable), "%s",
		       belayi_executable());
	belayi_process.table = table;
	belayi_process.operations =
		(struct belay_table_operation *)(map + head->operations_offset);
	belayi_process.modules =
		(struct belay_table_module *)(map + head->modules_offset);
	belayi_process.lanes = (struct belay_lane *)(map + head->lanes_offset);
	belayi_process.slots = (struct belay_slot *)(map + head->slots_offset);
	belayi_process.slots_count = head->slots;
	belayi_process.rules =
		head->rules_offset
			? (struct belay_table_rules *)(map + head->rules_offset)
			: NULL;
	belayi_process.pid = head->pid;
	table->state = BELAY_TABLE_LIVE;
	/* Last: before this a reader takes the file for none of ours. */
	__atomic_store_n(&table->magic, BELAY_TABLE_MAGIC, __ATOMIC_RELEASE);
}

/*
 * Where the parent's table was, no other comes: what a handler that forked
 * returns into may still hold a call of it.
 */
static void keep_free(void)
{
	if (belayi_process.table)
		(void)mmap(belayi_process.table, mapped_size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				   MAP_FIXED_NOREPLACE,
			   -1, 0);
}

bool belayi_table_make(int folder, const char *path, uint32_t slots, bool ruled)
{
	struct belay_table head = layout(slots, ruled);
	void *map;

	(void)snprintf(name, sizeof(name), "calls.%u.%llu", head.pid,
		       (unsigned long long)head.start_time);
	keep_free();
	map = make_file(folder, &head);
	mapped_size = head.size;
	if (!map) {
		if (errno == ENOENT)
			return false;
		belayi_log("Cannot make a call table: path=\"%s/%s\", "
			   "bytes=%llu, error=\"%s\"",
			   path, name, (unsigned long long)head.size,
			   strerror(errno));
		errno = EIO;
		return false;
	}
	adopt(map, &head);
	return true;
}

void belayi_table_drop(int folder)
{
	(void)unlinkat(folder, name, 0);
}
