/* SPDX-License-Identifier: MIT */
/*
 * handles.c - HANDLEs, which are descriptors, and waiting for several
 *
 * Whether an eventfd is automatic is told by the number of the signal that it
 * would send (F_SETSIG), which it never does: it is not in O_ASYNC mode.
 */
#include "handles.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "apartment_parts.h"
#include "futex.h"

#define AUTOMATIC 64 /* the last of the real-time signals */
#define FIRST_FD 3   /* neither NULL nor one of the standard streams */
#define SIGNALED (POLLIN | POLLHUP | POLLERR)
#define FLAGS                                                                  \
	((DWORD)(COWAIT_WAITALL | COWAIT_ALERTABLE | COWAIT_INPUTAVAILABLE |   \
		 COWAIT_DISPATCH_CALLS | COWAIT_DISPATCH_WINDOW_MESSAGES))

int belayi_handle_new(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int higher;

	if (fd < 0 || fd >= FIRST_FD)
		return fd;
	higher = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	(void)close(fd);
	return higher;
}

void belayi_handle_automate(int fd)
{
	(void)fcntl(fd, F_SETSIG, AUTOMATIC);
}

void belayi_handle_signal(int fd)
{
	const uint64_t one = 1;
	int saved = errno;

	/* Fails only where the counter is full: then it is signaled. */
	(void)!write(fd, &one, sizeof(one));
	errno = saved;
}

bool belayi_handle_take(int fd)
{
	int saved = errno;
	uint64_t count;
	bool taken = read(fd, &count, sizeof(count)) == sizeof(count);

	errno = saved;
	return taken;
}

/* A wait in progress. The last one is the apartment's descriptor, if any. */
struct wait {
	struct pollfd fds[BELAYI_HANDLES_MAX + 1];
	unsigned int count;             /* of handles */
	struct belayi_apartment *pumps; /* NULL: this thread does not pump */
	DWORD flags;
	uint64_t deadline_ns;
};

/* Whether a poll found that handle signaled, and it still is. */
static bool takes(const struct pollfd *fd)
{
	if (!(fd->revents & SIGNALED))
		return false;
	return fcntl(fd->fd, F_GETSIG) != AUTOMATIC ||
	       belayi_handle_take(fd->fd);
}

static bool takes_all(struct wait *wait)
{
	unsigned int i;

	for (i = 0; i < wait->count && takes(&wait->fds[i]); i++)
		;
	if (i == wait->count)
		return true;
	/*
	 * Another thread was faster: this one is missing again, and what was
	 * taken is given back.
	 */
	wait->fds[i].revents = 0;
	while (i-- > 0)
		if (fcntl(wait->fds[i].fd, F_GETSIG) == AUTOMATIC)
			belayi_handle_signal(wait->fds[i].fd);
	return false;
}

/* S_OK, RPC_S_CALLPENDING, or E_HANDLE. */
static HRESULT look(struct wait *wait, DWORD *ret_index)
{
	unsigned int i, ready = 0;

	if (poll(wait->fds, wait->count, 0) < 0)
		return RPC_S_CALLPENDING;
	for (i = 0; i < wait->count; i++) {
		if (wait->fds[i].revents & POLLNVAL)
			return E_HANDLE;
		if (wait->fds[i].revents & SIGNALED)
			ready++;
		if (!(wait->flags & COWAIT_WAITALL) && takes(&wait->fds[i])) {
			*ret_index = i;
			return S_OK;
		}
	}
	if (!(wait->flags & COWAIT_WAITALL) || ready < wait->count ||
	    !takes_all(wait))
		return RPC_S_CALLPENDING;
	*ret_index = 0;
	return S_OK;
}

/* Those that are not signaled yet, where all have to be. */
static unsigned int missing(const struct wait *wait, struct pollfd *ret_fds)
{
	unsigned int i, count = 0;

	for (i = 0; i < wait->count; i++)
		if (!(wait->flags & COWAIT_WAITALL) ||
		    !(wait->fds[i].revents & SIGNALED))
			ret_fds[count++] = wait->fds[i];
	if (wait->pumps)
		ret_fds[count++] = (struct pollfd){.fd = wait->pumps->queue.fd,
						   .events = POLLIN};
	return count;
}

/* Sleeps until something is readable. False: a signal handler ran. */
static bool sleep_on(struct wait *wait)
{
	struct pollfd fds[BELAYI_HANDLES_MAX + 1];
	unsigned int count = missing(wait, fds);
	uint64_t now = belayi_now_ns();
	uint64_t left = wait->deadline_ns > now ? wait->deadline_ns - now : 0;
	struct timespec time = {
		.tv_sec = (time_t)(left / 1000000000),
		.tv_nsec = (long)(left % 1000000000),
	};

	return ppoll(fds, count, wait->deadline_ns == UINT64_MAX ? NULL : &time,
		     NULL) >= 0 ||
	       errno != EINTR;
}

/* The same for a thread that pumps; returns at once where a task waits. */
static bool pump_on(struct wait *wait)
{
	struct belayi_queue *queue = &wait->pumps->queue;
	bool slept;

	if (!belayi_queue_lie_down(queue, BELAYI_POLLING))
		return true;
	slept = sleep_on(wait);
	belayi_queue_get_up(queue);
	(void)belayi_queue_count(queue);
	belayi_queue_lower(queue);
	return slept;
}

/* A wait that does not sleep: what comes meanwhile is left for the next. */
static HRESULT look_once(struct wait *wait, DWORD *ret_index)
{
	unsigned int count =
		wait->pumps ? belayi_queue_count(&wait->pumps->queue) : 0;
	HRESULT hr = look(wait, ret_index);

	while (hr == RPC_S_CALLPENDING && count-- &&
	       belayi_apartment_serve(wait->pumps))
		hr = look(wait, ret_index);
	return hr;
}

static HRESULT wait_for(struct wait *wait, DWORD *ret_index)
{
	for (;;) {
		HRESULT hr = look(wait, ret_index);
		bool served, slept = true;

		if (hr != RPC_S_CALLPENDING)
			return hr;
		served = wait->pumps && belayi_apartment_serve(wait->pumps);
		if (wait->deadline_ns != UINT64_MAX &&
		    belayi_now_ns() >= wait->deadline_ns)
			return served ? look(wait, ret_index) : hr;
		if (!served)
			slept = wait->pumps ? pump_on(wait) : sleep_on(wait);
		if (!slept && (wait->flags & COWAIT_ALERTABLE)) {
			*ret_index = BELAYI_ALERTED;
			return S_OK;
		}
	}
}

/* Whether it is there a second time: it could not be taken twice. */
static bool is_repeated(const struct wait *wait, unsigned int index)
{
	unsigned int i;

	for (i = 0; i < index && wait->fds[i].fd != wait->fds[index].fd; i++)
		;
	return i < index;
}

/* S_OK, E_INVALIDARG, or E_HANDLE: a poll would leave it out. */
static HRESULT fill(struct wait *wait, const HANDLE *handles)
{
	unsigned int i;

	for (i = 0; i < wait->count; i++) {
		wait->fds[i] = (struct pollfd){
			.fd = belayi_handle_fd(handles[i]), .events = POLLIN};
		if (wait->fds[i].fd < 0)
			return E_HANDLE;
		if ((wait->flags & COWAIT_WAITALL) && is_repeated(wait, i))
			return E_INVALIDARG;
	}
	return S_OK;
}

HRESULT belayi_handles_wait(const HANDLE *handles, unsigned int count,
			    DWORD flags, uint64_t deadline_ns, DWORD *ret_index)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	struct wait wait = {
		.count = count,
		.flags = flags,
		.deadline_ns = deadline_ns,
	};
	int saved = errno;
	HRESULT hr = fill(&wait, handles);

	if (FAILED(hr))
		return hr;
	if (apartment && apartment->single) {
		wait.pumps = apartment;
		if (belayi_queue_fd(&apartment->queue) < 0)
			return RPC_E_OUT_OF_RESOURCES;
	}
	hr = deadline_ns ? wait_for(&wait, ret_index)
			 : look_once(&wait, ret_index);
	if (wait.pumps)
		belayi_queue_show(&apartment->queue);
	errno = saved;
	return hr;
}

HRESULT CoWaitForMultipleHandles(DWORD flags, DWORD milliseconds, ULONG count,
				 LPHANDLE handles, LPDWORD ret_index)
{
	if (!ret_index)
		return E_INVALIDARG;
	*ret_index = 0;
	if (!handles || (flags & ~FLAGS) || count > BELAYI_HANDLES_MAX)
		return E_INVALIDARG;
	if (!count)
		return RPC_E_NO_SYNC;
	return belayi_handles_wait(handles, count, flags,
				   belayi_until(milliseconds), ret_index);
}
