/* SPDX-License-Identifier: MIT */
/*
 * event.c - events: what ISynchronize objects are made of
 *
 * Most are a word of memory and no more, see event_parts.h. What one does that
 * has a HANDLE stands in event_handle.c.
 */
#include "event_parts.h"

#include <limits.h>
#include <unistd.h>

#include "apartment.h"
#include "futex.h"
#include "handles.h"

#define LOCKS 16U

/* Of listeners, and of the descriptor; an event's is found by its address. */
static pthread_mutex_t locks[LOCKS] = {
	[0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER,
};

pthread_mutex_t *belayi_event_lock(const struct belayi_event *event)
{
	return &locks[((uintptr_t)event >> 5) % LOCKS];
}

void belayi_events_in_child(void)
{
	unsigned int i;

	for (i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&locks[i], NULL);
}

void belayi_event_init(struct belayi_event *event, bool automatic)
{
	*event = (struct belayi_event){.fd = -1, .automatic = automatic};
}

void belayi_event_deinit(struct belayi_event *event)
{
	if (event->fd >= 0)
		(void)close(event->fd);
}

void belayi_event_ring(const struct belayi_event *event)
{
	const struct belayi_listener *listener;

	for (listener = event->listeners; listener; listener = listener->next)
		if (listener->apartment)
			belayi_apartment_ring(listener->apartment);
		else
			belayi_handle_signal(listener->fd);
}

/* Wakes those that waited when the word was `old`. */
static void wake(struct belayi_event *event, uint64_t old)
{
	if (old & BELAYI_SLEEPERS)
		belayi_futex_wake(belayi_event_futex(event), INT_MAX);
	if (!(old & BELAYI_LISTENERS))
		return;
	(void)pthread_mutex_lock(belayi_event_lock(event));
	belayi_event_ring(event);
	(void)pthread_mutex_unlock(belayi_event_lock(event));
}

static uint64_t signaled(uint64_t old)
{
	return (belayi_event_counted(old) & ~BELAYI_SLEEPERS) | BELAYI_SIGNALED;
}

static bool signal_if(struct belayi_event *event, const uint64_t *turn)
{
	uint64_t old = belayi_event_look(event);

	do {
		if (!belayi_event_is_turn(old, turn))
			return false;
		if (old & BELAYI_HANDLED)
			return belayi_event_signal_handle(event, turn);
		/* Written even if it is: whoever waits sees what we wrote. */
	} while (!belayi_event_swap(event, &old, signaled(old)));
	wake(event, old);
	return true;
}

void belayi_event_signal(struct belayi_event *event)
{
	(void)signal_if(event, NULL);
}

bool belayi_event_signal_turn(struct belayi_event *event, uint64_t turn)
{
	return signal_if(event, &turn);
}

/* Resets the event and, if there is one, begins a turn. */
static void reset(struct belayi_event *event, const uint64_t *turn)
{
	uint64_t old = belayi_event_look(event);
	uint64_t next;
	bool locked = false;

	do {
		if ((old & BELAYI_HANDLED) && !locked) {
			(void)pthread_mutex_lock(belayi_event_lock(event));
			locked = true;
		}
		next = old;
		if (turn)
			next = belayi_event_turn_bits(*turn) |
			       (old & BELAYI_EVENT_FLAGS);
	} while (!belayi_event_swap(event, &old, next & ~BELAYI_SIGNALED));
	if (!locked)
		return;
	(void)belayi_handle_take(event->fd);
	(void)pthread_mutex_unlock(belayi_event_lock(event));
}

void belayi_event_reset(struct belayi_event *event)
{
	reset(event, NULL);
}

void belayi_event_begin(struct belayi_event *event, uint64_t turn)
{
	reset(event, &turn);
}

/* Takes the signal if there is one and the word says so. */
static bool take(struct belayi_event *event)
{
	uint64_t old = belayi_event_look(event);

	do {
		if ((old & BELAYI_HANDLED) || !(old & BELAYI_SIGNALED))
			return false;
		if (!event->automatic)
			return true;
	} while (!belayi_event_swap(event, &old, old & ~BELAYI_SIGNALED));
	return true;
}

/* Whether a wait is over, or goes on with the eventfd. */
static bool is_changed(uint64_t word, uint64_t count)
{
	return (word & (BELAYI_SIGNALED | BELAYI_HANDLED)) ||
	       (word & BELAYI_COUNT) != count;
}

/* Sleeps until the event changes; false when the time is over. */
static bool sleep_on(struct belayi_event *event, uint64_t count,
		     uint64_t deadline_ns)
{
	uint64_t old = belayi_event_look(event);

	do {
		if (is_changed(old, count))
			return true;
	} while (!(old & BELAYI_SLEEPERS) &&
		 !belayi_event_swap(event, &old, old | BELAYI_SLEEPERS));
	return belayi_futex_wait(belayi_event_futex(event),
				 (uint32_t)(old | BELAYI_SLEEPERS),
				 deadline_ns);
}

static bool is_heard(void *data)
{
	const struct belayi_listener *listener = data;

	return is_changed(belayi_event_look(listener->event), listener->count);
}

void belayi_event_listen(struct belayi_event *event,
			 struct belayi_listener *listener)
{
	(void)pthread_mutex_lock(belayi_event_lock(event));
	listener->next = event->listeners;
	event->listeners = listener;
	(void)__atomic_fetch_or(&event->word, BELAYI_LISTENERS,
				__ATOMIC_SEQ_CST);
	(void)pthread_mutex_unlock(belayi_event_lock(event));
}

void belayi_event_unlisten(struct belayi_event *event,
			   const struct belayi_listener *listener)
{
	struct belayi_listener **link = &event->listeners;

	(void)pthread_mutex_lock(belayi_event_lock(event));
	while (*link != listener)
		link = &(*link)->next;
	*link = listener->next;
	if (!event->listeners)
		(void)__atomic_fetch_and(&event->word, ~BELAYI_LISTENERS,
					 __ATOMIC_SEQ_CST);
	(void)pthread_mutex_unlock(belayi_event_lock(event));
}

static enum belayi_waited pump_on(struct belayi_event *event,
				  struct belayi_apartment *apartment,
				  uint64_t count, uint64_t deadline_ns,
				  bool for_call)
{
	struct belayi_listener listener = {
		.apartment = apartment, .event = event, .count = count};
	enum belayi_waited waited;

	belayi_event_listen(event, &listener);
	waited = belayi_apartment_wait(is_heard, &listener, deadline_ns,
				       for_call);
	belayi_event_unlisten(event, &listener);
	return waited;
}

/* Waits in the way of this thread; false when the time is over. */
static bool wait_on(struct belayi_event *event, uint64_t count,
		    uint64_t deadline_ns)
{
	struct belayi_apartment *apartment = belayi_apartment_current();

	if (apartment && belayi_apartment_is_single(apartment))
		return pump_on(event, apartment, count, deadline_ns, false) ==
		       BELAYI_READY;
	return deadline_ns && sleep_on(event, count, deadline_ns);
}

HRESULT belayi_event_wait(struct belayi_event *event, uint32_t milliseconds)
{
	uint64_t count = belayi_event_look(event) & BELAYI_COUNT;
	uint64_t deadline;
	bool in_time = true;

	if (take(event))
		return S_OK;
	deadline = belayi_until(milliseconds);
	while (in_time && !(belayi_event_look(event) & BELAYI_HANDLED)) {
		uint64_t before = count;

		in_time = wait_on(event, count, deadline);
		count = belayi_event_look(event) & BELAYI_COUNT;
		/* All who waited are released, also if it is reset at once. */
		if (take(event) || (count != before && !event->automatic))
			return S_OK;
	}
	if (belayi_event_look(event) & BELAYI_HANDLED)
		return belayi_event_wait_handle(event, count, deadline);
	return RPC_S_CALLPENDING;
}

HRESULT belayi_event_await(struct belayi_event *event)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	uint64_t count = belayi_event_look(event) & BELAYI_COUNT;

	if (!apartment || !belayi_apartment_is_single(apartment))
		return belayi_event_wait(event, INFINITE);
	/* Only a filter ends it before. */
	if (take(event) ||
	    pump_on(event, apartment, count, UINT64_MAX, true) == BELAYI_READY)
		return S_OK;
	return RPC_E_CALL_CANCELED;
}
