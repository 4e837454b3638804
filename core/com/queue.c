/* SPDX-License-Identifier: MIT */
/*
 * queue.c - what waits for a single-threaded apartment
 *
 * Sequentially consistent: a poster pushes, then looks at the bell (and at the
 * descriptor's number); the owner lies down (or makes the descriptor), then
 * looks at the list. One of the two sees the other.
 */
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "futex.h"

/* The list of a queue that is closed. */
static struct belayi_task closed;

void belayi_queue_init(struct belayi_queue *queue)
{
	*queue = (struct belayi_queue){.fd = -1};
}

static struct belayi_task *posted(const struct belayi_queue *queue)
{
	return __atomic_load_n(&queue->posted, __ATOMIC_SEQ_CST);
}

/* Fails only where the counter is full: then it is readable already. */
static void raise_fd(int fd)
{
	const uint64_t one = 1;
	int saved = errno;

	if (fd >= 0)
		(void)!write(fd, &one, sizeof(one));
	errno = saved;
}

/* Wakes the owner, whatever it waits on; false where it does not wait. */
static bool wake(struct belayi_queue *queue, uint32_t bell)
{
	if (bell == BELAYI_AWAKE ||
	    !__atomic_compare_exchange_n(&queue->bell, &bell, BELAYI_AWAKE,
					 false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return false;
	if (bell == BELAYI_SLEEPING)
		belayi_futex_wake(&queue->bell, 1);
	else
		raise_fd(__atomic_load_n(&queue->fd, __ATOMIC_RELAXED));
	return true;
}

bool belayi_queue_post(struct belayi_queue *queue, struct belayi_task *task)
{
	struct belayi_task *newest = posted(queue);
	uint32_t bell;

	do {
		if (newest == &closed)
			return false;
		task->next = newest;
	} while (!__atomic_compare_exchange_n(&queue->posted, &newest, task,
					      true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	/* Who posted before will wake the owner, which takes all at once. */
	if (newest)
		return true;
	bell = __atomic_load_n(&queue->bell, __ATOMIC_SEQ_CST);
	if (bell == BELAYI_AWAKE)
		raise_fd(__atomic_load_n(&queue->fd, __ATOMIC_SEQ_CST));
	else
		(void)wake(queue, bell);
	return true;
}

void belayi_queue_ring(struct belayi_queue *queue)
{
	/*
	 * A read-modify-write, not a load: what the caller wrote before it is
	 * seen by an owner that lies down later, and does so with another one.
	 */
	(void)wake(queue, __atomic_fetch_or(&queue->bell, 0, __ATOMIC_SEQ_CST));
}

/* Takes what was posted over into the owner's list, the oldest first. */
static void take_over(struct belayi_queue *queue, struct belayi_task *leave)
{
	struct belayi_task *oldest = NULL;
	struct belayi_task **last = &queue->first;
	struct belayi_task *newest =
		__atomic_exchange_n(&queue->posted, leave, __ATOMIC_SEQ_CST);

	while (newest && newest != &closed) {
		struct belayi_task *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (*last)
		last = &(*last)->next;
	*last = oldest;
}

/* Whether somebody posted what has not been taken over. */
static bool has_posted(const struct belayi_queue *queue)
{
	const struct belayi_task *newest = posted(queue);

	return newest && newest != &closed;
}

struct belayi_task *belayi_queue_take(struct belayi_queue *queue)
{
	struct belayi_task *task;

	if (!queue->first && has_posted(queue))
		take_over(queue, NULL);
	task = queue->first;
	if (!task)
		return NULL;
	queue->first = task->next;
	/* A loop of the program's that the task runs sees whether more wait. */
	if (queue->first && !queue->raised && queue->fd >= 0) {
		queue->raised = true;
		raise_fd(queue->fd);
	} else if (!queue->first && queue->raised) {
		belayi_queue_lower(queue);
	}
	return task;
}

unsigned int belayi_queue_count(struct belayi_queue *queue)
{
	const struct belayi_task *task;
	unsigned int count = 0;

	if (has_posted(queue))
		take_over(queue, NULL);
	for (task = queue->first; task; task = task->next)
		count++;
	return count;
}

bool belayi_queue_lie_down(struct belayi_queue *queue, enum belayi_bell how)
{
	(void)__atomic_exchange_n(&queue->bell, how, __ATOMIC_SEQ_CST);
	if (!queue->first && !has_posted(queue))
		return true;
	belayi_queue_get_up(queue);
	return false;
}

void belayi_queue_get_up(struct belayi_queue *queue)
{
	(void)__atomic_exchange_n(&queue->bell, BELAYI_AWAKE, __ATOMIC_SEQ_CST);
}

int belayi_queue_fd(struct belayi_queue *queue)
{
	int fd;

	if (queue->fd >= 0 || posted(queue) == &closed)
		return queue->fd;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	__atomic_store_n(&queue->fd, fd, __ATOMIC_SEQ_CST);
	queue->raised = queue->first != NULL && fd >= 0;
	if (has_posted(queue) || queue->raised)
		raise_fd(fd);
	return fd;
}

void belayi_queue_lower(struct belayi_queue *queue)
{
	int saved = errno;
	uint64_t count;

	if (queue->fd < 0)
		return;
	queue->raised = false;
	(void)!read(queue->fd, &count, sizeof(count));
	errno = saved;
	/* Whoever posted just now may have raised it before it was lowered. */
	if (has_posted(queue))
		raise_fd(queue->fd);
}

void belayi_queue_show(struct belayi_queue *queue)
{
	if (queue->fd < 0)
		return;
	if (queue->first && !queue->raised) {
		queue->raised = true;
		raise_fd(queue->fd);
	} else if (has_posted(queue)) {
		raise_fd(queue->fd);
	}
}

struct belayi_task *belayi_queue_close(struct belayi_queue *queue)
{
	struct belayi_task *tasks;

	take_over(queue, &closed);
	tasks = queue->first;
	queue->first = NULL;
	return tasks;
}

void belayi_queue_deinit(struct belayi_queue *queue)
{
	if (queue->fd >= 0)
		(void)close(queue->fd);
	queue->fd = -1;
}
