/* SPDX-License-Identifier: MIT */
/*
 * belay/table.h - the files of a session, as anybody may read them
 *
 * A session is a folder. Each process keeps its *call table* there, a file
 * that it maps shared: what is in flight now, and the counters of every
 * operation. A process that ends well adds its counters to the session's
 * *summary* and removes its table; one that dies leaves its table behind.
 *
 * Reading a table of a live process: read the slot's word, copy the slot,
 * then read the word again (acquire, fence): a slot whose word changed is
 * skipped, and so is one whose operation is 0, because its Begin is still
 * writing it. Whatever else changes is one atomic each. A reader trusts no
 * offset, no count and no text: the file may be hostile, so it checks every
 * one against the file's size before use. The file has holes where nothing was
 * ever written: who maps it, and touches one, makes the file system fill it.
 *
 * All numbers are in the machine's own byte order and size (LP64).
 */
#ifndef BELAY_TABLE_H
#define BELAY_TABLE_H

#include <stdint.h>

#include <belay/call.h>
#include <belay/clock.h>

#define BELAY_TABLE_MAGIC UINT64_C(0x454c4241595f4243)
#define BELAY_SUMMARY_MAGIC UINT64_C(0x454c4241595f4d53)
#define BELAY_LAYOUT 3

#define BELAY_SLOTS_DEFAULT 4096
#define BELAY_SLOTS_MAX 16777216
#define BELAY_OPERATIONS_MAX 256
#define BELAY_MODULES_MAX 128
#define BELAY_LANES_MAX 128
#define BELAY_PATH_MAX 208
#define BELAY_BUILD_ID_MAX 20

/*
 * Bytes of an operation's names, the zero included; what is longer is cut.
 * "com" and "IStorageProvider.OpenStream" are "com.IStorageProvider.OpenStream".
 */
#define BELAY_API_MAX 16
#define BELAY_NAME_MAX 96
#define BELAY_FULL_NAME_MAX (BELAY_API_MAX + BELAY_NAME_MAX)

/*
 * Histogram of durations: value v in ns falls into bucket
 *
 *     v                             for v < 8
 *     (e - 2) * 8 + (v >> (e - 3)) - 8   for 2^e <= v < 2^(e+1), e >= 3
 *
 * that is, eight buckets for each power of two: a bucket is at most 12.5 %
 * wide. Durations of 2^40 ns (18 minutes) and more share the last bucket.
 */
#define BELAY_BUCKETS 304

static inline unsigned int belay_bucket(uint64_t ns)
{
	unsigned int e;

	if (ns < 8)
		return (unsigned int)ns;
	e = 63U - (unsigned int)__builtin_clzll(ns);
	if (e >= 40)
		return BELAY_BUCKETS - 1;
	return (e - 2) * 8 + (unsigned int)(ns >> (e - 3)) - 8;
}

/* belay_bucket_floor() - the smallest duration that falls into a bucket */
static inline uint64_t belay_bucket_floor(unsigned int bucket)
{
	if (bucket < 8)
		return bucket;
	return (uint64_t)(bucket % 8 + 8) << (bucket / 8 - 1);
}

/* What a process could not record. */
#define BELAY_LOSSES(X)                                                        \
	X(CALLS, "calls", "the call table was full")                           \
	X(OPERATIONS, "operations", "too many kinds of operation")             \
	X(MODULES, "modules", "too many modules to name a call site")          \
	X(LANES, "lanes", "counters shared between threads")                   \
	X(DOUBLE, "double", "a second Begin on an object that is in use")      \
	X(UNFINISHED, "unfinished", "no room to list an unfinished call")

enum belay_loss {
#define BELAY_LOSS_VALUE(name, word, sentence) BELAY_LOST_##name,
	BELAY_LOSSES(BELAY_LOSS_VALUE)
#undef BELAY_LOSS_VALUE
		BELAY_LOSS_KINDS
};

/* The life of a table. */
enum belay_table_state {
	BELAY_TABLE_BUILDING,
	BELAY_TABLE_LIVE,
	BELAY_TABLE_FOLDED, /* its counters are in the summary */
};

/*
 * The head of a call table: "calls.PID.STARTTIME". start_time is field 22 of
 * /proc/PID/stat; if that of the living process differs, this one is dead.
 * Sections are arrays at an offset from the start of the file.
 */
struct belay_table {
	uint64_t magic;
	uint32_t layout;
	uint32_t state; /* enum belay_table_state */
	uint64_t size;  /* of the file */
	uint32_t pid;
	uint32_t clock; /* enum belay_clock */
	uint64_t start_time;
	struct belay_clock_pair opened;
	uint64_t tick_ns_q32;       /* ns per tick, times 2^32; a first guess */
	uint32_t cost_ns;           /* of recording one call, measured */
	uint32_t slots;             /* slot 0 is never used */
	uint32_t operations_offset; /* BELAY_OPERATIONS_MAX of them */
	uint32_t modules_offset;    /* BELAY_MODULES_MAX of them */
	uint32_t lanes_offset;      /* BELAY_LANES_MAX of them */
	uint32_t slots_offset;
	uint64_t lost[BELAY_LOSS_KINDS];
	char executable[BELAY_PATH_MAX];
	uint32_t rules_offset;   /* a struct belay_table_rules; 0: no rules */
	uint32_t slots_reserved; /* those beyond are holes, never used */
	/* A bit for each lane; the others may be holes, and were never used. */
	uint64_t lanes_reserved[BELAY_LANES_MAX / 64];
};

struct belay_table_argument {
	uint32_t type; /* enum belay_argument_type */
	char name[12];
};

/* One operation; its number is its index and more than 0. */
struct belay_table_operation {
	uint32_t ready; /* 1 once the rest is written */
	uint32_t status_kind;
	uint32_t cancel_mode;
	uint32_t reserved;
	char api[BELAY_API_MAX];
	char name[BELAY_NAME_MAX];
	struct belay_table_argument arguments[BELAY_ARGUMENTS_MAX];
};

/* One module (executable or library) that calls were begun from. */
struct belay_table_module {
	uint32_t ready; /* 1 once the rest is written */
	uint32_t build_id_size;
	uint64_t start; /* its addresses: start <= a < end */
	uint64_t end;
	uint64_t base; /* address minus base is the ELF's own */
	uint8_t build_id[BELAY_BUILD_ID_MAX];
	char path[BELAY_PATH_MAX - 4];
};

/*
 * The counters of one operation. `calls` counts every Begin that was let
 * through; it is refused + finished + in flight. `finished` counts succeeded,
 * failed, canceled and uncollected ones; `latency` and the histogram all of
 * these but the uncollected.
 */
struct belay_counters {
	/* Most calls change these and no others: they are in one line. */
	uint64_t calls;
	uint64_t finished;
	uint64_t bytes;       /* results of the succeeded ones */
	uint64_t latency_sum; /* ns from begin to finish */
	uint64_t latency_max;
	uint64_t refused; /* turned down by the API */
	uint64_t pending; /* Begins turned down: RPC_E_CALL_PENDING */
	uint64_t cancels; /* cancels that were asked for */
	uint64_t failed;
	uint64_t canceled;
	uint64_t uncollected;
	uint64_t latency[BELAY_BUCKETS];
};

/* One thread's counters of one operation; readers add up all lanes. */
struct belay_lane {
	uint32_t operation; /* its number; 0: the lane is free */
	uint32_t thread;    /* 0: shared by all threads */
	uint64_t reserved[7];
	struct belay_counters counters;
	uint64_t padding[5];
};

/*
 * One call. The first line is the call object itself (belay/call.h); its
 * `operation` is an address in the process and says nothing to a reader but
 * that, once it is not 0, the rest is written.
 *
 * Or, where the call's `number` has BELAY_SLOT_SERVED, a call that the process
 * serves at this moment: id is the call's in the process `owner` that began it,
 * begun when it came to this method, thread the one that it was entered on, and
 * site the method.
 */
#define BELAY_SLOT_SERVED 0x8000

struct belay_slot {
	struct belay_call call;
	uint64_t key;
	uint64_t owner;
	uint64_t site;     /* an address: see the modules */
	uint64_t deadline; /* ns after its begin; 0: none */
	uint64_t args[BELAY_ARGUMENTS_MAX];
};

_Static_assert(sizeof(struct belay_call) == 64, "one cache line");
_Static_assert(sizeof(struct belay_slot) == 128, "two cache lines");
_Static_assert(sizeof(struct belay_lane) % 64 == 0, "whole cache lines");
_Static_assert(sizeof(struct belay_table_operation) == 192, "layout 3");
_Static_assert(sizeof(struct belay_table_module) == 256, "layout 3");

/*
 * What rules did to the call in flight whose id it is; of another id it says
 * nothing. Written when the call begins, the id last.
 */
#define BELAY_ACTED_MAX 6

struct belay_acted {
	uint64_t id;
	uint8_t held; /* 1: its completion is kept back */
	uint8_t count;
	uint8_t rules[BELAY_ACTED_MAX]; /* their numbers less 1 */
};

#define BELAY_RULES_MAX 256

/* What rules do in one process: its own counters, and `slots` of the other. */
struct belay_table_rules {
	struct {
		uint64_t fired; /* calls that the rule acted on */
		uint64_t reserved[7];
	} rules[BELAY_RULES_MAX];
	struct belay_acted acted[];
};

/*
 * belay_acted_index() - which of them is a slot's: neighbours, which threads
 * may share out among them, do not share a cache line
 */
static inline uint32_t belay_acted_index(uint32_t slot)
{
	return (slot & ~UINT32_C(15)) | (slot & 3) << 2 | (slot >> 2 & 3);
}

/* belay_acted_count() - how many there are; some are no slot's */
static inline uint32_t belay_acted_count(uint32_t slots)
{
	return (slots + 15) & ~UINT32_C(15);
}

/*
 * The summary: what processes that ended well leave. Every number is added to
 * atomically, by several processes at once; nothing is ever taken out.
 */
#define BELAY_SUMMARY_OPERATIONS 128
#define BELAY_SUMMARY_UNFINISHED 64

struct belay_summary_operation {
	uint64_t hash;  /* of "api.name", not 0; 0: free */
	uint32_t ready; /* 1 once the names are written */
	uint32_t status_kind;
	char api[BELAY_API_MAX];
	char name[BELAY_NAME_MAX];
	struct belay_counters counters;
};

/* Calls that were never finished, of one operation, begun at one place. */
struct belay_summary_unfinished {
	uint32_t ready; /* 1 once the rest is written */
	uint32_t pid;
	uint64_t count;
	uint64_t address; /* in the ELF file `path`; 0: unknown */
	uint32_t state;   /* enum belay_state of the oldest */
	uint32_t build_id_size;
	uint64_t oldest_ns; /* age of the oldest one at the end */
	uint8_t build_id[BELAY_BUILD_ID_MAX];
	char path[BELAY_PATH_MAX - 4];
	char operation[BELAY_FULL_NAME_MAX]; /* "aio.read" */
};

struct belay_summary {
	uint64_t magic;
	uint32_t layout;
	uint32_t unfinished_used; /* may grow beyond the array: then lost */
	uint64_t size;            /* of the file */
	uint64_t processes;       /* that added themselves here */
	uint64_t cost_ns_sum;     /* of theirs, to make an average */
	uint64_t lost[BELAY_LOSS_KINDS];
	struct belay_summary_operation operations[BELAY_SUMMARY_OPERATIONS];
	struct belay_summary_unfinished unfinished[BELAY_SUMMARY_UNFINISHED];
};

/*
 * What rules did, in a session that has rules: "rules.state", beside "rules",
 * which holds their texts, one a line. Made by `belay run`; all processes of
 * the session map it shared, and change it atomically.
 */
#define BELAY_RULES_MAGIC UINT64_C(0x454c4241595f5255)
#define BELAY_RULES_LOG 1024      /* entries, without a record */
#define BELAY_RULES_RECORD 262144 /* with one, at most: 64 MiB */

/* What became of one rule. */
#define BELAY_RULE_COUNTERS(X)                                                 \
	X(matched, "calls that its conditions fit; added when a process ends") \
	X(fired, "calls that it acted on")                                     \
	X(shadowed, "calls where another rule's effect took its place")        \
	X(crowded, "calls that as many rules as can acted on before it")       \
	X(idle, "calls whose results were short enough")                       \
	X(asked, "calls that it asked to cancel")                              \
	X(canceled, "calls that ended as cancelled after that")                \
	X(not_canceled, "calls that it could not cancel")                      \
	X(unable, "calls where what it asks cannot be done soundly")

struct belay_rule_state {
#define BELAY_RULE_COUNTER(name, sentence) uint64_t name;
	BELAY_RULE_COUNTERS(BELAY_RULE_COUNTER)
#undef BELAY_RULE_COUNTER
	uint64_t counted; /* the session's n, of a rule that counts so */
	uint64_t spent;   /* 1: `once` has been */
};

/* What is listed of a call. */
enum belay_rule_entry_kind {
	BELAY_ENTRY_NONE,
	BELAY_ENTRY_FIRED,        /* only where a record is made */
	BELAY_ENTRY_NOT_CANCELED, /* once for each site */
};

struct belay_rule_entry {
	uint32_t ready; /* 1 once the rest is written */
	uint16_t rule;  /* its number, from 1 */
	uint16_t kind;  /* enum belay_rule_entry_kind */
	uint32_t pid;
	uint32_t build_id_size;
	uint64_t n;       /* the rule's n-th call at this site */
	uint64_t address; /* of the site, in the ELF file `path` */
	uint8_t build_id[BELAY_BUILD_ID_MAX];
	char path[BELAY_PATH_MAX - 4];
};

struct belay_rules_state {
	uint64_t magic;
	uint32_t layout;
	uint32_t rules_count;
	uint64_t size; /* of the file */
	uint64_t seed;
	uint64_t began_ns;     /* the session, CLOCK_MONOTONIC */
	uint32_t recording;    /* whether what fires is listed */
	uint32_t replaying;    /* whether "replay" says what fires */
	uint32_t entries;      /* room for so many */
	uint64_t entries_used; /* may grow beyond the room: then lost */
	struct belay_rule_state rules[BELAY_RULES_MAX];
	struct belay_rule_entry list[];
};

/*
 * What a rule with a trigger is to fire at, in a session that replays a
 * record: the file "replay", sorted by its members in their order. A rule
 * without a trigger acts on every call that it fits, as ever.
 */
struct belay_replay_entry {
	uint32_t rule; /* its number, from 1 */
	uint32_t reserved;
	uint64_t site; /* belay_site_hash() */
	uint64_t n;    /* the rule's n-th call at this site */
};

/*
 * belay_site_hash() - names a site in every run: by the last part of its
 * module's path and the address in that ELF file (FNV-1a)
 */
static inline uint64_t belay_site_hash(const char *path, uint64_t address)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const char *base = path;

	for (const char *c = path; *c; c++)
		if (*c == '/')
			base = c + 1;
	for (const char *c = base; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	for (unsigned int i = 0; i < 8; i++)
		hash = (hash ^ (address >> 8 * i & 0xff)) *
		       UINT64_C(0x100000001b3);
	return hash;
}

#endif
