/* SPDX-License-Identifier: MIT */
/*
 * queue.h - what waits for a single-threaded apartment
 *
 * Any thread posts and rings; only the apartment's thread, the owner, does the
 * rest. No lock: posting pushes on a list that the owner takes whole.
 *
 * The owner is told in the way that it waits: it sleeps on the bell, or polls
 * the descriptor, or it does neither; then the descriptor is for the program's
 * own loop. The descriptor is readable whenever a task waits, except while the
 * owner sleeps in the runtime; it may be so without a task, too.
 */
#ifndef BELAYI_QUEUE_H
#define BELAYI_QUEUE_H

#include "apartment.h"

struct belayi_queue {
	struct belayi_task *posted; /* the newest first */
	struct belayi_task *first;  /* the owner's: the oldest first */
	uint32_t bell;              /* a futex: how the owner waits */
	int fd;                     /* an eventfd; -1: nobody asked for it */
	bool raised;                /* the owner's: fd is, because of `first` */
};

/* How the owner waits: values of the bell. */
enum belayi_bell {
	BELAYI_AWAKE,    /* it does not, or the program's own loop does */
	BELAYI_SLEEPING, /* on the bell */
	BELAYI_POLLING,  /* on the descriptor, and others */
};

void belayi_queue_init(struct belayi_queue *queue);

/* belayi_queue_post() - false where the queue is closed */
bool belayi_queue_post(struct belayi_queue *queue, struct belayi_task *task);

/* belayi_queue_ring() - wakes the owner if it waits */
void belayi_queue_ring(struct belayi_queue *queue);

/* belayi_queue_take() - the oldest task, or NULL */
struct belayi_task *belayi_queue_take(struct belayi_queue *queue);

/* belayi_queue_count() - how many wait, those taken from the list included */
unsigned int belayi_queue_count(struct belayi_queue *queue);

/*
 * belayi_queue_lie_down() - says how the owner is going to wait
 *
 * From now on it is told of what is posted and of rings: whatever it looks at
 * afterwards, and finds not to be so, will wake it.
 *
 * Return: false where a task has been posted: then it must not wait.
 */
bool belayi_queue_lie_down(struct belayi_queue *queue, enum belayi_bell how);

/* belayi_queue_get_up() - the owner does not wait any more */
void belayi_queue_get_up(struct belayi_queue *queue);

/* belayi_queue_fd() - the descriptor, made when first asked for; -1: none */
int belayi_queue_fd(struct belayi_queue *queue);

/*
 * belayi_queue_lower() - makes the descriptor unreadable, if nothing is posted
 *
 * For an owner that is about to take what it has taken over.
 */
void belayi_queue_lower(struct belayi_queue *queue);

/*
 * belayi_queue_show() - makes the descriptor readable if a task waits
 *
 * For an owner that waited, and goes back to the program's own loop.
 */
void belayi_queue_show(struct belayi_queue *queue);

/*
 * belayi_queue_close() - takes nothing any more
 *
 * Return: the tasks that waited, the oldest first.
 */
struct belayi_task *belayi_queue_close(struct belayi_queue *queue);

/*
 * belayi_queue_deinit() - closes the descriptor
 *
 * Not before all who post are gone: one of them may be about to write to it.
 */
void belayi_queue_deinit(struct belayi_queue *queue);

#endif
