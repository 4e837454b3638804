/* SPDX-License-Identifier: MIT */
/*
 * rooms.h - threads in apartments, which do what a test tells them
 *
 * The test's own thread stays outside COM. A room of a single-threaded
 * apartment serves calls while it has nothing else to do.
 */
#ifndef TESTS_COM_ROOMS_H
#define TESTS_COM_ROOMS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include <belay/com/apartment.h>

struct room {
	pthread_t thread;
	DWORD coinit;
	int bell;
	int fd;
	sem_t idle;
	void (*work)(void *data);
	void *data;
};

/* room_open() - starts a thread in an apartment of that kind */
void room_open(struct room *room, DWORD coinit);

/* room_close() - ends the thread, which leaves its apartment */
void room_close(struct room *room);

/* room_start(), room_wait() - has it do something; waits until it has */
void room_start(struct room *room, void (*work)(void *data), void *data);
void room_wait(struct room *room);

/* room_fd() - the apartment's: readable while something waits for it */
int room_fd(const struct room *room);

/* room_run() - both */
void room_run(struct room *room, void (*work)(void *data), void *data);

/*
 * comes_true() - waits until it does; false: not within a minute
 *
 * For what happens in another thread at some time.
 */
bool comes_true(bool (*condition)(const void *data), const void *data);

#endif
