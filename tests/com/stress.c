/* SPDX-License-Identifier: MIT */
/*
 * stress.c - many threads post to apartments that come and go
 *
 *     stress [ROUNDS [SEED]]
 *
 * Whatever was taken runs or is dropped, once, and before the apartment's
 * thread has left; every reply wakes who waits for it, in whatever way.
 */
#include "jobs.h"

#include <poll.h>
#include <stdlib.h>

#include <belay/com/apartment.h>

#include "event.h"
#include "tally.h"

#define POSTERS 3
#define SERVERS 3
#define POSTS 40

static int rounds = 100;
static unsigned int seed;

/* A small generator for each thread: what differs must be reproducible. */
static unsigned int draw(unsigned int *state, unsigned int below)
{
	*state = *state * 1664525U + 1013904223U;
	return (*state >> 8) % below;
}

/* An apartment that serves for some tasks, then ends. */
struct server {
	struct runner runner;
	struct belayi_apartment *apartment;
	struct flag ready;
	struct flag left;
	unsigned int style;     /* how it serves */
	unsigned int leaves_at; /* after so many tasks */
	unsigned int served;
	struct belayi_event end;
};

enum { POLLS, WAITS, WAITS_FOR_HANDLE, MULTITHREADED, STYLES };

/* What a poster has an apartment do; the two share it. */
struct errand {
	struct belayi_task task;
	struct server *server;
	struct belayi_event reply;
	uint32_t references;
	uint32_t outcomes; /* how often it ran or was dropped */
};

static uint32_t errands_left;

static struct errand *errand_new(struct server *server, bool automatic)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	assert_non_null(errand);
	errand->server = server;
	errand->references = 2;
	belayi_event_init(&errand->reply, automatic);
	(void)tally_add(&errands_left);
	return errand;
}

static void errand_unref(struct errand *errand)
{
	if (__atomic_sub_fetch(&errand->references, 1, __ATOMIC_ACQ_REL))
		return;
	belayi_event_deinit(&errand->reply);
	free(errand);
	(void)tally_take(&errands_left);
}

static void settle(struct belayi_task *task)
{
	struct errand *errand = (struct errand *)task;

	assert_int_equal(
		__atomic_add_fetch(&errand->outcomes, 1, __ATOMIC_ACQ_REL), 1);
	belayi_event_signal(&errand->reply);
	errand_unref(errand);
}

static void run(struct belayi_task *task)
{
	struct server *server = ((struct errand *)task)->server;

	assert_ptr_equal(belayi_apartment_current(), server->apartment);
	if (__atomic_add_fetch(&server->served, 1, __ATOMIC_ACQ_REL) ==
	    server->leaves_at)
		belayi_event_signal(&server->end);
	settle(task);
}

/* False: the apartment is gone. The caller's reference stays. */
static bool send_errand(struct errand *errand)
{
	errand->task.run = run;
	errand->task.drop = settle;
	if (belayi_apartment_post(errand->server->apartment, &errand->task))
		return true;
	errand_unref(errand);
	return false;
}

static bool is_over(void *data)
{
	struct server *server = data;

	return __atomic_load_n(&server->served, __ATOMIC_ACQUIRE) >=
	       server->leaves_at;
}

static void serve_polling(struct server *server)
{
	struct pollfd fd = {.fd = belay_apartment_fd(), .events = POLLIN};

	while (!is_over(server)) {
		assert_int_equal(poll(&fd, 1, 60000), 1);
		(void)belay_apartment_dispatch();
	}
}

static void serve_waiting(struct server *server)
{
	HANDLE handle;
	DWORD index;

	if (server->style == WAITS) {
		assert_int_equal(belayi_event_wait(&server->end, 60000), S_OK);
		return;
	}
	assert_int_equal(belayi_event_handle(&server->end, &handle), S_OK);
	assert_int_equal(CoWaitForMultipleHandles(0, 60000, 1, &handle, &index),
			 S_OK);
}

static void serve(void *data)
{
	struct server *server = data;

	assert_int_equal(
		CoInitializeEx(NULL, server->style == MULTITHREADED
					     ? COINIT_MULTITHREADED
					     : COINIT_APARTMENTTHREADED),
		S_OK);
	server->apartment = belayi_apartment_ref(belayi_apartment_current());
	flag_set(&server->ready);
	if (server->style == POLLS)
		serve_polling(server);
	else
		serve_waiting(server);
	CoUninitialize();
	flag_set(&server->left);
}

struct poster {
	struct runner runner;
	struct server *servers;
	unsigned int random;
	DWORD mode;
};

/* Posts one errand; waits for its reply at once, or lets the caller. */
static struct errand *post_one(struct poster *poster)
{
	struct server *server =
		&poster->servers[draw(&poster->random, SERVERS)];
	struct errand *errand = errand_new(server, draw(&poster->random, 2));
	HANDLE handle;

	if (draw(&poster->random, 4) == 0)
		assert_int_equal(belayi_event_handle(&errand->reply, &handle),
				 S_OK);
	if (!send_errand(errand)) {
		errand_unref(errand);
		return NULL;
	}
	if (draw(&poster->random, 3))
		return errand;
	assert_int_equal(belayi_event_wait(&errand->reply, 60000), S_OK);
	errand_unref(errand);
	return NULL;
}

static void post(void *data)
{
	struct errand *errands[POSTS];
	struct poster *poster = data;
	int i;

	assert_int_equal(CoInitializeEx(NULL, poster->mode), S_OK);
	for (i = 0; i < SERVERS; i++)
		flag_wait(&poster->servers[i].ready);
	for (i = 0; i < POSTS; i++)
		errands[i] = post_one(poster);
	for (i = 0; i < POSTS; i++) {
		if (!errands[i])
			continue;
		assert_int_equal(belayi_event_wait(&errands[i]->reply, 60000),
				 S_OK);
		errand_unref(errands[i]);
	}
	CoUninitialize();
}

static void start_servers(struct server *servers, unsigned int *random)
{
	int i;

	for (i = 0; i < SERVERS; i++) {
		servers[i] = (struct server){
			.style = draw(random, STYLES),
			.leaves_at = 1 + draw(random, POSTS),
		};
		belayi_event_init(&servers[i].end, false);
		runner_start(&servers[i].runner, serve, &servers[i]);
	}
}

/* Keeps it busy until it leaves: the posters may have been too few. */
static void end_server(struct server *server)
{
	flag_wait(&server->ready);
	while (!flag_is_set(&server->left)) {
		struct errand *errand = errand_new(server, false);

		(void)send_errand(errand);
		errand_unref(errand);
		jobs_rest();
	}
	runner_join(&server->runner);
	(void)belayi_apartment_unref(server->apartment);
}

static void one_round(unsigned int *random)
{
	struct server servers[SERVERS];
	struct poster posters[POSTERS];
	int i;

	start_servers(servers, random);
	for (i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){
			.servers = servers,
			.random = draw(random, 1U << 24),
			.mode = draw(random, 2) ? COINIT_MULTITHREADED
						: COINIT_APARTMENTTHREADED,
		};
		runner_start(&posters[i].runner, post, &posters[i]);
	}
	for (i = 0; i < POSTERS; i++)
		runner_join(&posters[i].runner);
	for (i = 0; i < SERVERS; i++)
		end_server(&servers[i]);
	/* The MTA's threads may still be on their way out of a task. */
	assert_true(tally_await_most(&errands_left, 0));
	for (i = 0; i < SERVERS; i++)
		belayi_event_deinit(&servers[i].end);
}

static void every_task_runs_or_is_dropped_once(void **state)
{
	unsigned int random = seed;
	int i;

	(void)state;
	print_message("           seed %u, %d rounds\n", seed, rounds);
	for (i = 0; i < rounds; i++)
		one_round(&random);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_task_runs_or_is_dropped_once),
	};

	seed = (unsigned int)belayi_now_ns();
	if (argc > 1)
		rounds = atoi(argv[1]);
	if (argc > 2)
		seed = (unsigned int)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
