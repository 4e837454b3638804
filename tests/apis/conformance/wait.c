/* SPDX-License-Identifier: MIT */
/*
 * wait.c - aio_suspend
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

static const struct timespec at_once = {0, 0};
static const struct timespec soon = {0, 20000000};
static const struct timespec late = {20, 0};

static void a_wait_returns_when_one_is_done(void)
{
	struct aiocb done;
	struct aiocb pending;
	const struct aiocb *list[] = {NULL, &pending, NULL, &done, NULL};
	char bytes[2] = "";
	int fds[2];
	int fd = new_file("x");

	new_pipe(fds);
	blocked_read(&pending, fds[0], &bytes[0]);
	begin_case("a wait ends when the time is over");
	CALL(aio_suspend(list, 3, &soon), -1, EAGAIN);
	CALL(aio_suspend(list, 3, &at_once), -1, EAGAIN);

	begin_case("a wait returns when one is done");
	prepare(&done, fd, &bytes[1], 1, 0);
	CALL(aio_read(&done), 0, 0);
	CALL(aio_suspend(list, 5, NULL), 0, 0);
	got("the one", aio_error(&done), 0);
	got("the other", aio_error(&pending), EINPROGRESS);
	CALL(aio_suspend(list, 5, &at_once), 0, 0);
	ends(&done, 0, 1);
	CALL(aio_suspend(list, 5, &late), 0, 0);

	begin_case("a wait returns when the last one is done");
	put_bytes(fds[1], "y");
	CALL(aio_suspend(list, 3, &late), 0, 0);
	ends(&pending, 0, 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)close(fd);
}

static void a_wait_for_nothing(void)
{
	struct aiocb cb;
	const struct aiocb *list[] = {NULL, NULL, &cb};
	char byte = 0;
	int fd = new_file("x");

	begin_case("a wait for nothing");
	CALL(aio_suspend(list, 0, &soon), ANY, ANY);
	CALL(aio_suspend(list, 2, &soon), ANY, ANY);
	CALL(aio_suspend(list, -1, &soon), -1, EINVAL);

	begin_case("a wait for what failed");
	prepare(&cb, -1, &byte, 1, 0);
	CALL(aio_read(&cb), 0, 0);
	CALL(aio_suspend(list, 3, NULL), 0, 0);
	ends(&cb, EBADF, -1);
	(void)close(fd);
}

static struct aiocb *watched;
static int handled;
static int seen_in_handler;

static void look(int signal_number)
{
	(void)signal_number;
	seen_in_handler = aio_error(watched);
	if (seen_in_handler == 0)
		(void)aio_return(watched);
	(void)__atomic_add_fetch(&handled, 1, __ATOMIC_RELEASE);
}

static bool wait_ended;

/* Again and again: one signal could come before the wait has begun. */
static void *interrupt(void *thread)
{
	struct timespec moment = {0, 1000000};

	while (!__atomic_load_n(&wait_ended, __ATOMIC_ACQUIRE)) {
		(void)pthread_kill(*(pthread_t *)thread, SIGUSR1);
		(void)nanosleep(&moment, NULL);
	}
	return NULL;
}

static void a_signal_ends_a_wait(void)
{
	struct sigaction action = {.sa_handler = look};
	struct aiocb cb;
	const struct aiocb *list[] = {&cb};
	pthread_t self = pthread_self();
	pthread_t thread;
	char byte = 0;
	int fds[2];

	begin_case("a signal ends a wait; its handler may look");
	new_pipe(fds);
	blocked_read(&cb, fds[0], &byte);
	watched = &cb;
	(void)sigaction(SIGUSR1, &action, NULL);
	if (pthread_create(&thread, NULL, interrupt, &self))
		die("pthread_create");
	CALL(aio_suspend(list, 1, NULL), -1, EINTR);
	__atomic_store_n(&wait_ended, true, __ATOMIC_RELEASE);
	(void)pthread_join(thread, NULL);
	got("handled", handled > 0, 1);
	got("seen in the handler", seen_in_handler, EINPROGRESS);
	put_bytes(fds[1], "x");
	ends(&cb, 0, 1);

	/* Whether a wait that is woken and interrupted at once says 0 or EINTR
	 * is open, so the handler's side is all that is looked at. */
	begin_case("the handler of its notification may collect");
	handled = 0;
	prepare(&cb, fds[0], &byte, 1, 0);
	cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	cb.aio_sigevent.sigev_signo = SIGUSR1;
	CALL(aio_read(&cb), 0, 0);
	put_bytes(fds[1], "y");
	while (aio_suspend(list, 1, NULL) < 0 && errno == EINTR)
		;
	wait_for(&handled, 1);
	got("handlers run", handled, 1);
	got("seen in the handler", seen_in_handler, 0);
	(void)signal(SIGUSR1, SIG_DFL);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static pid_t waiter;

static void *wait_for_ever(void *cb)
{
	const struct aiocb *list[] = {cb};

	__atomic_store_n(&waiter, gettid(), __ATOMIC_RELEASE);
	(void)aio_suspend(list, 1, NULL);
	return NULL;
}

static void a_thread_can_be_cancelled_in_a_wait(void)
{
	struct aiocb cb;
	const struct aiocb *list[] = {&cb};
	pthread_t thread;
	void *returned = NULL;
	char byte = 0;
	int fds[2];

	begin_case("a thread can be cancelled in a wait");
	new_pipe(fds);
	blocked_read(&cb, fds[0], &byte);
	if (pthread_create(&thread, NULL, wait_for_ever, &cb))
		die("pthread_create");
	until_sleeping(&waiter);
	got("pthread_cancel", pthread_cancel(thread), 0);
	got("pthread_join", pthread_join(thread, &returned), 0);
	got("cancelled", returned == PTHREAD_CANCELED, 1);
	got("the call", aio_error(&cb), EINPROGRESS);
	CALL(aio_suspend(list, 1, &soon), -1, EAGAIN);
	put_bytes(fds[1], "x");
	CALL(aio_suspend(list, 1, &late), 0, 0);
	ends(&cb, 0, 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

void wait_cases(void)
{
	a_wait_returns_when_one_is_done();
	a_wait_for_nothing();
	a_signal_ends_a_wait();
	a_thread_can_be_cancelled_in_a_wait();
}
