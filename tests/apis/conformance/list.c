/* SPDX-License-Identifier: MIT */
/*
 * list.c - lio_listio in both modes
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

#define MANY 200

static int list_signal(void)
{
	return SIGRTMIN + 3;
}

static void element(struct aiocb *cb, int op, int fd, void *buffer, size_t size,
		    off_t offset)
{
	prepare(cb, fd, buffer, size, offset);
	cb->aio_lio_opcode = op;
}

static void signals_left(int want)
{
	struct timespec at_once = {0, 0};
	struct timespec patience = {20, 0};
	int n = 0;
	siginfo_t info;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, list_signal());
	while (sigtimedwait(&set, &info, n < want ? &patience : &at_once) > 0) {
		got("si_code", info.si_code, SI_ASYNCIO);
		n++;
	}
	got("signals", n, want);
}

static void a_list_that_waits(void)
{
	struct aiocb cb[4];
	struct aiocb *list[] = {&cb[0], NULL, &cb[1], &cb[2], &cb[3]};
	struct sigevent ignored = {.sigev_notify = SIGEV_SIGNAL,
				   .sigev_signo = list_signal()};
	char buffer[8] = "";
	char text[] = "ab";
	int fd = new_file("0123456789");

	begin_case("a list that waits");
	element(&cb[0], LIO_READ, fd, buffer, 4, 0);
	element(&cb[1], LIO_NOP, fd, buffer, 4, 0);
	element(&cb[2], LIO_WRITE, fd, text, 2, 4);
	element(&cb[3], LIO_READ, fd, buffer + 4, 2, 4);
	CALL(lio_listio(LIO_WAIT, list, 5, &ignored), 0, 0);
	got("done", aio_error(&cb[0]), 0);
	got("done", aio_error(&cb[2]), 0);
	got("done", aio_error(&cb[3]), 0);
	ends(&cb[0], 0, 4);
	ends(&cb[2], 0, 2);
	ends(&cb[3], 0, 2);
	got("in order", memcmp(buffer, "0123ab", 6), 0);
	signals_left(0);

	begin_case("lists of nothing");
	CALL(lio_listio(LIO_WAIT, list, 0, NULL), 0, 0);
	CALL(lio_listio(LIO_WAIT, list + 1, 2, NULL), 0, 0);
	CALL(lio_listio(LIO_NOWAIT, list + 1, 2, NULL), 0, 0);
	CALL(lio_listio(LIO_NOWAIT, list + 1, 2, &ignored), 0, 0);
	signals_left(1);
	(void)close(fd);
}

static void a_list_that_does_not_wait(void)
{
	struct aiocb cb[3];
	struct aiocb *list[] = {&cb[0], &cb[1], &cb[2]};
	struct sigevent tell = {.sigev_notify = SIGEV_SIGNAL,
				.sigev_signo = list_signal()};
	char bytes[3] = "";
	int fd = new_file("0123456789");
	int fds[2];

	new_pipe(fds);
	begin_case("a list that does not wait tells when all are done");
	element(&cb[0], LIO_READ, fd, &bytes[0], 1, 0);
	element(&cb[1], LIO_READ, fds[0], &bytes[1], 1, 0);
	element(&cb[2], LIO_READ, fd, &bytes[2], 1, 2);
	CALL(lio_listio(LIO_NOWAIT, list, 3, &tell), 0, 0);
	ends(&cb[0], 0, 1);
	ends(&cb[2], 0, 1);
	got("the last one", aio_error(&cb[1]), EINPROGRESS);
	signals_left(0);
	put_bytes(fds[1], "x");
	signals_left(1);
	ends(&cb[1], 0, 1);
	got("in order", memcmp(bytes, "0x2", 3), 0);

	begin_case("its elements tell, too");
	cb[0].aio_sigevent = tell;
	cb[2].aio_sigevent = tell;
	cb[1].aio_lio_opcode = LIO_NOP;
	CALL(lio_listio(LIO_NOWAIT, list, 3, &tell), 0, 0);
	signals_left(3);
	ends(&cb[0], 0, 1);
	ends(&cb[2], 0, 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)close(fd);
}

static void a_thread_tells(union sigval value)
{
	(void)__atomic_add_fetch((int *)value.sival_ptr, 1, __ATOMIC_RELEASE);
}

static void a_thread_tells_of_a_list(void)
{
	struct aiocb cb[2];
	struct aiocb *list[] = {&cb[0], &cb[1]};
	char bytes[2] = "";
	int fd = new_file("0123456789");
	int told = 0;
	struct sigevent tell = {.sigev_notify = SIGEV_THREAD,
				.sigev_notify_function = a_thread_tells,
				.sigev_value.sival_ptr = &told};

	begin_case("a thread tells of a list");
	element(&cb[0], LIO_READ, fd, &bytes[0], 1, 0);
	element(&cb[1], LIO_READ, fd, &bytes[1], 1, 1);
	CALL(lio_listio(LIO_NOWAIT, list, 2, &tell), 0, 0);
	wait_for(&told, 1);
	ends(&cb[0], 0, 1);
	ends(&cb[1], 0, 1);
	got("told", told, 1);
	(void)close(fd);
}

static void bad_elements(void)
{
	struct aiocb cb[3];
	struct aiocb *list[] = {&cb[0], &cb[1], &cb[2]};
	struct aiocb **nowhere;
	char bytes[3] = "";
	int fd = new_file("0123456789");

	begin_case("a list that waits, with a bad descriptor");
	element(&cb[0], LIO_READ, fd, &bytes[0], 1, 0);
	element(&cb[1], LIO_READ, -1, &bytes[1], 1, 1);
	element(&cb[2], LIO_READ, fd, &bytes[2], 1, 2);
	CALL(lio_listio(LIO_WAIT, list, 3, NULL), -1, EIO);
	ends(&cb[0], 0, 1);
	ends(&cb[1], EBADF, -1);
	ends(&cb[2], 0, 1);

	begin_case("a list that does not wait, with a bad descriptor");
	CALL(lio_listio(LIO_NOWAIT, list, 3, NULL), 0, 0);
	ends(&cb[0], 0, 1);
	ends(&cb[1], EBADF, -1);
	ends(&cb[2], 0, 1);

	begin_case("a list with an operation that does not exist");
	element(&cb[1], 55, fd, &bytes[1], 1, 1);
	CALL(lio_listio(LIO_WAIT, list, 3, NULL), -1, EIO);
	ends(&cb[0], 0, 1);
	ends(&cb[1], EINVAL, -1);
	ends(&cb[2], 0, 1);
	element(&cb[1], 55, fd, &bytes[1], 1, 1);
	CALL(lio_listio(LIO_NOWAIT, list, 3, NULL), ANY, ANY);
	ends(&cb[0], 0, 1);
	ends(&cb[1], EINVAL, -1);
	ends(&cb[2], 0, 1);

	begin_case("a list with a bad priority");
	element(&cb[1], LIO_READ, fd, &bytes[1], 1, 1);
	cb[1].aio_reqprio = -1;
	CALL(lio_listio(LIO_NOWAIT, list, 3, NULL), -1, ANY);
	ends(&cb[0], 0, 1);
	got("the bad one", aio_error(&cb[1]), EINVAL);
	ends(&cb[2], 0, 1);
	CALL(lio_listio(LIO_WAIT, list, 3, NULL), -1, EIO);
	ends(&cb[0], 0, 1);
	got("the bad one", aio_error(&cb[1]), EINVAL);
	ends(&cb[2], 0, 1);

	begin_case("a list of a mode that does not exist");
	nowhere =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cb[1].aio_reqprio = 0;
	CALL(lio_listio(77, list, 3, NULL), -1, EINVAL);
	CALL(lio_listio(77, nowhere, 3, NULL), -1, EINVAL);
	(void)munmap(nowhere, 4096);
	CALL(lio_listio(LIO_WAIT, list, 3, NULL), 0, 0);
	for (int i = 0; i < 3; i++)
		ends(&cb[i], 0, 1);
	(void)close(fd);
}

static void a_long_list(void)
{
	static struct aiocb cb[MANY];
	struct aiocb *list[MANY];
	char bytes[MANY];
	char text[MANY + 1];
	int fd;

	begin_case("a long list");
	for (int i = 0; i < MANY; i++)
		text[i] = (char)('a' + i % 26);
	text[MANY] = '\0';
	fd = new_file(text);
	for (int i = 0; i < MANY; i++) {
		element(&cb[i], LIO_READ, fd, &bytes[i], 1, i);
		list[i] = &cb[i];
	}
	CALL(lio_listio(LIO_NOWAIT, list, MANY, NULL), 0, 0);
	for (int i = 0; i < MANY; i++)
		ends(&cb[i], 0, 1);
	got("same bytes", memcmp(bytes, text, MANY), 0);
	(void)close(fd);
}

void list_cases(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, list_signal());
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	a_list_that_waits();
	a_list_that_does_not_wait();
	a_thread_tells_of_a_list();
	bad_elements();
	a_long_list();
}
