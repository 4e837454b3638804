/* SPDX-License-Identifier: MIT */
/*
 * aio_victim.c - uses POSIX AIO, and stands still where it can be looked at
 *
 * Where it stands still it says so on its standard output, and goes on at the
 * next line of input or at its end. The argument of two scenes is a library.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>

#include "aio_program.h"

#define ROUNDS 50
#define THREADS 4
#define EACH 500

/* Stands still. */
__attribute__((format(printf, 1, 2))) static void at(const char *format, ...)
{
	va_list arguments;
	int c;

	va_start(arguments, format);
	(void)vprintf(format, arguments);
	va_end(arguments);
	(void)printf("\n");
	(void)fflush(stdout);
	do {
		c = getchar();
	} while (c != '\n' && c != EOF);
}

/*
 * Nobody is told that it was looked at. Then asks for another one: that waits
 * until libc is done with the first.
 */
static void until_done(const struct aiocb *cb)
{
	static const struct aiocb other;

	until_over(cb);
	(void)aio_error(&other);
}

static void fill(struct aiocb *cb, int fd, void *buffer, size_t size,
		 off_t offset)
{
	memset(cb, 0, sizeof(*cb));
	cb->aio_fildes = fd;
	cb->aio_buf = buffer;
	cb->aio_nbytes = size;
	cb->aio_offset = offset;
	cb->aio_sigevent.sigev_notify = SIGEV_NONE;
}

static void new_pipe(int fds[2])
{
	NEED(pipe(fds) == 0);
}

/* A read that a thread of libc is in: a cancel no longer reaches it. */
static void blocked(struct aiocb *cb, int fd, char *byte)
{
	int waited = 0;

	fill(cb, fd, byte, 1, 0);
	NEED(aio_read(cb) == 0);
	while (aio_cancel(fd, cb) == AIO_CANCELED) {
		NEED(aio_return(cb) == -1);
		a_moment(&waited);
		NEED(aio_read(cb) == 0);
	}
}

static void transfer(void)
{
	struct aiocb cb;
	char buffer[8] = "abcdefg";
	int fd = new_file();

	for (int i = 0; i < 3; i++) {
		fill(&cb, fd, buffer, 4, i);
		NEED(aio_write(&cb) == 0);
		until_done(&cb);
		NEED(aio_return(&cb) == 4);
	}
	for (int i = 0; i < 2; i++) {
		fill(&cb, fd, buffer, 7, 5);
		NEED(aio_read(&cb) == 0);
		until_done(&cb);
		NEED(aio_error(&cb) == 0 && aio_return(&cb) == 5);
	}
	fill(&cb, -1, buffer, 4, 0);
	NEED(aio_read(&cb) == 0);
	until_done(&cb);
	NEED(aio_error(&cb) == EBADF && aio_return(&cb) == -1);
	fill(&cb, fd, NULL, 0, 0);
	NEED(aio_fsync(O_DSYNC, &cb) == 0);
	until_done(&cb);
	NEED(aio_return(&cb) == 0);
	fill(&cb, fd, buffer, 1, 0);
	cb.aio_reqprio = -1;
	NEED(aio_read(&cb) == -1 && aio_write(&cb) == -1);
	NEED(aio_fsync(77, &cb) == -1);
	at("done");
}

static void pending(void)
{
	struct aiocb cb;
	char byte;
	int fds[2];

	new_pipe(fds);
	fill(&cb, fds[0], &byte, 1, 5);
	NEED(aio_read(&cb) == 0);
	at("begun key=%p fd=%d thread=%d", (void *)&cb, fds[0], gettid());
	NEED(aio_error(&cb) == EINPROGRESS);
	at("polled");
	(void)aio_return(&cb);
	at("asked too early");
	NEED(write(fds[1], "x", 1) == 1);
	until_done(&cb);
	at("over");
	NEED(aio_error(&cb) == 0);
	at("seen");
	NEED(aio_return(&cb) == 1);
	at("collected");
	NEED(aio_return(&cb) == 1);
	at("collected twice");
}

static void suspended(void)
{
	struct aiocb cb[2];
	const struct aiocb *list[] = {&cb[0], NULL, &cb[1]};
	struct timespec soon = {0, 1000000};
	char bytes[2];
	int fds[2];

	new_pipe(fds);
	fill(&cb[0], fds[0], &bytes[0], 1, 0);
	NEED(aio_read(&cb[0]) == 0);
	fill(&cb[1], new_file(), &bytes[1], 1, 0);
	NEED(aio_suspend(list, 2, &soon) == -1);
	at("timed out key0=%p key1=%p", (void *)&cb[0], (void *)&cb[1]);
	NEED(aio_read(&cb[1]) == 0);
	NEED(aio_suspend(list, 3, NULL) == 0);
	at("woken");
	NEED(aio_return(&cb[1]) == 1);
	NEED(write(fds[1], "x", 1) == 1);
	NEED(aio_suspend(list, 1, NULL) == 0);
	NEED(aio_return(&cb[0]) == 1);
	at("done");
}

static void cancel(void)
{
	static struct aiocb cb[4];
	char bytes[4];
	int fds[2];
	int others[2];

	new_pipe(fds);
	new_pipe(others);
	blocked(&cb[0], fds[0], &bytes[0]);
	for (int i = 1; i < 3; i++) {
		fill(&cb[i], fds[0], &bytes[i], 1, 0);
		NEED(aio_read(&cb[i]) == 0);
	}
	fill(&cb[3], others[0], &bytes[3], 1, 0);
	NEED(aio_read(&cb[3]) == 0);
	at("begun key0=%p key1=%p key2=%p key3=%p", (void *)&cb[0],
	   (void *)&cb[1], (void *)&cb[2], (void *)&cb[3]);
	NEED(aio_cancel(fds[0], &cb[1]) == AIO_CANCELED);
	NEED(aio_cancel(fds[0], &cb[0]) == AIO_NOTCANCELED);
	NEED(aio_cancel(-1, &cb[3]) == -1 && errno == EBADF);
	at("one by one");
	NEED(aio_cancel(fds[0], NULL) == AIO_NOTCANCELED);
	at("all");
	NEED(aio_return(&cb[1]) == -1 && aio_return(&cb[2]) == -1);
	NEED(write(fds[1], "x", 1) == 1 && write(others[1], "x", 1) == 1);
	until_done(&cb[0]);
	until_done(&cb[3]);
	NEED(aio_cancel(fds[0], &cb[0]) == AIO_ALLDONE);
	NEED(aio_cancel(fds[0], NULL) == AIO_ALLDONE);
	NEED(aio_cancel(-1, &cb[0]) == -1);
	at("too late");
	NEED(aio_return(&cb[0]) == 1 && aio_return(&cb[3]) == 1);
	at("done");
}

/* It never collects, and gives the block's memory back to the kernel. */
static void careless(void)
{
	struct aiocb *cb = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct aiocb kept[2];
	char bytes[3];
	int fds[2];

	NEED(cb != MAP_FAILED);
	new_pipe(fds);
	fill(cb, fds[0], &bytes[0], 1, 0);
	NEED(aio_read(cb) == 0);
	NEED(write(fds[1], "x", 1) == 1);
	until_done(cb);
	NEED(munmap(cb, 4096) == 0);
	blocked(&kept[0], fds[0], &bytes[1]);
	fill(&kept[1], fds[0], &bytes[2], 1, 0);
	NEED(aio_read(&kept[1]) == 0);
	at("begun");
	errno = 77;
	NEED(aio_cancel(fds[0], NULL) == AIO_NOTCANCELED);
	NEED(errno == 77);
	at("cancelled");
	NEED(write(fds[1], "x", 1) == 1);
	until_done(&kept[0]);
}

static void reuse(void)
{
	struct aiocb cb;
	struct aiocb never;
	char byte;
	int fd = new_file();

	for (int i = 0; i < 4; i++) {
		fill(&cb, fd, &byte, 1, 0);
		NEED(aio_read(&cb) == 0);
		until_done(&cb);
		if (i % 2)
			NEED(aio_error(&cb) == 0);
	}
	fill(&never, fd, &byte, 1, 0);
	NEED(aio_error(&never) == 0 && aio_return(&never) == 0);
	at("reused key=%p", (void *)&cb);
	NEED(aio_return(&cb) == 1);
	at("done");
}

static struct aiocb *poll_between;
static int polled_between;

void victim_between(void);

/* aio_between.c calls it on the way into aio_read(). */
__attribute__((visibility("default"))) void victim_between(void)
{
	const struct aiocb *list[] = {poll_between};

	if (!poll_between)
		return;
	NEED(aio_error(poll_between) == 0);
	NEED(aio_suspend(list, 1, NULL) == 0);
	polled_between++;
}

/* A look in the middle of a begin finds the code of the call before. */
static void between(void)
{
	static struct aiocb cb;
	char byte;
	int fds[2];

	new_pipe(fds);
	fill(&cb, new_file(), &byte, 1, 0);
	NEED(aio_read(&cb) == 0);
	until_done(&cb);
	cb.aio_fildes = fds[0];
	poll_between = &cb;
	NEED(aio_read(&cb) == 0);
	poll_between = NULL;
	NEED(polled_between == 1);
	at("begun key=%p", (void *)&cb);
	NEED(write(fds[1], "x", 1) == 1);
	until_done(&cb);
	NEED(aio_return(&cb) == 1);
	at("done");
}

static void twice(void)
{
	static struct aiocb cb;
	static struct aiocb last;
	static char byte;
	int fds[2];

	new_pipe(fds);
	fill(&cb, fds[0], &byte, 1, 0);
	NEED(aio_read(&cb) == 0);
	NEED(aio_read(&cb) == 0);
	at("begun twice key=%p", (void *)&cb);
	NEED(write(fds[1], "xy", 2) == 2);
	fill(&last, fds[0], &byte, 1, 0);
	NEED(aio_read(&last) == 0);
	NEED(write(fds[1], "z", 1) == 1);
	until_done(&last);
	NEED(aio_return(&last) == 1);
	NEED(aio_return(&cb) == 1);
	at("collected");
	fill(&cb, fds[0], &byte, 1, 0);
	NEED(write(fds[1], "z", 1) == 1);
	NEED(aio_read(&cb) == 0);
	until_done(&cb);
	NEED(aio_return(&cb) == 1);
	at("again");
}

static void lists(void)
{
	static struct aiocb cb[6];
	static struct aiocb *list[] = {&cb[0], NULL,   &cb[1], &cb[2],
				       &cb[3], &cb[4], &cb[5]};
	static char bytes[6];
	int fd = new_file();
	int fds[2];

	new_pipe(fds);
	for (int i = 0; i < 6; i++) {
		fill(&cb[i], fd, &bytes[i], 1, i);
		cb[i].aio_lio_opcode = LIO_READ;
	}
	cb[0].aio_fildes = fds[0];
	cb[1].aio_lio_opcode = LIO_NOP;
	cb[2].aio_lio_opcode = LIO_WRITE;
	cb[3].aio_lio_opcode = 55;
	cb[4].aio_reqprio = -1;
	NEED(lio_listio(77, list, 7, NULL) == -1);
	at("refused");
	NEED(lio_listio(LIO_NOWAIT, list, 7, NULL) == -1);
	for (int i = 2; i < 6; i++)
		until_done(&cb[i]);
	at("begun list=%p key0=%p key5=%p", (void *)list, (void *)&cb[0],
	   (void *)&cb[5]);
	NEED(aio_return(&cb[2]) == 1 && aio_return(&cb[3]) == -1);
	NEED(aio_return(&cb[5]) == 1);
	NEED(write(fds[1], "x", 1) == 1);
	until_done(&cb[0]);
	NEED(aio_return(&cb[0]) == 1);
	at("collected");
	list[0] = NULL;
	list[4] = &cb[2];
	list[5] = NULL;
	cb[2].aio_lio_opcode = LIO_READ;
	NEED(lio_listio(LIO_WAIT, list + 4, 3, NULL) == 0);
	at("waited key2=%p key5=%p", (void *)&cb[2], (void *)&cb[5]);
	NEED(aio_return(&cb[2]) == 1 && aio_return(&cb[5]) == 1);
	/* POSIX forbids one block twice in a list; glibc takes it. */
	list[5] = &cb[2];
	NEED(lio_listio(LIO_WAIT, list + 4, 2, NULL) == 0);
	NEED(aio_return(&cb[2]) == 1);
	at("same block twice");
}

static struct aiocb chained;
static char chained_byte;
static int rounds;

static void next_round(void)
{
	NEED(aio_error(&chained) == 0 && aio_return(&chained) == 1);
	/* First: the next round may be here before aio_read() returns. */
	if (__atomic_add_fetch(&rounds, 1, __ATOMIC_ACQ_REL) < ROUNDS)
		NEED(aio_read(&chained) == 0);
}

static void on_thread(union sigval value)
{
	(void)value;
	next_round();
}

static void on_signal(int signal_number)
{
	(void)signal_number;
	next_round();
}

static void chain(void)
{
	int waited = 0;

	rounds = 0;
	NEED(aio_read(&chained) == 0);
	while (__atomic_load_n(&rounds, __ATOMIC_ACQUIRE) < ROUNDS)
		a_moment(&waited);
}

static void notified(void)
{
	fill(&chained, new_file(), &chained_byte, 1, 0);
	chained.aio_sigevent.sigev_notify = SIGEV_THREAD;
	chained.aio_sigevent.sigev_notify_function = on_thread;
	chain();
	at("by threads");
	memset(&chained.aio_sigevent, 0, sizeof(chained.aio_sigevent));
	NEED(signal(SIGUSR1, on_signal) != SIG_ERR);
	chained.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	chained.aio_sigevent.sigev_signo = SIGUSR1;
	chain();
	at("by signals");
}

static void *reader(void *unused)
{
	struct aiocb cb;
	const struct aiocb *list[] = {&cb};
	char byte;
	int fd = new_file();

	for (int i = 0; i < EACH; i++) {
		fill(&cb, fd, &byte, 1, i % 10);
		NEED(aio_read(&cb) == 0);
		while (aio_error(&cb) == EINPROGRESS)
			(void)aio_suspend(list, 1, NULL);
		NEED(aio_return(&cb) == 1 && byte == '0' + i % 10);
	}
	(void)close(fd);
	return unused;
}

static void threads(void)
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		NEED(pthread_create(&thread[i], NULL, reader, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_join(thread[i], NULL) == 0);
	at("done");
}

/* The library's own use, however it was loaded. */
static void library(const char *path, int flags)
{
	void *handle = dlopen(path, RTLD_NOW | flags);
	int (*read_one)(int fd);

	need(handle != NULL, path);
	*(void **)&read_one = dlsym(handle, "victim_read_one");
	NEED(read_one != NULL);
	NEED(read_one(new_file()) == '0');
	at("done");
}

static void local(void)
{
	library(argument, RTLD_LOCAL);
}

static void deep(void)
{
	library(argument, RTLD_LOCAL | RTLD_DEEPBIND);
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"transfer", transfer},   {"pending", pending},
		{"suspended", suspended}, {"cancel", cancel},
		{"careless", careless},   {"reuse", reuse},
		{"between", between},     {"twice", twice},
		{"lists", lists},         {"notified", notified},
		{"threads", threads},     {"local", local},
		{"deep", deep},           {0},
	};

	return play(scenes, argc, argv);
}
