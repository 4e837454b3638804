/* SPDX-License-Identifier: MIT */
/*
 * post.c - the library: a thread for each letter
 */
#include "post.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct timespec in_ms(unsigned int ms)
{
	struct timespec then;

	(void)clock_gettime(CLOCK_REALTIME, &then);
	then.tv_sec += ms / 1000;
	then.tv_nsec += (long)(ms % 1000) * 1000000;
	if (then.tv_nsec >= 1000000000) {
		then.tv_nsec -= 1000000000;
		then.tv_sec++;
	}
	return then;
}

static void *travel(void *data)
{
	struct letter *letter = data;
	struct timespec arrival = in_ms(letter->travel_ms);
	int late = 0;

	(void)pthread_mutex_lock(&lock);
	while (letter->status == EINPROGRESS && late != ETIMEDOUT)
		late = pthread_cond_timedwait(&changed, &lock, &arrival);
	letter->status = letter->status == EINPROGRESS ? 0 : ECANCELED;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
	return NULL;
}

int post_send(struct letter *letter)
{
	pthread_t thread;
	int error;

	if (!letter->to)
		return EINVAL;
	letter->status = EINPROGRESS;
	error = pthread_create(&thread, NULL, travel, letter);
	if (!error)
		(void)pthread_detach(thread);
	return error;
}

int post_status(struct letter *letter)
{
	int status;

	(void)pthread_mutex_lock(&lock);
	status = letter->status == EALREADY ? EINPROGRESS : letter->status;
	(void)pthread_mutex_unlock(&lock);
	return status;
}

int post_recall(struct letter *letter)
{
	int error = EALREADY;

	(void)pthread_mutex_lock(&lock);
	if (letter->status == EINPROGRESS) {
		/* Until its thread has seen it, see travel(). */
		letter->status = EALREADY;
		(void)pthread_cond_broadcast(&changed);
		error = 0;
	}
	(void)pthread_mutex_unlock(&lock);
	return error;
}

int post_collect(struct letter *letter)
{
	int status;

	(void)pthread_mutex_lock(&lock);
	while (letter->status == EINPROGRESS || letter->status == EALREADY)
		(void)pthread_cond_wait(&changed, &lock);
	status = letter->status;
	(void)pthread_mutex_unlock(&lock);
	return status;
}
