/* SPDX-License-Identifier: MIT */
/*
 * worker.h - threads of Belay's own in somebody else's process
 */
#ifndef BELAYI_WORKER_H
#define BELAYI_WORKER_H

/*
 * belayi_worker_start() - runs it on a new thread, detached, with all signals
 * blocked, on which every wrapper passes straight through
 *
 * Allocates: not to be called where the program may be in malloc().
 * Return: 0, or an errno.
 */
int belayi_worker_start(void (*run)(void));

#endif
