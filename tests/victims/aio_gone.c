/* SPDX-License-Identifier: MIT */
/*
 * aio_gone.c - reads with control blocks that are unmapped as soon as their
 * call is collected; prints how many ended, and how
 *
 *     aio-gone FILE READS [again [shared]]
 *
 * READS:  of each thread
 * again:  a second read goes on each block, of half as many bytes; how many of
 *         these did not succeed is printed as "unnamed"
 * shared: all threads read from one descriptor
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define THREADS 8
#define PAGE 4096
#define SIZE 512

static const char *path;
static int shared = -1;
static bool again;
static long reads;
static long read_count;
static long canceled_count;
static long other_count;
static long unnamed_count;

static void count(long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* Return: the error that the read ended with, or 0. */
static int read_on(struct aiocb *cb, int fd, size_t size)
{
	char buffer[SIZE];
	const struct timespec nap = {0, 1000000};
	const struct aiocb *list[1] = {cb};
	ssize_t r;
	int code;

	memset(cb, 0, sizeof(*cb));
	cb->aio_fildes = fd;
	cb->aio_buf = buffer;
	cb->aio_nbytes = size;
	if (aio_read(cb) != 0)
		exit(1);
	while ((code = aio_error(cb)) == EINPROGRESS)
		(void)aio_suspend(list, 1, &nap);
	r = aio_return(cb);
	return r == (code ? -1 : (ssize_t)size) ? code : EPROTO;
}

static void read_once(int fd)
{
	struct aiocb *cb = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int code;

	if (cb == MAP_FAILED)
		exit(1);
	code = read_on(cb, fd, SIZE);
	if (code == 0)
		count(&read_count);
	else
		count(code == ECANCELED ? &canceled_count : &other_count);
	if (again && read_on(cb, fd, SIZE / 2) != 0)
		count(&unnamed_count);
	(void)munmap(cb, PAGE);
}

static void *reader(void *unused)
{
	int fd = shared < 0 ? open(path, O_RDONLY | O_CLOEXEC) : shared;

	(void)unused;
	if (fd < 0)
		exit(1);
	for (long i = 0; i < reads; i++)
		read_once(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	if (argc < 3)
		return 2;
	reads = strtol(argv[2], NULL, 10);
	again = argc > 3;
	if (argc > 4)
		shared = open(argv[1], O_RDONLY | O_CLOEXEC);
	path = argv[1];
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, reader, NULL) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	printf("read %ld canceled %ld other %ld unnamed %ld\n", read_count,
	       canceled_count, other_count, unnamed_count);
	return 0;
}
