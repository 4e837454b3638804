/* SPDX-License-Identifier: MIT */
/*
 * com_posts.c - what it costs to have a task run in another apartment
 *
 *     com_posts CASE CHUNKS ROUNDS [IN-FLIGHT]
 *
 * mta    a client waits on a futex for tasks that a thread of the MTA runs
 * sta    the same, and an STA's thread runs them, pumped by poll()
 * pumps  a client in an STA waits as Finish_ does for tasks of the MTA
 *
 * With IN-FLIGHT, so many tasks are posted before the client waits for all.
 * Prints the smallest and the median chunk, in ns a task.
 */
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <belay/com/apartment.h>

#include "apartment.h"
#include "chunks.h"
#include "futex.h"

#define IN_FLIGHT_MAX 1024U

/* What the client waits for: how many tasks have run. */
static struct {
	uint32_t ran __attribute__((aligned(64)));
	uint32_t wanted;
	struct belayi_apartment *client; /* that is rung; NULL: sleeps on ran */
} reply;

static struct chunks chunks;
static struct belayi_task tasks[IN_FLIGHT_MAX];
static unsigned int in_flight = 1;
static struct belayi_apartment *server;
static sem_t ready;

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "com_posts: %s failed\n", what);
	exit(1);
}

static void run(struct belayi_task *task)
{
	uint32_t ran = __atomic_add_fetch(&reply.ran, 1, __ATOMIC_SEQ_CST);

	(void)task;
	if (ran != __atomic_load_n(&reply.wanted, __ATOMIC_SEQ_CST))
		return;
	if (reply.client)
		belayi_apartment_ring(reply.client);
	else
		belayi_futex_wake(&reply.ran, 1);
}

static void drop(struct belayi_task *task)
{
	(void)task;
}

static bool has_run(void *data)
{
	(void)data;
	return __atomic_load_n(&reply.ran, __ATOMIC_ACQUIRE) == reply.wanted;
}

static void wait_for_reply(void)
{
	uint32_t ran;

	if (reply.client) {
		(void)belayi_apartment_wait(has_run, NULL, UINT64_MAX, true);
		return;
	}
	while ((ran = __atomic_load_n(&reply.ran, __ATOMIC_ACQUIRE)) !=
	       reply.wanted)
		(void)belayi_futex_wait(&reply.ran, ran, UINT64_MAX);
}

static void round_trip(void)
{
	unsigned int i;

	__atomic_add_fetch(&reply.wanted, in_flight, __ATOMIC_SEQ_CST);
	for (i = 0; i < in_flight; i++)
		must(belayi_apartment_post(server, &tasks[i]), "post");
	wait_for_reply();
}

static void *serve(void *unused)
{
	struct pollfd fd = {.events = POLLIN};

	must(CoInitialize(NULL) == S_OK, "CoInitialize");
	server = belayi_apartment_ref(belayi_apartment_current());
	fd.fd = belay_apartment_fd();
	must(sem_post(&ready) == 0, "sem_post");
	for (;;) {
		(void)poll(&fd, 1, -1);
		(void)belay_apartment_dispatch();
	}
	return unused;
}

static void start(void *(*thread)(void *))
{
	pthread_t id;

	must(pthread_create(&id, NULL, thread, NULL) == 0, "pthread_create");
	(void)pthread_detach(id);
}

static void *enter_mta(void *unused)
{
	must(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK, "MTA");
	server = belayi_apartment_ref(belayi_apartment_current());
	must(sem_post(&ready) == 0, "sem_post");
	for (;;)
		(void)pause();
	return unused;
}

/* Makes the apartments that the case needs; false: there is no such case. */
static bool prepare(const char *name)
{
	if (strcmp(name, "pumps") == 0) {
		must(CoInitialize(NULL) == S_OK, "CoInitialize");
		reply.client = belayi_apartment_current();
	} else {
		must(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK, "MTA");
	}
	if (strcmp(name, "mta") == 0) {
		server = belayi_apartment_ref(belayi_apartment_current());
		return true;
	}
	if (strcmp(name, "sta") != 0 && strcmp(name, "pumps") != 0)
		return false;
	must(sem_init(&ready, 0, 0) == 0, "sem_init");
	start(strcmp(name, "sta") == 0 ? serve : enter_mta);
	while (sem_wait(&ready))
		;
	return true;
}

int main(int argc, char **argv)
{
	unsigned int count, rounds, i, j;

	if (argc < 4)
		return 2;
	count = (unsigned int)atoi(argv[2]);
	rounds = (unsigned int)atoi(argv[3]);
	if (argc > 4)
		in_flight = (unsigned int)atoi(argv[4]);
	if (!count || !rounds || !in_flight || in_flight > IN_FLIGHT_MAX ||
	    !prepare(argv[1]))
		return 2;
	for (i = 0; i < in_flight; i++)
		tasks[i] = (struct belayi_task){.run = run, .drop = drop};
	for (i = 0; i < count + 1; i++) {
		uint64_t started = chunks_now();

		for (j = 0; j < rounds; j++)
			round_trip();
		/* The first one starts threads. */
		if (i > 0)
			chunks_add(&chunks, started, rounds * in_flight);
	}
	chunks_print(&chunks);
	exit(0);
}
