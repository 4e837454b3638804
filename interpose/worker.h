/* SPDX-License-Identifier: MIT */
/*
 * worker.h - threads of Belay's own in somebody else's process
 */
#ifndef BELAYI_WORKER_H
#define BELAYI_WORKER_H

#include <stdbool.h>

/*
 * belayi_worker_start() - runs it on a new thread, detached, with all signals
 * blocked, on which every wrapper passes straight through
 *
 * Allocates: not to be called where the program may be in malloc().
 * Return: 0, or an errno: EPERM where the program has confined itself since.
 */
int belayi_worker_start(void (*run)(void));

/*
 * belayi_workers_alone() - whether no thread of the program's is left: a
 * process whose first thread has left by pthread_exit() ends with the last
 * thread, so none of ours may stay
 */
bool belayi_workers_alone(void);

#endif
