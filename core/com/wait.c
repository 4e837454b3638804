/* SPDX-License-Identifier: MIT */
/*
 * wait.c - how the thread of a single-threaded apartment waits and dispatches
 */
#include "apartment_parts.h"
#include "futex.h"

#include <belay/com/apartment.h>

/* How often the message filter is asked. */
#define FILTER_NS UINT64_C(100000000)

static void run(struct belayi_apartment *apartment, struct belayi_task *task)
{
	apartment->nesting++;
	task->run(task);
	apartment->nesting--;
}

bool belayi_apartment_serve(struct belayi_apartment *apartment)
{
	struct belayi_task *task = belayi_queue_take(&apartment->queue);

	if (task)
		run(apartment, task);
	return task != NULL;
}

/* A wait in progress. */
struct wait {
	struct belayi_apartment *apartment;
	bool (*ready)(void *data);
	void *data;
	uint64_t deadline_ns;
	uint64_t since_ns; /* when it began; only with a filter */
	uint64_t ask_ns;   /* when to ask the filter; UINT64_MAX: never */
};

/* Whether it is ready; else it slept, or a task has come. */
static bool sleep_until_told(const struct wait *wait)
{
	struct belayi_queue *queue = &wait->apartment->queue;
	bool ready;

	if (!belayi_queue_lie_down(queue, BELAYI_SLEEPING))
		return false;
	ready = wait->ready(wait->data);
	if (!ready)
		(void)belayi_futex_wait(&queue->bell, BELAYI_SLEEPING,
					wait->ask_ns < wait->deadline_ns
						? wait->ask_ns
						: wait->deadline_ns);
	belayi_queue_get_up(queue);
	return ready;
}

/* Whether the wait is over without its being ready. */
static bool is_over(struct wait *wait, enum belayi_waited *ret_waited)
{
	uint64_t now;

	if (wait->deadline_ns == UINT64_MAX && wait->ask_ns == UINT64_MAX)
		return false;
	now = belayi_now_ns();
	if (now >= wait->deadline_ns) {
		*ret_waited = BELAYI_TIME_OVER;
		return true;
	}
	if (now < wait->ask_ns)
		return false;
	wait->ask_ns = now + FILTER_NS;
	*ret_waited = BELAYI_FILTERED;
	return belayi_filter_cancels(wait->apartment, wait->since_ns);
}

static enum belayi_waited wait_for(struct wait *wait)
{
	enum belayi_waited waited;

	for (;;) {
		bool served;

		if (wait->ready(wait->data))
			return BELAYI_READY;
		served = belayi_apartment_serve(wait->apartment);
		if (is_over(wait, &waited))
			return wait->ready(wait->data) ? BELAYI_READY : waited;
		if (!served && sleep_until_told(wait))
			return BELAYI_READY;
	}
}

/* A wait that does not sleep: what comes meanwhile is left for the next. */
static enum belayi_waited look_once(const struct wait *wait)
{
	unsigned int count = belayi_queue_count(&wait->apartment->queue);
	bool ready = wait->ready(wait->data);

	while (!ready && count-- && belayi_apartment_serve(wait->apartment))
		ready = wait->ready(wait->data);
	return ready ? BELAYI_READY : BELAYI_TIME_OVER;
}

/* since: NULL: the filter is not asked */
static enum belayi_waited wait_since(bool (*ready)(void *data), void *data,
				     uint64_t deadline_ns, uint64_t *since_ns)
{
	struct wait wait = {
		.apartment = belayi_apartment_current(),
		.ready = ready,
		.data = data,
		.deadline_ns = deadline_ns,
		.ask_ns = UINT64_MAX,
	};
	enum belayi_waited waited;

	if (since_ns && wait.apartment->filter && deadline_ns) {
		wait.ask_ns = belayi_now_ns();
		if (!*since_ns)
			*since_ns = wait.ask_ns;
		wait.since_ns = *since_ns;
		wait.ask_ns += FILTER_NS;
	}
	waited = deadline_ns ? wait_for(&wait) : look_once(&wait);
	belayi_queue_show(&wait.apartment->queue);
	return waited;
}

enum belayi_waited belayi_apartment_wait(bool (*ready)(void *data), void *data,
					 uint64_t deadline_ns, bool for_call)
{
	uint64_t since_ns = 0;

	return wait_since(ready, data, deadline_ns,
			  for_call ? &since_ns : NULL);
}

enum belayi_waited belayi_apartment_wait_again(bool (*ready)(void *data),
					       void *data, uint64_t deadline_ns,
					       uint64_t *since_ns)
{
	return wait_since(ready, data, deadline_ns, since_ns);
}

int belay_apartment_fd(void)
{
	struct belayi_apartment *apartment = belayi_apartment_current();

	if (!apartment || !apartment->single)
		return -1;
	return belayi_queue_fd(&apartment->queue);
}

HRESULT belay_apartment_dispatch(void)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	unsigned int count, served = 0;

	if (!apartment)
		return CO_E_NOTINITIALIZED;
	if (!apartment->single)
		return RPC_E_WRONG_THREAD;
	count = belayi_queue_count(&apartment->queue);
	belayi_queue_lower(&apartment->queue);
	while (served < count && belayi_apartment_serve(apartment))
		served++;
	return served ? S_OK : S_FALSE;
}
