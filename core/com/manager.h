/* SPDX-License-Identifier: MIT */
/*
 * manager.h - who makes the pool of the multithreaded apartment grow and shrink
 *
 * One thread of its own, which starts when a task waits for the first time
 * while all workers are busy. It sleeps unless it watches (it looks every
 * millisecond, until nothing has waited for some time) or there are several
 * workers, some of which may be of no use.
 *
 * Every function is called with the pool's lock held unless said otherwise.
 */
#ifndef BELAYI_MANAGER_H
#define BELAYI_MANAGER_H

#include "pool.h"

/* What is to be done for the manager once the lock is released. */
enum belayi_watching {
	BELAYI_NOTHING_NEW,
	BELAYI_WAKE_MANAGER,
	BELAYI_START_MANAGER,
};

/* belayi_manager_watch() - tasks wait and nobody is on the way to them */
enum belayi_watching belayi_manager_watch(struct belayi_pool *pool);

/* belayi_manager_tell() - does what belayi_manager_watch() said; no lock */
void belayi_manager_tell(struct belayi_apartment *apartment,
			 enum belayi_watching watching);

/* belayi_manager_leave() - the pool is closed */
void belayi_manager_leave(struct belayi_pool *pool);

/*
 * What the manager uses of the pool.
 *
 * belayi_pool_pick():  takes an idle worker off the list; NULL: there is none.
 *                      belayi_pool_wake() is to be called for it
 * belayi_pool_wake():  with or without the lock; NULL is nobody
 * belayi_pool_start(): starts a thread, which owns a reference; no lock
 * belayi_pool_work():  what a worker's thread runs; counted before, also as
 *                      waking
 */
struct belayi_worker *belayi_pool_pick(struct belayi_pool *pool, bool to_work);
void belayi_pool_wake(struct belayi_worker *worker);
bool belayi_pool_start(struct belayi_apartment *apartment,
		       void *(*run)(void *));
void *belayi_pool_work(void *argument);

#endif
