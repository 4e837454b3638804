/* SPDX-License-Identifier: MIT */
/*
 * aio_lines.c - reads that queue up on one descriptor, or follow each other on
 * one block, and are cancelled
 */
#include <pthread.h>

#include "aio_ruled.h"

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

/*
 * The same, but libc's only thread is at another pipe, so that it has not begun
 * with the first. The first asks for two bytes, the others for one. The program
 * cancels the first, or "all", or nobody. Then the others get what is written,
 * in their order, before one that was begun last.
 */
static void not_begun(void)
{
	const struct aioinit one_thread = {.aio_threads = 1, .aio_num = 64};
	struct aiocb other = {.aio_sigevent.sigev_notify = SIGEV_NONE};
	int kept[2];
	int fds[2];

	aio_init(&one_thread);
	NEED(pipe(kept) == 0 && pipe(fds) == 0);
	other.aio_fildes = kept[0];
	other.aio_buf = &(char){0};
	other.aio_nbytes = 1;
	NEED(aio_read(&other) == 0);
	begun_ns = now_ns();
	for (int i = 0; i < QUEUED; i++) {
		fill(&blocks[i], fds[0], i ? 1 : 2);
		NEED(aio_read(&blocks[i]) == 0);
	}
	if (strcmp(argument, "") != 0)
		(void)printf("cancel=%s\n",
			     cancel(fds[0], strcmp(argument, "all") == 0
						    ? NULL
						    : &blocks[0]));
	say_end(&blocks[0]);
	blocks[0].aio_nbytes = 1;
	NEED(aio_read(&blocks[0]) == 0);
	NEED(write(fds[1], "1234a", QUEUED) == QUEUED);
	NEED(write(kept[1], "x", 1) == 1 && wait_for(&other, PATIENCE_S));
	for (int i = 0; i < QUEUED; i++)
		say_end(&blocks[i]);
	(void)printf("bytes=%s\n", bytes);
}

/* --- One after the other ------------------------------------------------- */

#define FOLLOWING 100

static void read_one(void)
{
	const char *answer = "NOTCANCELED";

	NEED(aio_read(blocks) == 0);
	/* libc may just be at it. */
	while (strcmp(argument, "cancel") == 0 &&
	       strcmp(answer, "NOTCANCELED") == 0)
		answer = cancel(blocks->aio_fildes, blocks);
	say_end(blocks);
}

/*
 * Reads on one block, each as soon as the one before is over; after the first
 * one it waits to be told to go on. The last one the program does not cancel.
 */
static void follow(void)
{
	fill(blocks, new_file(), 1);
	begun_ns = now_ns();
	read_one();
	(void)printf("pid=%d\n", getpid());
	(void)fflush(stdout);
	NEED(getchar() != EOF);
	for (int i = 2; i < FOLLOWING; i++)
		read_one();
	begun_ns = now_ns();
	NEED(aio_read(blocks) == 0);
	(void)printf("begun=%d\n", FOLLOWING);
	(void)fflush(stdout);
	say_end(blocks);
}

/* --- Threads that are cancelled ------------------------------------------ */

#define CANCELED_THREADS 40

static void *wait_in_vain(void *unused)
{
	const struct aiocb *list[] = {&blocks[0]};

	(void)unused;
	for (;;)
		(void)aio_suspend(list, 1, NULL);
	return NULL;
}

/* Threads are cancelled while they wait; then there is the scene "fifo". */
static void canceled_threads(void)
{
	const struct timespec moment = {0, 1000000};
	pthread_t thread;
	void *end;
	int fds[2];

	NEED(pipe(fds) == 0);
	for (int i = 0; i < CANCELED_THREADS; i++) {
		fill(&blocks[0], fds[0], 1);
		NEED(aio_read(&blocks[0]) == 0);
		NEED(pthread_create(&thread, NULL, wait_in_vain, NULL) == 0);
		(void)nanosleep(&moment, NULL);
		NEED(pthread_cancel(thread) == 0);
		NEED(pthread_join(thread, &end) == 0);
		NEED(end == PTHREAD_CANCELED);
		NEED(write(fds[1], "x", 1) == 1);
		NEED(wait_for(&blocks[0], PATIENCE_S));
		NEED(aio_return(&blocks[0]) == 1);
	}
	fifo();
}

static const struct scene scenes[] = {
	{"canceled-threads", canceled_threads},
	{"fifo", fifo},
	{"follow", follow},
	{"not-begun", not_begun},
	{"refused", refused},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(scenes, argc, argv);
}
