/* SPDX-License-Identifier: MIT */
/*
 * event_handle.c - events that have a HANDLE
 *
 * The eventfd is the event then. All who slept on its word when that came are
 * woken, to wait for the eventfd instead. They list themselves with another one
 * of their own: Signal writes to both, so that it ends their waits also if the
 * event is reset before they look.
 */
#include "event_parts.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "futex.h"
#include "handles.h"

bool belayi_event_signal_handle(struct belayi_event *event,
				const uint64_t *turn)
{
	uint64_t old;
	bool is;

	(void)pthread_mutex_lock(belayi_event_lock(event));
	old = belayi_event_look(event);
	do {
		is = belayi_event_is_turn(old, turn);
	} while (is &&
		 !belayi_event_swap(event, &old, belayi_event_counted(old)));
	if (is) {
		belayi_handle_signal(event->fd);
		belayi_event_ring(event);
	}
	(void)pthread_mutex_unlock(belayi_event_lock(event));
	return is;
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

	(void)pthread_mutex_lock(belayi_event_lock(event));
	(void)pthread_mutex_unlock(belayi_event_lock(event));
	return hr;
}

static HRESULT wait_listed(struct belayi_event *event,
			   struct belayi_listener *listener,
			   uint64_t deadline_ns)
{
	HRESULT hr = RPC_S_CALLPENDING;
	DWORD index = 0;

	belayi_event_listen(event, listener);
	/* Its own comes first: the event's may be closed, and be another. */
	while (index == 0 &&
	       (belayi_event_look(event) & BELAYI_COUNT) == listener->count) {
		HANDLE handles[] = {belayi_handle_of(listener->fd),
				    handle_of(event)};

		hr = belayi_handles_wait(handles, 2, 0, deadline_ns, &index);
		if (FAILED(hr))
			break;
		if (index == 0)
			(void)belayi_handle_take(listener->fd);
	}
	if ((belayi_event_look(event) & BELAYI_COUNT) != listener->count)
		hr = S_OK;
	belayi_event_unlisten(event, listener);
	return hr;
}

/*
 * Whoever signaled held the lock, which is taken last: what it wrote before is
 * seen. (The kernel sees to that, too, but only we and it know.)
 */
HRESULT belayi_event_wait_handle(struct belayi_event *event, uint64_t count,
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

/* From now on that eventfd is the event; the lock is held. */
static void adopt(struct belayi_event *event, int fd, bool keep)
{
	uint64_t old = belayi_event_look(event);
	bool signaled = false;

	__atomic_store_n(&event->fd, fd, __ATOMIC_RELAXED);
	/* It is what the event is, before anybody looks at it. */
	do {
		if (keep && (old & BELAYI_SIGNALED) && !signaled)
			belayi_handle_signal(fd);
		if (keep && !(old & BELAYI_SIGNALED) && signaled)
			(void)belayi_handle_take(fd);
		signaled = old & BELAYI_SIGNALED;
	} while (!belayi_event_swap(
		event, &old,
		(old | BELAYI_HANDLED) & ~(BELAYI_SIGNALED | BELAYI_SLEEPERS)));
	if (old & BELAYI_SLEEPERS)
		belayi_futex_wake(belayi_event_futex(event), INT_MAX);
	belayi_event_ring(event);
}

HRESULT belayi_event_handle(struct belayi_event *event, HANDLE *ret_handle)
{
	int fd;

	(void)pthread_mutex_lock(belayi_event_lock(event));
	fd = event->fd;
	if (fd < 0) {
		fd = belayi_handle_new();
		if (fd >= 0 && event->automatic)
			belayi_handle_automate(fd);
		if (fd >= 0)
			adopt(event, fd, true);
	}
	(void)pthread_mutex_unlock(belayi_event_lock(event));
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
	(void)pthread_mutex_lock(belayi_event_lock(event));
	before = event->fd;
	adopt(event, fd, false);
	(void)pthread_mutex_unlock(belayi_event_lock(event));
	if (before >= 0 && before != fd)
		(void)close(before);
	return S_OK;
}
