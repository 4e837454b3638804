/* SPDX-License-Identifier: MIT */
/*
 * apartment_parts.h - what an apartment consists of
 *
 * For the files that make apartments up: apartment.c, pool.c, wait.c,
 * filter.c. Others use apartment.h.
 */
#ifndef BELAYI_APARTMENT_PARTS_H
#define BELAYI_APARTMENT_PARTS_H

#include <pthread.h>

#include "apartment.h"
#include "pool.h"
#include "queue.h"

struct belayi_apartment {
	uint64_t id;
	uint32_t references;
	bool single;

	/* Of the list of all apartments that have not ended. */
	struct belayi_apartment *next;
	struct belayi_apartment *prev;

	pthread_mutex_t lock;       /* of the two that follow */
	struct belayi_at_end hooks; /* a ring, the latest first */
	bool ended;

	/* Of a single-threaded one; but the queue all are its thread's. */
	struct belayi_queue queue;
	IMessageFilter *filter;
	unsigned int nesting; /* how many of its tasks run */

	struct belayi_pool pool; /* of the multithreaded one */
};

/* belayi_apartment_lend() - a thread of the pool enters, for its whole life */
void belayi_apartment_lend(struct belayi_apartment *apartment);

/* belayi_apartment_take_back() - it leaves, before its end */
void belayi_apartment_take_back(void);

/* belayi_apartments_in_child() - none of them is there after a fork */
void belayi_apartments_in_child(void);

/* belayi_apartment_serve() - runs one task of an STA; false: none waits */
bool belayi_apartment_serve(struct belayi_apartment *apartment);

/*
 * belayi_filter_cancels() - whether the apartment's message filter cancels the
 * call that its thread waits for
 *
 * since: when it began to wait for it
 */
bool belayi_filter_cancels(struct belayi_apartment *apartment,
			   uint64_t since_ns);

/* belayi_filter_drop() - lets go of the filter of an apartment that ends */
void belayi_filter_drop(struct belayi_apartment *apartment);

#endif
