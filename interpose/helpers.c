/* SPDX-License-Identifier: MIT */
/*
 * helpers.c - a few threads for what may block
 *
 * The deadline thread leaves work in a ring and goes on. Only threads of our
 * own take the lock, and none works while it holds it. A forked child finds
 * the memory wiped: no work, no helper, and a lock that nobody holds.
 */
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

#include "deadlines.h"
#include "worker.h"

#define HELPERS_MAX 8
#define ROOM 1024
#define IDLE_S 2

struct task {
	void (*work)(uint64_t a, uint64_t b);
	uint64_t a, b;
};

/* Wiped memory is what the initializers of lock and condition are. */
struct helpers {
	pthread_mutex_t lock;
	pthread_cond_t has_task;
	uint32_t count;
	uint32_t idle;
	uint32_t first, waiting;
	struct task tasks[ROOM];
};

static struct helpers *all;

static bool make(void)
{
	void *memory = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	if (madvise(memory, sizeof(*all), MADV_WIPEONFORK) < 0) {
		(void)munmap(memory, sizeof(*all));
		return false;
	}
	all = memory;
	return true;
}

/* With the lock held. Returns false where nothing came for a while. */
static bool wait_for_task(void)
{
	struct timespec until;
	int error = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	all->idle++;
	while (all->waiting == 0 && error == 0)
		error = pthread_cond_clockwait(&all->has_task, &all->lock,
					       CLOCK_MONOTONIC, &until);
	all->idle--;
	return all->waiting != 0;
}

static void help(void)
{
	(void)pthread_mutex_lock(&all->lock);
	while (wait_for_task()) {
		struct task task = all->tasks[all->first];

		all->first = (all->first + 1) % ROOM;
		all->waiting--;
		(void)pthread_mutex_unlock(&all->lock);
		task.work(task.a, task.b);
		(void)pthread_mutex_lock(&all->lock);
	}
	all->count--;
	(void)pthread_mutex_unlock(&all->lock);
}

static bool put(const struct task *task)
{
	if (all->waiting == ROOM)
		return false;
	all->tasks[(all->first + all->waiting) % ROOM] = *task;
	all->waiting++;
	return true;
}

/*
 * A helper that was woken is idle until it has the lock. One that has waited
 * long enough looks once more with the lock held: so what is put while it is
 * counted as idle is not left lying.
 */
static bool need_helper(void)
{
	return all->waiting > all->idle && all->count < HELPERS_MAX;
}

/* Where it fails, and nobody else is there, only this one task waits. */
static bool start_helper(void)
{
	bool none;

	if (belayi_worker_start(help) == 0)
		return true;
	(void)pthread_mutex_lock(&all->lock);
	none = --all->count == 0;
	if (none)
		all->waiting = 0;
	(void)pthread_mutex_unlock(&all->lock);
	return !none;
}

bool belayi_helper_run(void (*work)(uint64_t a, uint64_t b), uint64_t a,
		       uint64_t b)
{
	const struct task task = {work, a, b};
	bool has_room;
	bool is_new;

	if (!all && !make())
		return false;
	(void)pthread_mutex_lock(&all->lock);
	has_room = put(&task);
	is_new = has_room && need_helper();
	all->count += is_new;
	(void)pthread_cond_signal(&all->has_task);
	(void)pthread_mutex_unlock(&all->lock);
	return has_room && (!is_new || start_helper());
}
