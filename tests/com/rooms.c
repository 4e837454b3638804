/* SPDX-License-Identifier: MIT */
/*
 * rooms.c - threads in apartments, which do what a test tells them
 */
#include "rooms.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MINUTE_S 60
#define REST_NS 200000

/* Wrong in a test's own machinery: there is no test to fail. */
static void need(bool right)
{
	if (!right)
		abort();
}

/* Serves calls until the bell rings. */
static void wait_for_bell(const struct room *room)
{
	struct pollfd fds[] = {
		{.fd = room->bell, .events = POLLIN},
		{.fd = belay_apartment_fd(), .events = POLLIN},
	};
	uint64_t rings;

	do {
		need(poll(fds, 2, -1) > 0 || errno == EINTR);
		if (fds[1].revents)
			(void)belay_apartment_dispatch();
	} while (!fds[0].revents);
	need(read(room->bell, &rings, sizeof(rings)) == sizeof(rings));
}

static void *live(void *argument)
{
	struct room *room = argument;

	need(CoInitializeEx(NULL, room->coinit) == S_OK ||
	     room->coinit == COINIT_MULTITHREADED);
	room->fd = belay_apartment_fd();
	need(!sem_post(&room->idle));
	for (;;) {
		wait_for_bell(room);
		if (!room->work)
			break;
		room->work(room->data);
		need(!sem_post(&room->idle));
	}
	CoUninitialize();
	return NULL;
}

void room_open(struct room *room, DWORD coinit)
{
	room->coinit = coinit;
	room->bell = eventfd(0, EFD_CLOEXEC);
	need(room->bell >= 0);
	need(!sem_init(&room->idle, 0, 0));
	need(!pthread_create(&room->thread, NULL, live, room));
	room_wait(room);
}

void room_wait(struct room *room)
{
	struct timespec until;

	need(!clock_gettime(CLOCK_REALTIME, &until));
	until.tv_sec += 2 * MINUTE_S;
	while (sem_timedwait(&room->idle, &until))
		need(errno == EINTR);
}

void room_start(struct room *room, void (*work)(void *data), void *data)
{
	const uint64_t once = 1;

	room->work = work;
	room->data = data;
	need(write(room->bell, &once, sizeof(once)) == sizeof(once));
}

int room_fd(const struct room *room)
{
	return room->fd;
}

void room_run(struct room *room, void (*work)(void *data), void *data)
{
	room_start(room, work, data);
	room_wait(room);
}

void room_close(struct room *room)
{
	room_start(room, NULL, NULL);
	need(!pthread_join(room->thread, NULL));
	need(!sem_destroy(&room->idle));
	need(!close(room->bell));
}

bool comes_true(bool (*condition)(const void *data), const void *data)
{
	const struct timespec rest = {.tv_nsec = REST_NS};
	struct timespec now, start;

	need(!clock_gettime(CLOCK_MONOTONIC, &start));
	do {
		if (condition(data))
			return true;
		(void)nanosleep(&rest, NULL);
		need(!clock_gettime(CLOCK_MONOTONIC, &now));
	} while (now.tv_sec - start.tv_sec < MINUTE_S);
	return false;
}
