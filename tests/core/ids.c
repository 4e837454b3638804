/* SPDX-License-Identifier: MIT */
/*
 * ids.c - no two calls have one id: threads, signal handlers, child processes
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define PID_SHIFT 40

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void assert_unique(uint64_t *ids, size_t count)
{
	qsort(ids, count, sizeof(ids[0]), by_value);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ids[i] >> PID_SHIFT, getpid());
		if (i)
			assert_int_not_equal(ids[i - 1], ids[i]);
	}
}

#define THREADS 8
#define EACH 20000

static uint64_t taken[THREADS * EACH];

static void take_ids(void *argument)
{
	uint64_t *ids = argument;

	for (size_t i = 0; i < EACH; i++)
		ids[i] = belay_id_new();
}

static void ids_are_unique_over_threads(void **state)
{
	struct runner runners[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		runner_start(&runners[i], take_ids, taken + i * EACH);
	for (size_t i = 0; i < THREADS; i++)
		runner_join(&runners[i]);
	assert_unique(taken, THREADS * EACH);
}

/* A handler takes ids too: it may come anywhere in belay_id_new(). */
#define IN_HANDLER 1000000

static uint64_t *handled;
static volatile size_t handled_count;

static void take_in_handler(int signo)
{
	(void)signo;
	for (int i = 0; i < 3 && handled_count < IN_HANDLER; i++)
		handled[handled_count++] = belay_id_new();
}

static size_t take_while_interrupted(uint64_t *ids, size_t most)
{
	struct sigaction action = {.sa_handler = take_in_handler};
	struct itimerval often = {{0, 20}, {0, 20}};
	struct itimerval never = {0};
	size_t count = 0;

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	/* Enough of both: the more often it hits, the better. */
	while (count < most && handled_count < 30000)
		ids[count++] = belay_id_new();
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	return count;
}

static void ids_are_unique_when_a_signal_handler_takes_some(void **state)
{
	enum { MOST = 4000000 };
	uint64_t *ids = calloc(MOST + IN_HANDLER, sizeof(*ids));
	size_t count;

	(void)state;
	handled = calloc(IN_HANDLER, sizeof(*handled));
	assert_non_null(ids);
	assert_non_null(handled);
	count = take_while_interrupted(ids, MOST);
	assert_true(handled_count > 0);
	memcpy(ids + count, handled, handled_count * sizeof(*handled));
	assert_unique(ids, count + handled_count);
	free(handled);
	free(ids);
}

/* The child's exit status says what was wrong; cmocka is the parent's. */
static int child_ids_are_its_own(uint64_t parent)
{
	uint64_t first;

	belay_id_restart();
	first = belay_id_new();
	for (int i = 0; i < 1000; i++) {
		uint64_t id = belay_id_new();

		if (id >> PID_SHIFT != (uint64_t)getpid() || id == parent)
			return 1;
		if (id <= first)
			return 2;
	}
	return first >> PID_SHIFT == (uint64_t)getpid() ? 0 : 3;
}

static void a_child_has_ids_of_its_own(void **state)
{
	uint64_t parent = belay_id_new(); /* a block is half used */
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(child_ids_are_its_own(parent));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(belay_id_new(), parent + 1);
}

static void ids_are_never_zero(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_not_equal(belay_id_new(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_unique_over_threads),
		cmocka_unit_test(
			ids_are_unique_when_a_signal_handler_takes_some),
		cmocka_unit_test(a_child_has_ids_of_its_own),
		cmocka_unit_test(ids_are_never_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
