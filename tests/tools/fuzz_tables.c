/* SPDX-License-Identifier: MIT */
/*
 * fuzz_tables.c - damages tables at random and reads them to the end
 *
 * Built with the address and undefined-behaviour sanitizers, which end it at
 * the first fault; so does an alarm, if a read does not come back.
 *
 * Usage: fuzz_tables SECONDS [SEED]
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "inflight.h"
#include "summary.h"
#include "tables.h"

#define SLOTS 64

static uint64_t random_state;

/* xorshift64*: the same numbers for the same seed everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static uint64_t some(uint64_t below)
{
	return next_random(&random_state) % below;
}

static uint64_t interesting(void)
{
	static const uint64_t values[] = {
		0,
		1,
		7,
		8,
		255,
		4095,
		4096,
		65535,
		BELAY_SLOTS_MAX,
		INT32_MAX,
		UINT32_MAX,
		UINT32_MAX - 7,
		INT64_MAX,
		UINT64_MAX,
		UINT64_MAX - 4095,
		UINT64_C(1) << 40,
		UINT64_C(1) << 63,
	};

	if (some(3) == 0)
		return next_random(&random_state);
	return values[some(sizeof(values) / sizeof(*values))];
}

/* Half of the changes hit the head, where offsets and counts are. */
static void damage(char *map, uint64_t size)
{
	for (uint64_t n = 1 + some(12); n; n--) {
		uint64_t value = interesting();
		size_t width = (size_t)1 << some(4);
		uint64_t at = some(2) ? some(sizeof(struct belay_table))
				      : some(size - 8);

		if (some(2))
			at &= ~(uint64_t)(width - 1);
		memcpy(map + at, &value, width);
	}
}

static void read_counters(struct table *table, struct summary *summary)
{
	struct belay_counters *counters =
		calloc(BELAY_OPERATIONS_MAX, sizeof(*counters));
	char name[BELAY_FULL_NAME_MAX];

	table_counters(table, counters);
	for (unsigned int i = 1; i < BELAY_OPERATIONS_MAX; i++) {
		if (!counters[i].calls)
			continue;
		table_operation_name(&table->operations[i], name);
		summary_counters_add(
			&summary_operation(summary, name)->counters,
			&counters[i]);
	}
	free(counters);
}

/* Return: whether it was taken for a table. */
static bool read_all(const struct fixture *fixture, FILE *nowhere)
{
	struct inflight inflight = {0};
	struct summary summary = {0};
	const char *why;
	struct table *table = table_open(fixture->folder, fixture->name, &why);

	if (!table)
		return false;
	inflight_add(&inflight, table);
	inflight_print(&inflight, nowhere);
	read_counters(table, &summary);
	memcpy(summary.lost, table->head.lost, sizeof(summary.lost));
	summary_print(&summary, nowhere);
	summary_json(&summary, nowhere);
	summary_deinit(&summary);
	inflight_deinit(&inflight);
	table_close(table);
	return true;
}

static void fill(struct fixture *fixture)
{
	for (uint32_t i = 1; i < SLOTS; i++)
		fixture_call(fixture, i, i, BELAY_CALL_PENDING);
	for (uint32_t i = 0; i < BELAY_LANES_MAX; i++) {
		fixture->lanes[i].operation = 1;
		fixture->lanes[i].counters.calls = 100;
		fixture->lanes[i].counters.finished = 90;
		for (uint32_t j = 0; j < BELAY_BUCKETS; j++)
			fixture->lanes[i].counters.latency[j] = j;
	}
}

/* A process that writes, and cuts its file, while it is read. */
struct vandal {
	struct fixture *fixture;
	uint64_t random;
	int stop;
};

static void *vandalize(void *data)
{
	struct vandal *vandal = data;
	const struct fixture *fixture = vandal->fixture;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture->path,
		       fixture->name);
	while (!__atomic_load_n(&vandal->stop, __ATOMIC_RELAXED)) {
		uint64_t size = next_random(&vandal->random) % fixture->size;

		(void)!truncate(path, (off_t)size);
		(void)!truncate(path, (off_t)fixture->size);
	}
	return NULL;
}

static unsigned long fuzz(struct fixture *fixture, time_t until, FILE *nowhere,
			  unsigned long *taken)
{
	char *good = malloc(fixture->size);
	unsigned long rounds = 0;

	memcpy(good, fixture->head, fixture->size);
	for (; time(NULL) < until; rounds++) {
		damage((char *)fixture->head, fixture->size);
		*taken += read_all(fixture, nowhere);
		memcpy(fixture->head, good, fixture->size);
	}
	free(good);
	return rounds;
}

/* The map is not touched meanwhile: that would be our own SIGBUS. */
static unsigned long race(struct fixture *fixture, time_t until, FILE *nowhere)
{
	struct vandal vandal = {.fixture = fixture, .random = random_state};
	unsigned long rounds = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, vandalize, &vandal) != 0)
		abort();
	for (; time(NULL) < until; rounds++)
		(void)read_all(fixture, nowhere);
	__atomic_store_n(&vandal.stop, 1, __ATOMIC_RELAXED);
	(void)pthread_join(thread, NULL);
	return rounds;
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? atol(argv[1]) : 5;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20240229;
	FILE *nowhere = fopen("/dev/null", "w");
	unsigned long rounds, races, taken = 0;
	struct fixture fixture;

	if (!nowhere)
		return 1;
	random_state = seed | 1;
	(void)alarm((unsigned int)seconds + 60);
	fixture_make(&fixture, SLOTS);
	fill(&fixture);
	rounds = fuzz(&fixture, time(NULL) + seconds, nowhere, &taken);
	races = race(&fixture, time(NULL) + 2, nowhere);
	fixture_remove(&fixture);
	printf("seed %" PRIu64 ": %lu damaged tables, %lu of them taken; %lu "
	       "read while they were cut\n",
	       seed, rounds, taken, races);
	/* A fuzzer that only ever knocks at the door tests nothing. */
	return rounds > 100 && taken > rounds / 20 && taken < rounds ? 0 : 1;
}
