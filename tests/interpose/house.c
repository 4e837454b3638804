/* SPDX-License-Identifier: MIT */
/*
 * house.c - a call table of one's own, for tests of what is inside
 */
#include "house.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "pipeline.h"
#include "slots.h"
#include "table.h"

#define THREADS_MAX 128

static uint32_t numbers[3];

uint32_t house_cancels, house_deliveries, house_wakes;
uint32_t house_wakes_slowly;
uint64_t house_cancels_on_record;
enum belay_answer house_answer = BELAY_ANSWER_CANCELED;

/* Of the read. */
static uint64_t cancels_on_record(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < BELAY_LANES_MAX; i++) {
		const struct belay_lane *lane = &belayi_process.lanes[i];

		if (__atomic_load_n(&lane->operation, __ATOMIC_RELAXED) ==
		    numbers[0])
			sum += __atomic_load_n(&lane->counters.cancels,
					       __ATOMIC_RELAXED);
	}
	return sum;
}

static enum belay_answer count_cancel(const struct belay_ref *ref,
				      int32_t *ret_status)
{
	enum belay_answer answer =
		__atomic_load_n(&house_answer, __ATOMIC_SEQ_CST);

	*ret_status = 0;
	(void)ref;
	__atomic_store_n(&house_cancels_on_record, cancels_on_record(),
			 __ATOMIC_SEQ_CST);
	(void)tally_add(&house_cancels);
	return answer;
}

static void count_delivery(const struct belay_ref *ref)
{
	(void)ref;
	(void)tally_add(&house_deliveries);
}

static void count_wake(const struct belay_ref *ref)
{
	(void)ref;
	(void)tally_add(&house_wakes);
	while (__atomic_load_n(&house_wakes_slowly, __ATOMIC_SEQ_CST))
		house_nap();
}

static const struct belay_error house_errors[] = {
	{EIO, BELAY_ERROR_AT_FINISH, "EIO"},
	{EAGAIN, BELAY_ERROR_AT_FINISH | BELAY_ERROR_AT_BEGIN, "EAGAIN"},
	{0, 0, NULL},
};

static const char *const house_derived[] = {"room", NULL};

static const char *derive(const struct belay_begin *begin, unsigned int index,
			  char space[BELAY_DERIVED_MAX])
{
	check(index == 0);
	(void)snprintf(space, BELAY_DERIVED_MAX, "room-%u",
		       (unsigned int)begin->args[0]);
	return space;
}

static const struct belay_operation house_operations[] = {
	{
		.size = sizeof(struct belay_operation),
		.number = &numbers[0],
		.api = "house",
		.name = "read",
		.arguments = {{"fd", BELAY_ARGUMENT_FD},
			      {"size", BELAY_ARGUMENT_SIZE},
			      {"note", BELAY_ARGUMENT_TEXT}},
		.errors = house_errors,
		.status_kind = BELAY_STATUS_ERRNO,
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,
		.cancel_needs = BELAY_CANCEL_ACCEPTED,
		.cancel = count_cancel,
		.deliver = count_delivery,
		.wake = count_wake,
		.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |
			  BELAY_FAULT_SHORT | BELAY_FAULT_HOLD,
		.derived = house_derived,
		.derive = derive,
	},
	{
		.size = sizeof(struct belay_operation),
		.number = &numbers[1],
		.api = "house",
		.name = "write",
		.status_kind = BELAY_STATUS_HRESULT,
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	},
};

static const struct belay_operation other_operation = {
	.size = sizeof(struct belay_operation),
	.number = &numbers[2],
	.api = "other",
	.name = "read",
	.status_kind = BELAY_STATUS_ERRNO,
};

const struct belay_adapter house_api = {
	.abi = BELAY_ADAPTER_ABI,
	.size = sizeof(house_api),
	.name = "house",
	.operations = house_operations,
	.operations_count = 2,
};

const struct belay_adapter other_api = {
	.abi = BELAY_ADAPTER_ABI,
	.size = sizeof(other_api),
	.name = "other",
	.operations = &other_operation,
	.operations_count = 1,
};

void house_fail(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	_exit(1);
}

static void open_house(uint32_t calls)
{
	char path[] = "/dev/shm/belay-test-XXXXXX";
	int folder;

	check(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(folder >= 0);
	belayi_threads_start();
	check(belayi_private_make(calls + 1));
	check(belayi_table_make(folder, path, calls + 1, true));
	belayi_table_drop(folder);
	(void)close(folder);
	(void)rmdir(path);
	__atomic_store_n(&belayi_process.own->life, BELAYI_LIVE,
			 __ATOMIC_RELEASE);
	belay_call_observe(&belayi_pipeline);
}

void in_house(uint32_t calls, void (*test)(void))
{
	int status = -1;
	pid_t child;

	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		belay_id_restart();
		open_house(calls);
		test();
		exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

void house_nap(void)
{
	const struct timespec moment = {.tv_nsec = 200000};

	(void)nanosleep(&moment, NULL);
}

void in_threads(unsigned int count, void *(*run)(void *number))
{
	pthread_t threads[THREADS_MAX];

	check(count <= THREADS_MAX);
	for (unsigned int i = 0; i < count; i++)
		check(pthread_create(&threads[i], NULL, run,
				     (void *)(uintptr_t)i) == 0);
	for (unsigned int i = 0; i < count; i++)
		check(pthread_join(threads[i], NULL) == 0);
}

struct belay_counters house_counters(const struct belay_operation *operation)
{
	struct belay_counters sum = {0};
	uint64_t *to = (uint64_t *)&sum;

	for (unsigned int i = 0; i < BELAY_LANES_MAX; i++) {
		const struct belay_lane *lane = &belayi_process.lanes[i];
		const uint64_t *from = (const uint64_t *)&lane->counters;

		if (lane->operation != *operation->number)
			continue;
		for (size_t j = 0; j < sizeof(sum) / sizeof(*to); j++)
			to[j] += from[j];
	}
	return sum;
}

static void no_key_is_left(void)
{
	for (uint32_t i = 0; i <= belayi_process.keys_mask; i++) {
		const struct belayi_keys *line = &belayi_process.own->keys[i];

		check(line->passed == 0);
		for (unsigned int j = 0; j < BELAYI_KEYS_A_LINE; j++)
			check(line->words[j] == 0);
	}
}

/* Takes them all: of this thread's magazine, and of all who have ended. */
static void every_slot_is_free(void)
{
	uint32_t slots = belayi_process.slots_count;
	bool *seen = calloc(slots, sizeof(*seen));
	struct belayi_thread *thread = belayi_thread_enter();

	check(seen && thread);
	belayi_slots_flush(thread, 0);
	belayi_thread_leave(thread);
	for (uint32_t i = 1; i < slots; i++) {
		struct belay_slot *slot = belayi_slot_take(NULL);

		check(slot);
		check(belay_call_state(&slot->call) == BELAY_CALL_IDLE);
		check(!seen[belayi_slot_index(slot)]);
		seen[belayi_slot_index(slot)] = true;
	}
	check(!seen[0]);
	check(!belayi_slot_take(NULL));
	for (uint32_t i = 1; i < slots; i++)
		belayi_slot_give(NULL, &belayi_process.slots[i]);
	free(seen);
}

void house_is_idle(void)
{
	no_key_is_left();
	for (uint32_t i = 1; i < belayi_process.slots_count; i++)
		check(belay_call_state(&belayi_process.slots[i].call) ==
		      BELAY_CALL_IDLE);
}

void house_is_empty(void)
{
	no_key_is_left();
	every_slot_is_free();
}

/* By name: sanitizers have threads, too. */
unsigned int house_workers(void)
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned int count = 0;
	struct dirent *task;
	char path[300];
	char text[32];
	FILE *file;

	check(tasks);
	while ((task = readdir(tasks))) {
		(void)snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			       task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file))
			count += strcmp(text, "belay\n") == 0;
		(void)fclose(file);
	}
	(void)closedir(tasks);
	return count;
}

/* splitmix64 */
uint32_t house_random(uint64_t *state, uint32_t below)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}
