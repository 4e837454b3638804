/* SPDX-License-Identifier: MIT */
/*
 * apartment.h - where objects live, and how work gets there
 *
 * A process has at most one multithreaded apartment (MTA), whose pool of
 * threads runs what is posted to it, and one single-threaded apartment (STA)
 * for each thread that asked for one, which runs it itself: while it waits in
 * one of COM's functions, and in belay_apartment_dispatch().
 *
 * Rules for every function
 *
 *  - Any thread may call it unless said otherwise, and all at once. None is
 *    async-signal-safe.
 *  - Times are CLOCK_MONOTONIC's, in nanoseconds.
 *  - An apartment is counted. It *ends* in the last CoUninitialize() of its
 *    threads; references keep its memory only. What is posted to an ended
 *    apartment is turned down.
 */
#ifndef BELAYI_APARTMENT_H
#define BELAYI_APARTMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

struct belayi_apartment;

/*
 * struct belayi_task - work for an apartment; part of whatever it is about
 *
 * Exactly one of the two is called, once, without a lock held, and the task
 * belongs to it then: run() on a thread of the apartment, which is its current
 * one; drop() on any thread, when the apartment ended before.
 */
struct belayi_task {
	struct belayi_task *next; /* the queue's */
	void (*run)(struct belayi_task *task);
	void (*drop)(struct belayi_task *task);
};

/*
 * struct belayi_at_end - what is to be done when an apartment ends
 *
 * end() is called on the apartment's last thread, which is still in it, after
 * the apartment began to turn tasks down and without a lock held. Objects of
 * the apartment are disconnected and released there.
 */
struct belayi_at_end {
	struct belayi_at_end *next; /* these two are the apartment's; */
	struct belayi_at_end *prev; /* prev is NULL where it is not listed */
	void (*end)(struct belayi_at_end *at_end);
};

/* How a wait ended. */
enum belayi_waited {
	BELAYI_READY,
	BELAYI_TIME_OVER,
	BELAYI_FILTERED, /* the message filter cancels the call waited for */
};

/*
 * belayi_apartment_current() - the one that this thread is in; lent
 *
 * NULL where COM is not initialized on the thread. There is no implicit MTA.
 */
struct belayi_apartment *belayi_apartment_current(void);

/* belayi_apartment_is_single() - whether it is single-threaded */
bool belayi_apartment_is_single(const struct belayi_apartment *apartment);

/* belayi_apartment_id() - its number, never 0 and never used again: an OXID */
uint64_t belayi_apartment_id(const struct belayi_apartment *apartment);

/*
 * belayi_apartment_find() - the apartment of that number
 *
 * Return: a reference; NULL where there is none, or it has ended.
 */
struct belayi_apartment *belayi_apartment_find(uint64_t id);

struct belayi_apartment *
belayi_apartment_ref(struct belayi_apartment *apartment);
struct belayi_apartment *
belayi_apartment_unref(struct belayi_apartment *apartment);

/*
 * belayi_apartment_post() - has a task run in the apartment
 *
 * In an STA in the order of posting, in the MTA at once as far as threads go.
 * Never waits for what runs there.
 *
 * Return: false where the apartment has ended: then neither function of the
 *         task is called, and what it is about answers RPC_E_DISCONNECTED.
 */
bool belayi_apartment_post(struct belayi_apartment *apartment,
			   struct belayi_task *task);

/*
 * belayi_apartment_wait() - waits on the thread of an STA; runs its tasks
 *
 * Only for the current apartment's thread, which must be an STA's: threads of
 * the MTA sleep on the word of what they wait for. Waits nest: a task that
 * runs inside may wait, too, and the outer wait looks again afterwards.
 *
 * ready:    whether the wait is over; called often, and may take what it
 *           waited for. Whoever makes it true calls belayi_apartment_ring()
 *           afterwards
 * deadline: 0 runs what has been posted until it is ready; UINT64_MAX is for ever
 * for_call: it waits for the outcome of a call: asks the message filter
 */
enum belayi_waited belayi_apartment_wait(bool (*ready)(void *data), void *data,
					 uint64_t deadline_ns, bool for_call);

/*
 * belayi_apartment_wait_again() - one for a call, in several pieces
 *
 * The message filter hears how long all of it takes: where what it said came to
 * nothing, the wait goes on.
 *
 * since: 0 in the first piece; then when that began
 */
enum belayi_waited belayi_apartment_wait_again(bool (*ready)(void *data),
					       void *data, uint64_t deadline_ns,
					       uint64_t *since_ns);

/*
 * belayi_apartment_ring() - lets a waiting STA look whether it is ready
 *
 * A few instructions where it does not sleep. What was written before is seen.
 */
void belayi_apartment_ring(struct belayi_apartment *apartment);

/*
 * belayi_apartment_at_end() - has something done when the apartment ends
 *
 * Return: false where it has ended already; nothing was listed.
 */
bool belayi_apartment_at_end(struct belayi_apartment *apartment,
			     struct belayi_at_end *at_end);

/*
 * belayi_apartment_not_at_end() - takes that back
 *
 * Return: false where end() has been called, or is being called at the moment.
 */
bool belayi_apartment_not_at_end(struct belayi_apartment *apartment,
				 struct belayi_at_end *at_end);

/*
 * belayi_until() - that many milliseconds from now, as a deadline
 *
 * 0 stays 0 ("only look"), INFINITE is UINT64_MAX ("for ever").
 */
uint64_t belayi_until(uint32_t milliseconds);

#endif
