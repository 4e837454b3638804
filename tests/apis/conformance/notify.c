/* SPDX-License-Identifier: MIT */
/*
 * notify.c - signals and threads that tell of a completion
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

#define ROUNDS 50

static sigset_t only_rt(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGRTMIN + 1);
	return set;
}

static void by_signal(struct aiocb *cb, int value)
{
	cb->aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	cb->aio_sigevent.sigev_signo = SIGRTMIN + 1;
	cb->aio_sigevent.sigev_value.sival_int = value;
}

static void take(int want_value)
{
	struct timespec patience = {20, 0};
	sigset_t set = only_rt();
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	got("the signal", sigtimedwait(&set, &info, &patience) - SIGRTMIN, 1);
	got("si_code", info.si_code, SI_ASYNCIO);
	got("si_value", info.si_value.sival_int, want_value);
	got("si_pid is ours", info.si_pid == getpid(), 1);
	got("si_uid is ours", info.si_uid == getuid(), 1);
}

static void none_left(void)
{
	struct timespec at_once = {0, 0};
	sigset_t set = only_rt();

	got("another signal", sigtimedwait(&set, NULL, &at_once), -1);
}

static void a_signal_tells_of_a_completion(void)
{
	struct aiocb cb;
	char buffer[8] = "";
	sigset_t set = only_rt();
	int fd = new_file("0123456789");

	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	begin_case("a signal tells of a success");
	prepare(&cb, fd, buffer, 4, 0);
	by_signal(&cb, 11);
	CALL(aio_read(&cb), 0, 0);
	take(11);
	ends(&cb, 0, 4);

	begin_case("a signal tells of a failure");
	prepare(&cb, -1, buffer, 4, 0);
	by_signal(&cb, 12);
	CALL(aio_write(&cb), 0, 0);
	take(12);
	ends(&cb, EBADF, -1);

	begin_case("a signal tells of a sync");
	prepare(&cb, fd, NULL, 0, 0);
	by_signal(&cb, 13);
	CALL(aio_fsync(O_SYNC, &cb), 0, 0);
	take(13);
	ends(&cb, 0, 0);

	begin_case("no signal where none was asked for, or refused");
	prepare(&cb, fd, buffer, 4, 0);
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 4);
	by_signal(&cb, 14);
	cb.aio_reqprio = -1;
	CALL(aio_read(&cb), -1, EINVAL);
	none_left();

	begin_case("a kind of notification that does not exist");
	prepare(&cb, fd, buffer, 4, 0);
	cb.aio_sigevent.sigev_notify = 99;
	CALL(aio_read(&cb), ANY, ANY);
	got("aio_error", settle(&cb), ANY);
	(void)aio_return(&cb);
	(void)close(fd);
}

struct told {
	int times;
	int value;
	bool other_thread;
	pthread_t main_thread;
};

static struct told told;

static void tell(union sigval value)
{
	told.value = value.sival_int;
	told.other_thread = !pthread_equal(told.main_thread, pthread_self());
	(void)__atomic_add_fetch(&told.times, 1, __ATOMIC_RELEASE);
}

static void a_thread_tells_of_a_completion(void)
{
	struct aiocb cb;
	char buffer[8] = "";
	int fd = new_file("0123456789");

	told.main_thread = pthread_self();
	begin_case("a thread tells of a success");
	prepare(&cb, fd, buffer, 4, 0);
	cb.aio_sigevent.sigev_notify = SIGEV_THREAD;
	cb.aio_sigevent.sigev_notify_function = tell;
	cb.aio_sigevent.sigev_value.sival_int = 21;
	CALL(aio_read(&cb), 0, 0);
	wait_for(&told.times, 1);
	got("value", told.value, 21);
	got("in another thread", told.other_thread, 1);
	ends(&cb, 0, 4);
	(void)close(fd);
}

struct chain {
	struct aiocb cb;
	char byte;
	int rounds;
	int bad;
	int done;
};

static struct chain chain;

/* Collects, and begins the next one on the same block. */
static void next_round(void)
{
	if (aio_error(&chain.cb) != 0 || aio_return(&chain.cb) != 1)
		chain.bad++;
	if (++chain.rounds < ROUNDS) {
		chain.cb.aio_offset = chain.rounds;
		if (aio_read(&chain.cb) < 0)
			chain.bad++;
	} else {
		__atomic_store_n(&chain.done, 1, __ATOMIC_RELEASE);
	}
}

static void next_round_in_a_thread(union sigval value)
{
	(void)value;
	next_round();
}

static void next_round_in_a_handler(int signal_number)
{
	(void)signal_number;
	next_round();
}

static void run_chain(int fd)
{
	chain.rounds = chain.bad = chain.done = 0;
	chain.cb.aio_fildes = fd;
	chain.cb.aio_buf = &chain.byte;
	chain.cb.aio_nbytes = 1;
	CALL(aio_read(&chain.cb), 0, 0);
	wait_for(&chain.done, 1);
	got("rounds", chain.rounds, ROUNDS);
	got("bad", chain.bad, 0);
}

static void a_notification_may_begin_the_next(void)
{
	struct sigaction action = {.sa_handler = next_round_in_a_handler};
	char text[ROUNDS + 1];
	int fd;

	memset(text, 'x', ROUNDS);
	text[ROUNDS] = '\0';
	fd = new_file(text);
	begin_case("a notified thread may begin the next on the same block");
	chain.cb.aio_sigevent.sigev_notify = SIGEV_THREAD;
	chain.cb.aio_sigevent.sigev_notify_function = next_round_in_a_thread;
	run_chain(fd);

	begin_case("a handler may begin the next on the same block");
	memset(&chain, 0, sizeof(chain));
	(void)sigaction(SIGRTMIN + 2, &action, NULL);
	chain.cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	chain.cb.aio_sigevent.sigev_signo = SIGRTMIN + 2;
	run_chain(fd);
	(void)close(fd);
}

void notify_cases(void)
{
	a_signal_tells_of_a_completion();
	a_thread_tells_of_a_completion();
	a_notification_may_begin_the_next();
}
