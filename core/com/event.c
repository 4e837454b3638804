/* SPDX-License-Identifier: MIT */
/*
 * event.c - events: what ISynchronize objects are made of
 *
 * The word: turn << 28 | signals so far (24 bits) | flags. Threads sleep on its
 * low half, and are woken by whoever changes it. Threads of single-threaded
 * apartments pump instead: they list themselves, to be rung. From HANDLED on
 * SIGNALED means nothing, and whoever changes the event does so with its lock
 * held; all who sleep are woken then, to wait for the eventfd instead. They list
 * themselves with another one of their own: Signal writes to both, so that it
 * ends their waits also if the event is reset before they look.
 */
#include "event.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "apartment.h"
#include "futex.h"
#include "handles.h"

#define SIGNALED UINT64_C(1)
#define SLEEPERS UINT64_C(2)   /* somebody sleeps on the word */
#define LISTENERS UINT64_C(4)  /* somebody is listed */
#define HANDLED UINT64_C(8)    /* the eventfd is the event */
#define COUNTED UINT64_C(0x10) /* a signal more */
/* Who waited through it saw one, if it is reset. */
#define COUNT UINT64_C(0xffffff0)
#define FLAGS UINT64_C(0xfffffff)
#define TURN_SHIFT 28

#define LOCKS 16U

/* A thread that pumps until a signal, or polls the event's eventfd. */
struct belayi_listener {
	struct belayi_listener *next;
	struct belayi_apartment *apartment; /* that it pumps; or */
	int fd;                             /* that it polls, too */
	struct belayi_event *event;
	uint64_t count; /* of signals when it began to wait */
};

/* Of listeners, and of the descriptor; an event's is found by its address. */
static pthread_mutex_t locks[LOCKS] = {
	[0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER,
};

static pthread_mutex_t *lock_of(const struct belayi_event *event)
{
	return &locks[((uintptr_t)event >> 5) % LOCKS];
}

void belayi_events_in_child(void)
{
	unsigned int i;

	for (i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&locks[i], NULL);
}

static uint64_t look(const struct belayi_event *event)
{
	return __atomic_load_n(&event->word, __ATOMIC_ACQUIRE);
}

static bool swap(struct belayi_event *event, uint64_t *old, uint64_t next)
{
	return __atomic_compare_exchange_n(&event->word, old, next, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

/* The futex is the word's low half: flags and some of the turn. */
static const uint32_t *futex_of(const struct belayi_event *event)
{
	return (const uint32_t *)&event->word;
}

static uint64_t turn_bits(uint64_t turn)
{
	return turn << TURN_SHIFT;
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

static void ring_locked(const struct belayi_event *event)
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
	if (old & SLEEPERS)
		belayi_futex_wake(futex_of(event), INT_MAX);
	if (!(old & LISTENERS))
		return;
	(void)pthread_mutex_lock(lock_of(event));
	ring_locked(event);
	(void)pthread_mutex_unlock(lock_of(event));
}

static bool is_turn(uint64_t word, const uint64_t *turn)
{
	return !turn || !((word ^ turn_bits(*turn)) & ~FLAGS);
}

static uint64_t counted(uint64_t old)
{
	return (old & ~COUNT) | ((old + COUNTED) & COUNT);
}

static bool signal_handle(struct belayi_event *event, const uint64_t *turn)
{
	uint64_t old;
	bool is;

	(void)pthread_mutex_lock(lock_of(event));
	old = look(event);
	do {
		is = is_turn(old, turn);
	} while (is && !swap(event, &old, counted(old)));
	if (is) {
		belayi_handle_signal(event->fd);
		ring_locked(event);
	}
	(void)pthread_mutex_unlock(lock_of(event));
	return is;
}

static uint64_t signaled(uint64_t old)
{
	return (counted(old) & ~SLEEPERS) | SIGNALED;
}

static bool signal_if(struct belayi_event *event, const uint64_t *turn)
{
	uint64_t old = look(event);

	do {
		if (!is_turn(old, turn))
			return false;
		if (old & HANDLED)
			return signal_handle(event, turn);
		/* Written even if it is: whoever waits sees what we wrote. */
	} while (!swap(event, &old, signaled(old)));
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
	uint64_t old = look(event);
	uint64_t next;
	bool locked = false;

	do {
		if ((old & HANDLED) && !locked) {
			(void)pthread_mutex_lock(lock_of(event));
			locked = true;
		}
		next = turn ? turn_bits(*turn) | (old & FLAGS) : old;
	} while (!swap(event, &old, next & ~SIGNALED));
	if (!locked)
		return;
	(void)belayi_handle_take(event->fd);
	(void)pthread_mutex_unlock(lock_of(event));
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
	uint64_t old = look(event);

	do {
		if ((old & HANDLED) || !(old & SIGNALED))
			return false;
		if (!event->automatic)
			return true;
	} while (!swap(event, &old, old & ~SIGNALED));
	return true;
}

/* Whether a wait is over, or goes on with the eventfd. */
static bool is_changed(uint64_t word, uint64_t count)
{
	return (word & (SIGNALED | HANDLED)) || (word & COUNT) != count;
}

/* Sleeps until the event changes; false when the time is over. */
static bool sleep_on(struct belayi_event *event, uint64_t count,
		     uint64_t deadline_ns)
{
	uint64_t old = look(event);

	do {
		if (is_changed(old, count))
			return true;
	} while (!(old & SLEEPERS) && !swap(event, &old, old | SLEEPERS));
	return belayi_futex_wait(futex_of(event), (uint32_t)(old | SLEEPERS),
				 deadline_ns);
}

static bool is_heard(void *data)
{
	const struct belayi_listener *listener = data;

	return is_changed(look(listener->event), listener->count);
}

static void listen(struct belayi_event *event, struct belayi_listener *listener)
{
	(void)pthread_mutex_lock(lock_of(event));
	listener->next = event->listeners;
	event->listeners = listener;
	(void)__atomic_fetch_or(&event->word, LISTENERS, __ATOMIC_SEQ_CST);
	(void)pthread_mutex_unlock(lock_of(event));
}

static void unlisten(struct belayi_event *event,
		     const struct belayi_listener *listener)
{
	struct belayi_listener **link = &event->listeners;

	(void)pthread_mutex_lock(lock_of(event));
	while (*link != listener)
		link = &(*link)->next;
	*link = listener->next;
	if (!event->listeners)
		(void)__atomic_fetch_and(&event->word, ~LISTENERS,
					 __ATOMIC_SEQ_CST);
	(void)pthread_mutex_unlock(lock_of(event));
}

static enum belayi_waited pump_on(struct belayi_event *event,
				  struct belayi_apartment *apartment,
				  uint64_t count, uint64_t deadline_ns,
				  bool for_call)
{
	struct belayi_listener listener = {
		.apartment = apartment, .event = event, .count = count};
	enum belayi_waited waited;

	listen(event, &listener);
	waited = belayi_apartment_wait(is_heard, &listener, deadline_ns,
				       for_call);
	unlisten(event, &listener);
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

static HANDLE handle_of(const struct belayi_event *event)
{
	return belayi_handle_of(__atomic_load_n(&event->fd, __ATOMIC_RELAXED));
}

static bool is_readable(HANDLE handle)
{
	struct pollfd fd = {.fd = belayi_handle_fd(handle), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/* One that is reset before anybody looks is not seen. */
static HRESULT wait_unlisted(const struct belayi_event *event,
			     uint64_t deadline_ns)
{
	HANDLE handle = handle_of(event);
	DWORD index;
	HRESULT hr = belayi_handles_wait(&handle, 1, 0, deadline_ns, &index);

	(void)pthread_mutex_lock(lock_of(event));
	(void)pthread_mutex_unlock(lock_of(event));
	return hr;
}

static HRESULT wait_listed(struct belayi_event *event,
			   struct belayi_listener *listener,
			   uint64_t deadline_ns)
{
	HRESULT hr = RPC_S_CALLPENDING;
	DWORD index = 0;

	listen(event, listener);
	/* Its own comes first: the event's may be closed, and be another. */
	while (index == 0 && (look(event) & COUNT) == listener->count) {
		HANDLE handles[] = {belayi_handle_of(listener->fd),
				    handle_of(event)};

		hr = belayi_handles_wait(handles, 2, 0, deadline_ns, &index);
		if (FAILED(hr))
			break;
		if (index == 0)
			(void)belayi_handle_take(listener->fd);
	}
	if ((look(event) & COUNT) != listener->count)
		hr = S_OK;
	unlisten(event, listener);
	return hr;
}

/*
 * Whoever signaled held the lock, which is taken last: what it wrote before is
 * seen. (The kernel sees to that, too, but only we and it know.)
 */
static HRESULT wait_handle(struct belayi_event *event, uint64_t count,
			   uint64_t deadline_ns)
{
	struct belayi_listener listener = {
		.fd = -1, .event = event, .count = count};
	HRESULT hr;

	if (!event->automatic && deadline_ns && !is_readable(handle_of(event)))
		listener.fd = belayi_handle_new();
	if (listener.fd < 0)
		return wait_unlisted(event, deadline_ns);
	hr = wait_listed(event, &listener, deadline_ns);
	(void)close(listener.fd);
	return hr;
}

HRESULT belayi_event_wait(struct belayi_event *event, uint32_t milliseconds)
{
	uint64_t count = look(event) & COUNT;
	uint64_t deadline;
	bool in_time = true;

	if (take(event))
		return S_OK;
	deadline = belayi_until(milliseconds);
	while (in_time && !(look(event) & HANDLED)) {
		uint64_t before = count;

		in_time = wait_on(event, count, deadline);
		count = look(event) & COUNT;
		/* All who waited are released, also if it is reset at once. */
		if (take(event) || (count != before && !event->automatic))
			return S_OK;
	}
	if (look(event) & HANDLED)
		return wait_handle(event, count, deadline);
	return RPC_S_CALLPENDING;
}

HRESULT belayi_event_await(struct belayi_event *event)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	uint64_t count = look(event) & COUNT;

	if (!apartment || !belayi_apartment_is_single(apartment))
		return belayi_event_wait(event, INFINITE);
	/* Only a filter ends it before. */
	if (take(event) ||
	    pump_on(event, apartment, count, UINT64_MAX, true) == BELAYI_READY)
		return S_OK;
	return RPC_E_CALL_CANCELED;
}

/* From now on that eventfd is the event; the lock is held. */
static void adopt(struct belayi_event *event, int fd, bool keep)
{
	uint64_t old = look(event);
	bool signaled = false;

	__atomic_store_n(&event->fd, fd, __ATOMIC_RELAXED);
	/* It is what the event is, before anybody looks at it. */
	do {
		if (keep && (old & SIGNALED) && !signaled)
			belayi_handle_signal(fd);
		if (keep && !(old & SIGNALED) && signaled)
			(void)belayi_handle_take(fd);
		signaled = old & SIGNALED;
	} while (!swap(event, &old, (old | HANDLED) & ~(SIGNALED | SLEEPERS)));
	if (old & SLEEPERS)
		belayi_futex_wake(futex_of(event), INT_MAX);
	ring_locked(event);
}

HRESULT belayi_event_handle(struct belayi_event *event, HANDLE *ret_handle)
{
	int fd;

	(void)pthread_mutex_lock(lock_of(event));
	fd = event->fd;
	if (fd < 0) {
		fd = belayi_handle_new();
		if (fd >= 0 && event->automatic)
			belayi_handle_automate(fd);
		if (fd >= 0)
			adopt(event, fd, true);
	}
	(void)pthread_mutex_unlock(lock_of(event));
	if (fd < 0)
		return E_OUTOFMEMORY;
	*ret_handle = belayi_handle_of(fd);
	return S_OK;
}

HRESULT belayi_event_set_handle(struct belayi_event *event, HANDLE handle)
{
	int fd = belayi_handle_fd(handle);
	int flags = fcntl(fd, F_GETFL);
	int before;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return E_INVALIDARG;
	if (event->automatic)
		belayi_handle_automate(fd);
	(void)pthread_mutex_lock(lock_of(event));
	before = event->fd;
	adopt(event, fd, false);
	(void)pthread_mutex_unlock(lock_of(event));
	if (before >= 0 && before != fd)
		(void)close(before);
	return S_OK;
}
