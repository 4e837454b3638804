/* SPDX-License-Identifier: MIT */
/*
 * manager.c - who makes the pool of the multithreaded apartment grow and shrink
 *
 * Growing: tasks waited for a whole tick and nobody took any. Then the workers
 * are blocked, however many there are, and idle ones are woken, or new ones
 * started: one, then two, four and so on, until the queue is empty once. Up to
 * one worker for each processor it is enough that tasks always wait.
 */
#include "manager.h"

#include "apartment_parts.h"
#include "futex.h"

#define TICK_NS UINT64_C(1000000)
#define QUIET_TICKS 50U
#define BURST_MAX 32U

/* What it saw at the tick before. */
struct watch {
	uint64_t taken;
	uint64_t count_ns; /* when to count who was of no use */
	unsigned int quiet;
	unsigned int burst;
	bool waited;
};

static void *manage(void *argument);

enum belayi_watching belayi_manager_watch(struct belayi_pool *pool)
{
	if (pool->watched)
		return BELAYI_NOTHING_NEW;
	pool->watched = true;
	if (pool->managed) {
		__atomic_add_fetch(&pool->bell, 1, __ATOMIC_RELEASE);
		return BELAYI_WAKE_MANAGER;
	}
	pool->managed = true;
	return BELAYI_START_MANAGER;
}

void belayi_manager_tell(struct belayi_apartment *apartment,
			 enum belayi_watching watching)
{
	struct belayi_pool *pool = &apartment->pool;

	if (watching == BELAYI_WAKE_MANAGER)
		belayi_futex_wake(&pool->bell, 1);
	if (watching != BELAYI_START_MANAGER ||
	    belayi_pool_start(apartment, manage))
		return;
	/* The next task that has to wait tries again. */
	(void)pthread_mutex_lock(&pool->lock);
	pool->managed = false;
	pool->watched = false;
	(void)pthread_mutex_unlock(&pool->lock);
}

void belayi_manager_leave(struct belayi_pool *pool)
{
	__atomic_add_fetch(&pool->bell, 1, __ATOMIC_RELEASE);
	belayi_futex_wake(&pool->bell, 1);
}

/* Starts workers; the lock is held before and after, but not meanwhile. */
static void grow(struct belayi_apartment *apartment, unsigned int count)
{
	struct belayi_pool *pool = &apartment->pool;
	unsigned int started = 0;

	if (count > BELAYI_POOL_MAX - pool->workers)
		count = BELAYI_POOL_MAX - pool->workers;
	pool->workers += count;
	pool->waking += count;
	(void)pthread_mutex_unlock(&pool->lock);
	while (started < count &&
	       belayi_pool_start(apartment, belayi_pool_work))
		started++;
	(void)pthread_mutex_lock(&pool->lock);
	pool->workers -= count - started;
	pool->waking -= count - started;
}

static void help(struct belayi_apartment *apartment, unsigned int count)
{
	struct belayi_pool *pool = &apartment->pool;
	struct belayi_worker *worker;

	if (count > pool->waiting)
		count = pool->waiting;
	while (count && (worker = belayi_pool_pick(pool, true)) != NULL) {
		belayi_pool_wake(worker);
		count--;
	}
	if (count)
		grow(apartment, count);
}

static void tick(struct belayi_apartment *apartment, struct watch *watch)
{
	struct belayi_pool *pool = &apartment->pool;
	bool waits = pool->waiting != 0;

	if (waits && watch->waited && !pool->waking) {
		if (pool->taken == watch->taken) {
			watch->burst += watch->burst ? watch->burst : 1;
			if (watch->burst > BURST_MAX)
				watch->burst = BURST_MAX;
			help(apartment, watch->burst);
		} else if (pool->workers < pool->at_once) {
			help(apartment, 1);
		}
	}
	if (!waits)
		watch->burst = 0;
	watch->quiet = waits ? 0 : watch->quiet + 1;
	if (watch->quiet > QUIET_TICKS)
		pool->watched = false;
	watch->taken = pool->taken;
	watch->waited = waits;
}

/* Lets those go that nobody needed since it counted last, but one. */
static void shrink(struct belayi_pool *pool)
{
	unsigned int idle = pool->fewest;

	if (idle && idle == pool->workers)
		idle--;
	while (idle--)
		belayi_pool_wake(belayi_pool_pick(pool, false));
	pool->fewest = pool->idlers;
}

/* Sleeps until it is time to look again; the lock is held before and after. */
static void pause_watch(struct belayi_pool *pool, const struct watch *watch)
{
	uint32_t bell = __atomic_load_n(&pool->bell, __ATOMIC_ACQUIRE);
	uint64_t deadline = UINT64_MAX;

	if (pool->watched)
		deadline = belayi_now_ns() + TICK_NS;
	else if (pool->workers > 1)
		deadline = watch->count_ns;
	(void)pthread_mutex_unlock(&pool->lock);
	(void)belayi_futex_wait(&pool->bell, bell, deadline);
	(void)pthread_mutex_lock(&pool->lock);
}

static void *manage(void *argument)
{
	struct belayi_apartment *apartment = argument;
	struct belayi_pool *pool = &apartment->pool;
	struct watch watch = {0};

	(void)pthread_setname_np(pthread_self(), "belay-pool");
	(void)pthread_mutex_lock(&pool->lock);
	while (!pool->closed) {
		uint64_t now = belayi_now_ns();

		if (now >= watch.count_ns) {
			shrink(pool);
			watch.count_ns = now + pool->linger_ns;
		}
		pause_watch(pool, &watch);
		if (pool->watched && !pool->closed)
			tick(apartment, &watch);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	(void)belayi_apartment_unref(apartment);
	return NULL;
}
