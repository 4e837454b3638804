/* SPDX-License-Identifier: MIT */
/*
 * pq_connection.c - the records of connections, found by PGconn
 *
 * Fixed tables of cache lines with eight keys each; a key that finds its line
 * full goes to one of the next few. What a line says is read without a lock,
 * also in a signal handler. The records are wiped in a forked child: the
 * parent's calls are not its own, nor is anybody there who cancels one.
 *
 * A thread looks at the connection that it found last first of all. Records are
 * never unmapped; one that is nobody's, or another's by now, says so.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "pq.h"

#define KEYS_A_LINE 8
#define LINES 512 /* a power of two */
#define TRIES 4
#define ROOM (LINES * KEYS_A_LINE)

/* A key that is being entered; no object has this address. */
#define CLAIMED 1

struct keys {
	uintptr_t keys[LINES][KEYS_A_LINE] __attribute__((aligned(64)));
};

struct table {
	struct keys keys;
	struct pq_connection records[ROOM];
};

static struct table *connections;

__thread struct pq_connection *pq_found_last;

/* Objects for cancelling: in a child they are what they were. */
static struct keys objects;
static PGconn *owners[ROOM];

static uint32_t line_of(uintptr_t key)
{
	uint64_t hashed = (key >> 4) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(hashed >> 32);
}

/* Return: the index of the key, or -1. */
static int find(struct keys *keys, uintptr_t key)
{
	for (uint32_t step = 0; step < TRIES; step++) {
		uint32_t line = (line_of(key) + step) % LINES;

		for (uint32_t i = 0; i < KEYS_A_LINE; i++)
			if (__atomic_load_n(&keys->keys[line][i],
					    __ATOMIC_ACQUIRE) == key)
				return (int)(line * KEYS_A_LINE + i);
	}
	return -1;
}

/* Return: the index of a place that is the caller's to publish, or -1. */
static int claim(struct keys *keys, uintptr_t key)
{
	for (uint32_t step = 0; step < TRIES; step++) {
		uint32_t line = (line_of(key) + step) % LINES;

		for (uint32_t i = 0; i < KEYS_A_LINE; i++) {
			uintptr_t nothing = 0;

			if (__atomic_compare_exchange_n(
				    &keys->keys[line][i], &nothing, CLAIMED,
				    false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return (int)(line * KEYS_A_LINE + i);
		}
	}
	return -1;
}

/* Release pairs with find(): what belongs to the key is written. */
static void publish(struct keys *keys, int index, uintptr_t key)
{
	__atomic_store_n(&keys->keys[0][0] + index, key, __ATOMIC_RELEASE);
}

static struct table *table(void)
{
	return __atomic_load_n(&connections, __ATOMIC_ACQUIRE);
}

/* At the first connection; two threads at once make two, and one goes. */
static struct table *make_table(void)
{
	struct table *nobody = NULL;
	struct table *made =
		mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (made == MAP_FAILED)
		return NULL;
	if (madvise(made, sizeof(*made), MADV_WIPEONFORK) == 0 &&
	    __atomic_compare_exchange_n(&connections, &nobody, made, false,
					__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
		return made;
	(void)munmap(made, sizeof(*made));
	return nobody;
}

struct pq_connection *pq_connection_look_up(const PGconn *conn)
{
	struct table *all = table();
	int index = all && conn ? find(&all->keys, (uintptr_t)conn) : -1;

	if (index < 0)
		return NULL;
	pq_found_last = &all->records[index];
	return &all->records[index];
}

/* Another thread may just look whether the record is that of its connection. */
static void start_record(struct pq_connection *record, PGconn *conn,
			 const void *library)
{
	memset((char *)record + sizeof(record->conn), 0,
	       sizeof(*record) - sizeof(record->conn));
	record->library = library;
	record->caller = pq_caller_make(library);
	__atomic_store_n(&record->conn, conn, __ATOMIC_RELEASE);
}

__attribute__((noinline, cold)) static struct pq_connection *
make(PGconn *conn, const void *library)
{
	struct table *all = table();
	int index;

	if (!all)
		all = make_table();
	index = all && conn ? claim(&all->keys, (uintptr_t)conn) : -1;
	if (index < 0)
		return NULL;
	start_record(&all->records[index], conn, library);
	publish(&all->keys, index, (uintptr_t)conn);
	return &all->records[index];
}

struct pq_connection *pq_connection_make(PGconn *conn, const void *library)
{
	return pq_connection_find(conn) ?: make(conn, library);
}

void pq_connection_forget(struct pq_connection *connection)
{
	struct table *all = table();

	__atomic_store_n(&connection->conn, NULL, __ATOMIC_RELAXED);
	publish(&all->keys, (int)(connection - all->records), 0);
}

void pq_pointer_put(const void *object, PGconn *conn)
{
	int index = claim(&objects, (uintptr_t)object);

	if (index < 0)
		return;
	owners[index] = conn;
	publish(&objects, index, (uintptr_t)object);
}

PGconn *pq_pointer_get(const void *object)
{
	int index = object ? find(&objects, (uintptr_t)object) : -1;

	return index < 0 ? NULL : owners[index];
}

void pq_pointer_drop(const void *object)
{
	int index = object ? find(&objects, (uintptr_t)object) : -1;

	if (index >= 0)
		publish(&objects, index, 0);
}
