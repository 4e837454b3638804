/* SPDX-License-Identifier: MIT */
/*
 * pool.h - the threads of the multithreaded apartment
 *
 * One queue, workers that take from it, and a manager. Posting wakes at most
 * one worker, and none where one is about to look at the queue. Workers that
 * run leave the rest of the queue to each other as long as they make progress;
 * the manager, which looks every millisecond while tasks wait, adds a worker
 * where they do not: N tasks that block never keep the next one waiting, up to
 * BELAYI_POOL_MAX of them. What was not needed for some seconds goes.
 *
 * Threads start with the first task. They block all signals. None of them
 * exists in a child after fork.
 */
#ifndef BELAYI_POOL_H
#define BELAYI_POOL_H

#include <pthread.h>

#include "apartment.h"

#define BELAYI_POOL_MAX 1024U

struct belayi_worker;

struct belayi_pool {
	pthread_mutex_t lock; /* of all that follows, but the bell's reads */
	struct belayi_task *first;
	struct belayi_task **last;
	struct belayi_worker *idle; /* the last one to fall asleep first */
	unsigned int waiting;       /* tasks */
	unsigned int idlers;
	unsigned int workers; /* idle ones, too */
	unsigned int waking;  /* of them, on their way to the queue */
	unsigned int at_once; /* how many processors there are */
	unsigned int fewest;  /* idlers since the manager counted */
	uint64_t taken;       /* tasks, ever */
	uint64_t linger_ns;   /* of no use for so long, a worker goes */
	uint32_t bell;        /* a futex: the manager's */
	bool managed;         /* the manager runs */
	bool watched;         /* and looks every millisecond */
	bool closed;
};

void belayi_pool_init(struct belayi_pool *pool);
void belayi_pool_deinit(struct belayi_pool *pool);

/* belayi_pool_post() - false where the pool is closed or has no thread */
bool belayi_pool_post(struct belayi_apartment *apartment,
		      struct belayi_task *task);

/*
 * belayi_pool_close() - takes nothing any more; idle workers leave
 *
 * Those that run a task leave afterwards; nobody waits for them.
 * Return: the tasks that waited, the oldest first.
 */
struct belayi_task *belayi_pool_close(struct belayi_pool *pool);

/* belayi_pool_lost() - a worker ends inside a task */
void belayi_pool_lost(struct belayi_apartment *apartment);

/* belayi_pool_empty() - the tasks that wait; with the lock held */
struct belayi_task *belayi_pool_empty(struct belayi_pool *pool);

#endif
