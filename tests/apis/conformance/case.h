/* SPDX-License-Identifier: MIT */
/*
 * case.h - the AIO conformance cases: how a case looks and what it says
 *
 * Every value that a case gets is printed, so that two runs can be compared
 * line by line; where POSIX requires a value, the case names it and a wrong
 * one fails the program. errno is set to UNTOUCHED before every call.
 */
#ifndef CASE_H
#define CASE_H

#include <aio.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define UNTOUCHED 77
#define ANY (-4711) /* POSIX leaves it open: printed, not required */

/* got() - prints a value; wrong unless it is `want` or that is ANY */
void got(const char *what, long value, long want);

/* CALL() - runs a call and prints what it returned, and errno where it failed */
#define CALL(expression, want, want_errno)                                     \
	do {                                                                   \
		errno = UNTOUCHED;                                             \
		long r_ = (long)(expression);                                  \
		called(#expression, r_, errno, want, want_errno);              \
	} while (0)

void called(const char *what, long r, int error, long want, int want_errno);

/* begin_case() - the name of what follows */
void begin_case(const char *name);

/* die() - the surroundings are broken: no result */
void die(const char *what) __attribute__((noreturn));

/* A control block without notification, and all other members as given. */
void prepare(struct aiocb *cb, int fd, void *buffer, size_t size, off_t offset);

/* settle() - waits until the call is no longer in progress; its error */
int settle(const struct aiocb *cb);

/* ends() - settles a call, and collects it: prints both */
void ends(struct aiocb *cb, int want_error, ssize_t want_return);

/* new_file() - an unlinked file with this text in it, open for both */
int new_file(const char *text);

/* new_pipe() - fds[0] to read, fds[1] to write */
void new_pipe(int fds[2]);

/* until_reading() - waits until a thread sleeps in read() of this fd */
void until_reading(int fd);

/* until_sleeping() - waits until the thread is known, and sleeps in a wait */
void until_sleeping(const pid_t *tid);

/* blocked_read() - a read of one byte of an empty pipe, in a thread's hands */
void blocked_read(struct aiocb *cb, int fd, char *byte);

/* wait_for() - waits until *counter is at least n */
void wait_for(const int *counter, int n);

/* put_bytes() - writes all, or dies */
void put_bytes(int fd, const char *text);

void begin_cases(void);
void error_cases(void);
void cancel_cases(void);
void list_cases(void);
void notify_cases(void);
void wait_cases(void);
void version_cases(void);

#endif
