/* SPDX-License-Identifier: MIT */
/*
 * aio_ruled.c - uses POSIX AIO, and says what came of it and how long it took
 *
 * Usage: aio_ruled SCENE [ARGUMENT]
 *
 * It knows nothing of Belay. It prints lines of name=value; times are in
 * milliseconds since the first Begin.
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define QUEUED 5
#define PATIENCE_S 20
#define THREADS 4
#define EACH 8000

static void need(bool truth, const char *what)
{
	if (truth)
		return;
	(void)fprintf(stderr, "aio_ruled: %s: %s\n", what, strerror(errno));
	exit(1);
}

#define NEED(expression) need(expression, #expression)

/* --- Time ---------------------------------------------------------------- */

static uint64_t begun_ns;

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static double elapsed_ms(void)
{
	return (double)(now_ns() - begun_ns) / 1e6;
}

/* Of all threads. */
static double cpu_ms(void)
{
	struct rusage all;

	NEED(getrusage(RUSAGE_SELF, &all) == 0);
	return (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) * 1e3 +
	       (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec) / 1e3;
}

/* --- Blocks -------------------------------------------------------------- */

static char bytes[QUEUED + 1];
static struct aiocb blocks[QUEUED];

static void fill(struct aiocb *cb, int fd, size_t size)
{
	size_t i = (size_t)(cb - blocks);

	memset(cb, 0, sizeof(*cb));
	cb->aio_fildes = fd;
	cb->aio_buf = &bytes[i];
	cb->aio_nbytes = size;
	cb->aio_lio_opcode = LIO_READ;
	cb->aio_sigevent.sigev_notify = SIGEV_NONE;
}

static int new_file(void)
{
	int fd = memfd_create("ruled", 0);

	NEED(fd >= 0 && write(fd, "0123456789", 10) == 10);
	return fd;
}

/* Sleeps until a call is over; false where that is not within some time. */
static bool wait_for(const struct aiocb *cb, int seconds)
{
	const struct aiocb *list[] = {cb};
	const struct timespec longest = {seconds, 0};

	while (aio_error(cb) == EINPROGRESS)
		if (aio_suspend(list, 1, &longest) < 0 && errno != EINTR)
			return false;
	return true;
}

/* The name of an errno, as rules and `belay apis` write it; 0: OK. */
static const char *name_of(int error)
{
	return error ? strerrorname_np(error) : "OK";
}

/* What the call ended with; it is collected. */
static void say_end(struct aiocb *cb)
{
	int error;

	NEED(wait_for(cb, PATIENCE_S));
	error = aio_error(cb);
	(void)printf("error=%s ms=%.3f", name_of(error), elapsed_ms());
	(void)printf(" result=%zd\n", aio_return(cb));
}

/* --- Scenes -------------------------------------------------------------- */

static const char *argument;

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

static void begin_all(int fd)
{
	begun_ns = now_ns();
	for (int i = 0; i < QUEUED; i++) {
		fill(&blocks[i], fd, 1);
		NEED(aio_read(&blocks[i]) == 0);
	}
}

/* Reads of one pipe: libc is in the first, and the others queue behind it. */
static void fifo(void)
{
	int running = 0;
	int fds[2];

	NEED(pipe(fds) == 0);
	begin_all(fds[0]);
	for (int i = 1; i < QUEUED; i++)
		say_end(&blocks[i]);
	running = aio_error(&blocks[0]) == EINPROGRESS;
	(void)printf("running=%d\n", running);
	NEED(write(fds[1], "x", 1) == 1);
	say_end(&blocks[0]);
}

/* Looks at the block itself: nobody is told that it was looked at. */
static void until_over(const struct aiocb *cb)
{
	const struct timespec moment = {0, 1000000};
	uint64_t end = now_ns() + PATIENCE_S * UINT64_C(1000000000);

	while (__atomic_load_n(&cb->__error_code, __ATOMIC_ACQUIRE) ==
	       EINPROGRESS) {
		need(now_ns() < end, "waiting in vain for a call");
		(void)nanosleep(&moment, NULL);
	}
}

static const char *cancel(int fd, struct aiocb *cb)
{
	static const char *const answers[] = {
		[AIO_CANCELED] = "CANCELED",
		[AIO_NOTCANCELED] = "NOTCANCELED",
		[AIO_ALLDONE] = "ALLDONE",
	};
	int r = aio_cancel(fd, cb);

	return r < 0 ? name_of(errno) : answers[r];
}

/* The same, and the program cancels them all at once, then one by one. */
static void refused(void)
{
	int fds[2];

	NEED(pipe(fds) == 0);
	begin_all(fds[0]);
	(void)printf("all=%s\n", cancel(fds[0], NULL));
	for (int i = 1; i < QUEUED; i++)
		(void)printf("one=%s\n", cancel(fds[0], &blocks[i]));
	NEED(write(fds[1], "abcde", QUEUED) == QUEUED);
	until_over(&blocks[QUEUED - 1]);
	(void)printf("all=%s\n", cancel(fds[0], NULL));
	(void)printf("one=%s\n", cancel(fds[0], &blocks[1]));
	for (int i = 0; i < QUEUED; i++)
		say_end(&blocks[i]);
	(void)printf("bytes=%s\n", bytes);
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

static const struct {
	const char *name;
	void (*play)(void);
} scenes[] = {
	{"crowd", crowd},
	{"fifo", fifo},
	{"list-tells", list_tells},
	{"list-waits", list_waits},
	{"lost", lost},
	{"notified", notified},
	{"one", one},
	{"polls", polls},
	{"refused", refused},
	{"sleeps", sleeps},
	{"sleeps-with-others", sleeps_with_others},
};

int main(int argc, char **argv)
{
	argument = argc > 2 ? argv[2] : "";
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (argc < 2 || strcmp(scenes[i].name, argv[1]) != 0)
			continue;
		scenes[i].play();
		return 0;
	}
	(void)fprintf(stderr, "Usage: aio_ruled SCENE [ARGUMENT]\n");
	return 2;
}
