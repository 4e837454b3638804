/* SPDX-License-Identifier: MIT */
/*
 * aio_ruled.c - uses POSIX AIO, and says what came of it and how long it took
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "aio_ruled.h"

#define THREADS 4
#define EACH 8000

/* Of all threads. */
static double cpu_ms(void)
{
	struct rusage all;

	NEED(getrusage(RUSAGE_SELF, &all) == 0);
	return (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) * 1e3 +
	       (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec) / 1e3;
}

static int begin_as(const char *kind, struct aiocb *cb)
{
	struct aiocb *list[] = {cb};

	if (strcmp(kind, "read") == 0)
		return aio_read(cb);
	if (strcmp(kind, "write") == 0)
		return aio_write(cb);
	if (strcmp(kind, "fsync") == 0)
		return aio_fsync(O_SYNC, cb);
	cb->aio_lio_opcode = 55;
	return lio_listio(LIO_NOWAIT, list, 1, NULL);
}

/* One call, of the kind that the argument names. */
static void one(void)
{
	int r;

	fill(blocks, new_file(), 4);
	begun_ns = now_ns();
	r = begin_as(argument, blocks);
	(void)printf("begin=%s begin_ms=%.3f\n", name_of(r < 0 ? errno : 0),
		     elapsed_ms());
	/* An element that was not queued says so in its block. */
	if (r == 0 || strcmp(argument, "other") == 0)
		say_end(blocks);
}

/* A call whose completion is lost. */
static void lost(void)
{
	fill(blocks, new_file(), 1);
	NEED(aio_read(blocks) == 0);
	(void)printf("over=%d\n", wait_for(blocks, 1));
	(void)printf("cancel=%s\n", cancel(blocks->aio_fildes, blocks));
	(void)printf("code=%s\n", name_of(aio_error(blocks)));
}

static void say_cost(double from_ms)
{
	(void)printf("cpu_ms=%.3f\n", cpu_ms() - from_ms);
	say_end(blocks);
}

/* One call after a first one, which starts all threads. */
static double begin_warm(void)
{
	fill(blocks, new_file(), 1);
	NEED(aio_read(blocks) == 0 && wait_for(blocks, PATIENCE_S));
	NEED(aio_return(blocks) == 1);
	begun_ns = now_ns();
	NEED(aio_read(blocks) == 0);
	return cpu_ms();
}

static void sleeps(void)
{
	double from_ms = begin_warm();

	NEED(wait_for(blocks, PATIENCE_S));
	say_cost(from_ms);
}

/* As sleeps, and a call that libc knows is in the list, too. */
static void sleeps_with_others(void)
{
	double from_ms = begin_warm();
	const struct aiocb *list[] = {&blocks[0], &blocks[1]};
	int fds[2];

	NEED(pipe(fds) == 0);
	fill(&blocks[1], fds[0], 2);
	NEED(aio_read(&blocks[1]) == 0);
	NEED(aio_suspend(list, 2, NULL) == 0);
	say_cost(from_ms);
}

static void polls(void)
{
	double from_ms = begin_warm();
	uint64_t looks = 1;

	while (aio_error(blocks) == EINPROGRESS)
		looks++;
	(void)printf("looks=%llu\n", (unsigned long long)looks);
	say_cost(from_ms);
}

/* --- Notifications ------------------------------------------------------- */

static int told[QUEUED];
static double told_ms[QUEUED];

static void tell(int i)
{
	told_ms[i] = elapsed_ms();
	(void)__atomic_add_fetch(&told[i], 1, __ATOMIC_RELEASE);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	if (info->si_code == SI_ASYNCIO)
		tell(info->si_value.sival_int);
}

static void on_thread(union sigval value)
{
	tell(value.sival_int);
}

static void ask_for_event(struct sigevent *event, int i)
{
	struct sigaction action = {.sa_sigaction = on_signal,
				   .sa_flags = SA_SIGINFO | SA_RESTART};

	memset(event, 0, sizeof(*event));
	event->sigev_value.sival_int = i;
	if (strcmp(argument, "thread") == 0) {
		event->sigev_notify = SIGEV_THREAD;
		event->sigev_notify_function = on_thread;
		return;
	}
	NEED(sigaction(SIGUSR1, &action, NULL) == 0);
	event->sigev_notify = SIGEV_SIGNAL;
	event->sigev_signo = SIGUSR1;
}

static void until_told(int i)
{
	const struct timespec moment = {0, 1000000};
	uint64_t end = now_ns() + PATIENCE_S * UINT64_C(1000000000);

	while (!__atomic_load_n(&told[i], __ATOMIC_ACQUIRE)) {
		need(now_ns() < end, "waiting in vain to be told");
		(void)nanosleep(&moment, NULL);
	}
}

static void say_told(int i)
{
	until_told(i);
	(void)printf("told=%d told_ms=%.3f\n",
		     __atomic_load_n(&told[i], __ATOMIC_ACQUIRE), told_ms[i]);
}

/* One after the other: when the last one is told, none was told twice. */
static void notified(void)
{
	int fd = new_file();

	for (int i = 0; i < QUEUED; i++) {
		fill(&blocks[i], fd, 1);
		ask_for_event(&blocks[i].aio_sigevent, i);
		begun_ns = now_ns();
		NEED(aio_read(&blocks[i]) == 0);
		until_told(i);
		say_end(&blocks[i]);
	}
	for (int i = 0; i < QUEUED; i++)
		say_told(i);
}

/* --- Lists --------------------------------------------------------------- */

static void run_list(int mode, struct sigevent *event)
{
	struct aiocb *list[QUEUED];
	int fd = new_file();
	int r;

	for (int i = 0; i < QUEUED; i++) {
		list[i] = &blocks[i];
		fill(list[i], fd, 1);
		list[i]->aio_offset = i;
	}
	begun_ns = now_ns();
	r = lio_listio(mode, list, QUEUED, event);
	(void)printf("list=%s list_ms=%.3f\n", name_of(r < 0 ? errno : 0),
		     elapsed_ms());
}

static void list_waits(void)
{
	run_list(LIO_WAIT, NULL);
	for (int i = 0; i < QUEUED; i++)
		say_end(&blocks[i]);
	(void)printf("bytes=%s\n", bytes);
}

static void list_tells(void)
{
	struct sigevent event;

	ask_for_event(&event, 0);
	run_list(LIO_NOWAIT, &event);
	say_told(0);
	for (int i = 0; i < QUEUED; i++)
		say_end(&blocks[i]);
	(void)printf("bytes=%s\n", bytes);
}

/* --- Many at once -------------------------------------------------------- */

static int crowd_fd;

static void *read_on(void *number)
{
	unsigned int seed = (unsigned int)(uintptr_t)number;
	struct timespec pause = {0, 0};
	struct aiocb cb;
	char byte;

	for (int i = 0; i < EACH; i++) {
		memset(&cb, 0, sizeof(cb));
		cb.aio_fildes = crowd_fd;
		cb.aio_buf = &byte;
		cb.aio_nbytes = 1;
		cb.aio_offset = i % 10;
		cb.aio_sigevent.sigev_notify = SIGEV_NONE;
		NEED(aio_read(&cb) == 0);
		need(wait_for(&cb, PATIENCE_S), "a call is stuck");
		NEED(aio_return(&cb) == 1 && byte == '0' + i % 10);
		pause.tv_nsec = (long)(rand_r(&seed) % 200000);
		if (rand_r(&seed) % 4 == 0)
			(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

/* Threads that read one file, one after the other in libc. */
static void crowd(void)
{
	pthread_t threads[THREADS];

	crowd_fd = new_file();
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_create(&threads[i], NULL, read_on,
				    (void *)(uintptr_t)(i + 1)) == 0);
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	(void)printf("read=%d\n", THREADS * EACH);
}

static const struct scene scenes[] = {
	{"crowd", crowd},
	{"list-tells", list_tells},
	{"list-waits", list_waits},
	{"lost", lost},
	{"notified", notified},
	{"one", one},
	{"polls", polls},
	{"sleeps", sleeps},
	{"sleeps-with-others", sleeps_with_others},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(scenes, argc, argv);
}
