/* SPDX-License-Identifier: MIT */
/*
 * pool.c - the queue of the multithreaded apartment, and who works on it
 *
 * A worker is idle (it sleeps, and is listed), on its way (counted as waking:
 * it will look at the queue) or awake. While one is on its way nobody wakes
 * another: it leaves no task behind without waking the next, or having the
 * manager watch.
 */
#include "pool.h"

#include <sched.h>
#include <signal.h>

#include "apartment_parts.h"
#include "futex.h"
#include "manager.h"

#define LINGER_NS UINT64_C(5000000000)

/* What a worker is told, in its word. */
enum told {
	ASLEEP,
	TO_WORK,
	TO_LEAVE,
};

/* On the stack of its thread, and listed while it sleeps. */
struct belayi_worker {
	struct belayi_worker *next;
	uint32_t word; /* a futex: enum told */
};

void belayi_pool_init(struct belayi_pool *pool)
{
	cpu_set_t cpus;

	*pool = (struct belayi_pool){
		.last = &pool->first, .at_once = 1, .linger_ns = LINGER_NS};
	(void)pthread_mutex_init(&pool->lock, NULL);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		pool->at_once = (unsigned int)CPU_COUNT(&cpus);
}

void belayi_pool_deinit(struct belayi_pool *pool)
{
	(void)pthread_mutex_destroy(&pool->lock);
}

bool belayi_pool_start(struct belayi_apartment *apartment, void *(*run)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	bool started;

	if (pthread_attr_init(&attributes))
		return false;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)belayi_apartment_ref(apartment);
	started = pthread_create(&thread, &attributes, run, apartment) == 0;
	if (!started)
		(void)belayi_apartment_unref(apartment);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return started;
}

struct belayi_worker *belayi_pool_pick(struct belayi_pool *pool, bool to_work)
{
	struct belayi_worker *worker = pool->idle;

	if (!worker)
		return NULL;
	pool->idle = worker->next;
	pool->idlers--;
	if (pool->idlers < pool->fewest)
		pool->fewest = pool->idlers;
	if (to_work)
		pool->waking++;
	else
		pool->workers--;
	__atomic_store_n(&worker->word, to_work ? TO_WORK : TO_LEAVE,
			 __ATOMIC_RELEASE);
	return worker;
}

void belayi_pool_wake(struct belayi_worker *worker)
{
	/* It may be gone by now; then nobody sleeps on that word. */
	if (worker)
		belayi_futex_wake(&worker->word, 1);
}

/*
 * Who takes care of the queue while this worker runs a task: another worker if
 * there is a processor for it, else the manager, in case this one blocks.
 */
static struct belayi_worker *leave_rest(struct belayi_pool *pool,
					enum belayi_watching *ret_watching)
{
	if (pool->waking)
		return NULL;
	if (pool->idle && pool->workers - pool->idlers < pool->at_once)
		return belayi_pool_pick(pool, true);
	*ret_watching = belayi_manager_watch(pool);
	return NULL;
}

static struct belayi_task *take(struct belayi_pool *pool)
{
	struct belayi_task *task = pool->first;

	if (!task)
		return NULL;
	pool->first = task->next;
	if (!pool->first)
		pool->last = &pool->first;
	pool->waiting--;
	pool->taken++;
	return task;
}

/* Runs what there is to do; the lock is held before and after. */
static void run_all(struct belayi_apartment *apartment)
{
	struct belayi_pool *pool = &apartment->pool;
	struct belayi_task *task;

	while ((task = take(pool)) != NULL) {
		enum belayi_watching watching = BELAYI_NOTHING_NEW;
		struct belayi_worker *other = NULL;

		if (pool->first)
			other = leave_rest(pool, &watching);
		(void)pthread_mutex_unlock(&pool->lock);
		belayi_pool_wake(other);
		belayi_manager_tell(apartment, watching);
		task->run(task);
		(void)pthread_mutex_lock(&pool->lock);
	}
}

/*
 * Sleeps until woken; the lock is held before and after. False: it is to leave,
 * and is not counted any more.
 */
static bool doze(struct belayi_pool *pool)
{
	struct belayi_worker self = {.next = pool->idle};
	uint32_t told;

	pool->idle = &self;
	pool->idlers++;
	(void)pthread_mutex_unlock(&pool->lock);
	while ((told = __atomic_load_n(&self.word, __ATOMIC_ACQUIRE)) == ASLEEP)
		(void)belayi_futex_wait(&self.word, ASLEEP, UINT64_MAX);
	(void)pthread_mutex_lock(&pool->lock);
	if (told == TO_WORK)
		pool->waking--;
	return told == TO_WORK;
}

void *belayi_pool_work(void *argument)
{
	struct belayi_apartment *apartment = argument;
	struct belayi_pool *pool = &apartment->pool;

	(void)pthread_setname_np(pthread_self(), "belay-mta");
	belayi_apartment_lend(apartment);
	(void)pthread_mutex_lock(&pool->lock);
	pool->waking--;
	do {
		run_all(apartment);
		if (pool->closed) {
			pool->workers--;
			break;
		}
	} while (doze(pool));
	(void)pthread_mutex_unlock(&pool->lock);
	belayi_apartment_take_back();
	(void)belayi_apartment_unref(apartment);
	return NULL;
}

void belayi_pool_lost(struct belayi_apartment *apartment)
{
	struct belayi_pool *pool = &apartment->pool;

	(void)pthread_mutex_lock(&pool->lock);
	pool->workers--;
	(void)pthread_mutex_unlock(&pool->lock);
	belayi_apartment_take_back();
	(void)belayi_apartment_unref(apartment);
}

/* No thread can be had, and there is none: nothing will ever run. */
static bool give_up(struct belayi_pool *pool, struct belayi_task *own)
{
	struct belayi_task *tasks;

	(void)pthread_mutex_lock(&pool->lock);
	pool->workers--;
	pool->waking--;
	tasks = pool->workers ? NULL : belayi_pool_empty(pool);
	(void)pthread_mutex_unlock(&pool->lock);
	if (!tasks)
		return true;
	while (tasks) {
		struct belayi_task *task = tasks;

		tasks = task->next;
		if (task != own)
			task->drop(task);
	}
	return false;
}

bool belayi_pool_post(struct belayi_apartment *apartment,
		      struct belayi_task *task)
{
	struct belayi_pool *pool = &apartment->pool;
	enum belayi_watching watching = BELAYI_NOTHING_NEW;
	struct belayi_worker *worker = NULL;
	bool first = false;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->closed) {
		(void)pthread_mutex_unlock(&pool->lock);
		return false;
	}
	task->next = NULL;
	*pool->last = task;
	pool->last = &task->next;
	pool->waiting++;
	if (!pool->workers) {
		first = true;
		pool->workers++;
		pool->waking++;
	} else if (!pool->waking) {
		worker = belayi_pool_pick(pool, true);
		if (!worker)
			watching = belayi_manager_watch(pool);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	belayi_pool_wake(worker);
	belayi_manager_tell(apartment, watching);
	return !first || belayi_pool_start(apartment, belayi_pool_work) ||
	       give_up(pool, task);
}

struct belayi_task *belayi_pool_empty(struct belayi_pool *pool)
{
	struct belayi_task *tasks = pool->first;

	pool->first = NULL;
	pool->last = &pool->first;
	pool->waiting = 0;
	return tasks;
}

struct belayi_task *belayi_pool_close(struct belayi_pool *pool)
{
	struct belayi_worker *worker;
	struct belayi_task *tasks;

	(void)pthread_mutex_lock(&pool->lock);
	pool->closed = true;
	tasks = belayi_pool_empty(pool);
	/* Woken under the lock: none of them can be gone before. */
	while ((worker = belayi_pool_pick(pool, false)) != NULL)
		belayi_pool_wake(worker);
	belayi_manager_leave(pool);
	(void)pthread_mutex_unlock(&pool->lock);
	return tasks;
}
