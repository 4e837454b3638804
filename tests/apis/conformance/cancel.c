/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - aio_cancel of one call and of all on a descriptor
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

static int queued_signals;

static void count(int signal_number)
{
	(void)signal_number;
	(void)__atomic_add_fetch(&queued_signals, 1, __ATOMIC_RELEASE);
}

struct trio {
	struct aiocb cb[3]; /* [0] runs, the others wait behind it */
	char bytes[3];
	int fds[2];
};

static void begin_trio(struct trio *t)
{
	new_pipe(t->fds);
	blocked_read(&t->cb[0], t->fds[0], &t->bytes[0]);
	for (int i = 1; i < 3; i++) {
		prepare(&t->cb[i], t->fds[0], &t->bytes[i], 1, 0);
		CALL(aio_read(&t->cb[i]), 0, 0);
		got("aio_error of a queued read", aio_error(&t->cb[i]),
		    EINPROGRESS);
	}
}

static void end_trio(struct trio *t)
{
	(void)close(t->fds[0]);
	(void)close(t->fds[1]);
}

static void one_that_waits_is_cancelled(void)
{
	struct trio t;

	begin_case("one that waits is cancelled");
	begin_trio(&t);
	CALL(aio_cancel(t.fds[0], &t.cb[1]), AIO_CANCELED, 0);
	ends(&t.cb[1], ECANCELED, -1);
	got("the one before", aio_error(&t.cb[0]), EINPROGRESS);
	got("the one behind", aio_error(&t.cb[2]), EINPROGRESS);
	CALL(aio_cancel(t.fds[0], &t.cb[1]), AIO_ALLDONE, 0);

	begin_case("one that runs is not cancelled");
	CALL(aio_cancel(t.fds[0], &t.cb[0]), AIO_NOTCANCELED, 0);
	got("it", aio_error(&t.cb[0]), EINPROGRESS);
	CALL(aio_cancel(t.fds[0], &t.cb[0]), AIO_NOTCANCELED, 0);
	put_bytes(t.fds[1], "12");
	ends(&t.cb[0], 0, 1);
	ends(&t.cb[2], 0, 1);
	got("first byte", t.bytes[0], '1');
	got("untouched byte", t.bytes[1], 0);
	got("second byte", t.bytes[2], '2');

	begin_case("one that is done cannot be cancelled");
	CALL(aio_cancel(t.fds[0], &t.cb[0]), AIO_ALLDONE, 0);
	end_trio(&t);
}

static void all_of_a_descriptor(void)
{
	struct trio t;
	struct aiocb other;
	char byte = 0;
	int fds[2];

	begin_case("all of a descriptor: those that wait are cancelled");
	new_pipe(fds);
	blocked_read(&other, fds[0], &byte);
	begin_trio(&t);
	CALL(aio_cancel(t.fds[0], NULL), AIO_NOTCANCELED, 0);
	ends(&t.cb[1], ECANCELED, -1);
	ends(&t.cb[2], ECANCELED, -1);
	got("the one that runs", aio_error(&t.cb[0]), EINPROGRESS);
	CALL(aio_cancel(t.fds[0], NULL), AIO_NOTCANCELED, 0);
	put_bytes(t.fds[1], "1");
	ends(&t.cb[0], 0, 1);
	CALL(aio_cancel(t.fds[0], NULL), AIO_ALLDONE, 0);
	CALL(aio_cancel(t.fds[1], NULL), AIO_ALLDONE, 0);
	got("another descriptor's", aio_error(&other), EINPROGRESS);
	put_bytes(fds[1], "x");
	ends(&other, 0, 1);
	end_trio(&t);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void cancels_that_fail(void)
{
	struct trio t;
	struct aiocb never;

	begin_case("cancels that fail");
	begin_trio(&t);
	CALL(aio_cancel(-1, NULL), -1, EBADF);
	CALL(aio_cancel(9999, NULL), -1, EBADF);
	CALL(aio_cancel(9999, &t.cb[0]), -1, EBADF);
	CALL(aio_cancel(t.fds[1], &t.cb[0]), ANY, ANY);
	prepare(&never, t.fds[0], NULL, 0, 0);
	CALL(aio_cancel(t.fds[0], &never), AIO_ALLDONE, 0);
	put_bytes(t.fds[1], "123");
	for (int i = 0; i < 3; i++)
		ends(&t.cb[i], 0, 1);
	end_trio(&t);
}

static void a_cancelled_call_notifies(void)
{
	struct sigaction action = {.sa_handler = count};
	struct trio t;

	begin_case("a cancelled call notifies");
	(void)sigaction(SIGUSR2, &action, NULL);
	begin_trio(&t);
	CALL(aio_cancel(t.fds[0], &t.cb[2]), AIO_CANCELED, 0);
	ends(&t.cb[2], ECANCELED, -1);
	t.cb[2].aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	t.cb[2].aio_sigevent.sigev_signo = SIGUSR2;
	CALL(aio_read(&t.cb[2]), 0, 0);
	got("signals", queued_signals, 0);
	CALL(aio_cancel(t.fds[0], &t.cb[2]), AIO_CANCELED, 0);
	wait_for(&queued_signals, 1);
	ends(&t.cb[2], ECANCELED, -1);
	put_bytes(t.fds[1], "12");
	ends(&t.cb[0], 0, 1);
	ends(&t.cb[1], 0, 1);
	got("signals", queued_signals, 1);
	(void)signal(SIGUSR2, SIG_DFL);
	end_trio(&t);
}

static void *cancel_third(void *data)
{
	struct trio *t = data;

	CALL(aio_cancel(t->fds[0], &t->cb[2]), AIO_CANCELED, 0);
	return NULL;
}

static void *wait_third(void *data)
{
	struct trio *t = data;
	const struct aiocb *list[] = {&t->cb[2]};

	CALL(aio_suspend(list, 1, NULL), 0, 0);
	return NULL;
}

static void cancelled_by_another_thread(void)
{
	struct trio t;
	pthread_t thread;

	begin_case("another thread cancels");
	begin_trio(&t);
	if (pthread_create(&thread, NULL, cancel_third, &t))
		die("pthread_create");
	(void)pthread_join(thread, NULL);
	ends(&t.cb[2], ECANCELED, -1);

	begin_case("a cancel ends another thread's wait");
	CALL(aio_read(&t.cb[2]), 0, 0);
	if (pthread_create(&thread, NULL, wait_third, &t))
		die("pthread_create");
	(void)aio_cancel(t.fds[0], &t.cb[2]);
	(void)pthread_join(thread, NULL);
	ends(&t.cb[2], ECANCELED, -1);
	put_bytes(t.fds[1], "12");
	ends(&t.cb[0], 0, 1);
	ends(&t.cb[1], 0, 1);
	end_trio(&t);
}

/* A pipe opened for both, so that a sync can wait behind a read. */
static void a_sync_that_waits_is_cancelled(void)
{
	struct aiocb blocked;
	struct aiocb sync;
	char name[32];
	char byte = 0;
	int fds[2];
	int fd;

	begin_case("a sync that waits is cancelled");
	new_pipe(fds);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	fd = open(name, O_RDWR);
	if (fd < 0)
		die("a pipe for both");
	blocked_read(&blocked, fd, &byte);
	prepare(&sync, fd, NULL, 0, 0);
	CALL(aio_fsync(O_SYNC, &sync), 0, 0);
	got("aio_error", aio_error(&sync), EINPROGRESS);
	CALL(aio_cancel(fd, &sync), AIO_CANCELED, 0);
	ends(&sync, ECANCELED, -1);
	put_bytes(fds[1], "x");
	ends(&blocked, 0, 1);
	(void)close(fd);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

void cancel_cases(void)
{
	one_that_waits_is_cancelled();
	all_of_a_descriptor();
	cancels_that_fail();
	a_cancelled_call_notifies();
	cancelled_by_another_thread();
	a_sync_that_waits_is_cancelled();
}
