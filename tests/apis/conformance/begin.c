/* SPDX-License-Identifier: MIT */
/*
 * begin.c - reads, writes and syncs that succeed, and the order of them
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

static void a_read_reads_at_its_offset(void)
{
	struct aiocb cb;
	char buffer[16] = "";
	int fd = new_file("0123456789");

	begin_case("a read reads at its offset");
	(void)lseek(fd, 2, SEEK_SET);
	prepare(&cb, fd, buffer, 4, 3);
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 4);
	got("same bytes", memcmp(buffer, "3456", 5), 0);
	got("file position", lseek(fd, 0, SEEK_CUR), 2);
	got("aio_return again", aio_return(&cb), ANY);
	got("aio_error again", aio_error(&cb), ANY);

	begin_case("a read over the end is short, one behind it empty");
	prepare(&cb, fd, buffer, 8, 6);
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 4);
	prepare(&cb, fd, buffer, 8, 100);
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 0);
	prepare(&cb, fd, buffer, 0, 0);
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 0);
	(void)close(fd);
}

static void a_write_writes_at_its_offset(void)
{
	struct aiocb cb;
	char text[] = "abcd";
	char buffer[16] = "";
	int fd = new_file("0123456789");

	begin_case("a write writes at its offset");
	prepare(&cb, fd, text, 4, 8);
	CALL(aio_write(&cb), 0, 0);
	ends(&cb, 0, 4);
	got("pread", pread(fd, buffer, sizeof(buffer), 0), 12);
	got("same bytes", memcmp(buffer, "01234567abcd", 12), 0);
	(void)close(fd);
}

static void appending_writes_keep_the_order_of_their_calls(void)
{
	static char letters[] = "abcdefghijklmnopqrstuvwxyz";
	struct aiocb cb[26];
	char buffer[32] = "";
	int fd = new_file("");

	begin_case("appending writes keep the order of their calls");
	if (fcntl(fd, F_SETFL, O_APPEND) < 0)
		die("O_APPEND");
	for (int i = 0; i < 26; i++) {
		prepare(&cb[i], fd, letters + i, 1, 0);
		CALL(aio_write(&cb[i]), 0, 0);
	}
	for (int i = 0; i < 26; i++)
		ends(&cb[i], 0, 1);
	got("pread", pread(fd, buffer, sizeof(buffer), 0), 26);
	got("in order", strcmp(buffer, letters), 0);
	(void)close(fd);
}

static void a_read_of_a_pipe_gets_what_comes_later(void)
{
	struct aiocb cb;
	char byte = 0;
	int fds[2];

	begin_case("a read of a pipe gets what comes later");
	new_pipe(fds);
	blocked_read(&cb, fds[0], &byte);
	got("aio_return while pending", aio_return(&cb), ANY);
	got("still pending", aio_error(&cb), EINPROGRESS);
	put_bytes(fds[1], "x");
	ends(&cb, 0, 1);
	got("the byte", byte, 'x');

	begin_case("a read of a pipe ends when its writer is gone");
	blocked_read(&cb, fds[0], &byte);
	(void)close(fds[1]);
	ends(&cb, 0, 0);
	(void)close(fds[0]);
}

static void a_better_priority_goes_first(void)
{
	struct aiocb first;
	struct aiocb late;
	struct aiocb early;
	char bytes[3] = "";
	int fds[2];

	begin_case("of two that wait the better priority goes first");
	new_pipe(fds);
	blocked_read(&first, fds[0], &bytes[0]);
	prepare(&late, fds[0], &bytes[1], 1, 0);
	late.aio_reqprio = 10;
	CALL(aio_read(&late), 0, 0);
	prepare(&early, fds[0], &bytes[2], 1, 0);
	CALL(aio_read(&early), 0, 0);
	put_bytes(fds[1], "123");
	ends(&first, 0, 1);
	ends(&late, 0, 1);
	ends(&early, 0, 1);
	got("first", bytes[0], '1');
	got("the one of lower priority", bytes[1], '3');
	got("the one of better priority", bytes[2], '2');
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void a_block_can_be_used_again(void)
{
	struct aiocb cb;
	char buffer[16] = "";
	int fd = new_file("0123456789");

	begin_case("a block can be used again without aio_return");
	for (int i = 0; i < 3; i++) {
		prepare(&cb, fd, buffer, 2, i);
		CALL(aio_read(&cb), 0, 0);
		got("settled", settle(&cb), 0);
	}
	got("aio_return", aio_return(&cb), 2);
	got("same bytes", memcmp(buffer, "23", 2), 0);

	begin_case("a block that was refused can be used again");
	prepare(&cb, fd, buffer, 2, 0);
	cb.aio_reqprio = -1;
	CALL(aio_read(&cb), -1, EINVAL);
	cb.aio_reqprio = 0;
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 2);
	(void)close(fd);
}

/* POSIX: undefined. glibc: both are queued, and the block serves both. */
static void a_block_in_use_can_begin_again(void)
{
	static struct aiocb cb;
	static char byte;
	int fds[2];
	int left = 1;

	begin_case("a block in use can begin again");
	new_pipe(fds);
	blocked_read(&cb, fds[0], &byte);
	CALL(aio_read(&cb), ANY, ANY);
	put_bytes(fds[1], "12");
	got("settled", settle(&cb), ANY);
	while (left > 0)
		(void)ioctl(fds[0], FIONREAD, &left);
	/* Anything: glibc may have read the byte, and not stored that yet. */
	(void)aio_return(&cb);
	/* Behind the second one, so that it is over when this is. */
	(void)close(fds[1]);
	prepare(&cb, fds[0], &byte, 1, 0);
	CALL(aio_read(&cb), 0, 0);
	ends(&cb, 0, 0);
	(void)close(fds[0]);
}

static void a_sync_succeeds_on_a_file(void)
{
	struct aiocb cb;
	int fd = new_file("text");

	begin_case("a sync succeeds on a file");
	prepare(&cb, fd, NULL, 0, 0);
	CALL(aio_fsync(O_SYNC, &cb), 0, 0);
	ends(&cb, 0, 0);
	CALL(aio_fsync(O_DSYNC, &cb), 0, 0);
	ends(&cb, 0, 0);
	cb.aio_reqprio = -1;
	CALL(aio_fsync(O_SYNC, &cb), 0, 0);
	ends(&cb, 0, 0);
	(void)close(fd);
}

static void a_child_process_begins_its_own(void)
{
	struct aiocb cb;
	char byte = 0;
	int fds[2];
	int status = 0;
	pid_t child;

	begin_case("a child process begins its own calls");
	new_pipe(fds);
	blocked_read(&cb, fds[0], &byte);
	(void)fflush(stdout);
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		struct aiocb own;
		char buffer[4];

		prepare(&own, new_file("abc"), buffer, 3, 0);
		_exit(aio_read(&own) || settle(&own) || aio_return(&own) != 3);
	}
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	got("the child's status", status, 0);
	got("the parent's call", aio_error(&cb), EINPROGRESS);
	put_bytes(fds[1], "x");
	ends(&cb, 0, 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

void begin_cases(void)
{
	a_read_reads_at_its_offset();
	a_write_writes_at_its_offset();
	appending_writes_keep_the_order_of_their_calls();
	a_read_of_a_pipe_gets_what_comes_later();
	a_better_priority_goes_first();
	a_block_can_be_used_again();
	a_block_in_use_can_begin_again();
	a_sync_succeeds_on_a_file();
	a_child_process_begins_its_own();
}
