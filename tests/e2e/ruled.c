/* SPDX-License-Identifier: MIT */
/*
 * ruled.c - a program whose calls rules make fail, and which tells how
 *
 *     ruled VERB...
 *
 *     aN bN      N calls at the first place, at the second
 *     tT:N       T threads at once make N calls each, at the first place
 *     fork       a child goes on with the rest; the parent waits, then goes on
 *     exec       this program goes on with the rest, as a new image
 *     leave      begins a call that never ends, and ends the first thread
 *
 * Prints a line for each verb that calls: the verb, then the status of each
 * call, in their order; of threads only how many calls failed. Only one of a
 * parent and its child prints at a time.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/call.h>

#define THREADS_MAX 64

static uint32_t number;

static const struct belay_error errors[] = {
	{EIO, BELAY_ERROR_AT_FINISH | BELAY_ERROR_AT_BEGIN, "EIO"},
	{EAGAIN, BELAY_ERROR_AT_FINISH, "EAGAIN"},
	{0, 0, NULL},
};

static const struct belay_operation work = {
	.size = sizeof(struct belay_operation),
	.number = &number,
	.api = "mine",
	.name = "work",
	.errors = errors,
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

/* They differ, so that the compiler does not make one function of two. */
static const struct belay_begin first = {.operation = &work, .args = {1}};
static const struct belay_begin second = {.operation = &work, .args = {2}};

static int end(const struct belay_ref *ref)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};

	(void)belay_call_accept(ref);
	(void)belay_call_complete(ref, &outcome);
	if (belay_call_finish(ref->call, &work, &outcome) != S_OK)
		abort();
	return outcome.status;
}

/* Not inlined: each has one place where calls begin. */
__attribute__((noinline)) static int call_first(void)
{
	struct belay_call call;
	struct belay_ref ref;

	belay_call_init(&call);
	if (belay_call_begin(&call, &first, &ref) != S_OK)
		abort();
	return end(&ref);
}

__attribute__((noinline)) static int call_second(void)
{
	struct belay_call call;
	struct belay_ref ref;

	belay_call_init(&call);
	if (belay_call_begin(&call, &second, &ref) != S_OK)
		abort();
	return end(&ref);
}

static void call(const char *verb)
{
	long count = strtol(verb + 1, NULL, 10);

	(void)printf("%s:", verb);
	while (count--)
		(void)printf(" %d",
			     *verb == 'a' ? call_first() : call_second());
	(void)printf("\n");
}

static void *run(void *count)
{
	uintptr_t failed = 0;

	for (uintptr_t i = 0; i < (uintptr_t)count; i++)
		failed += call_first() != 0;
	return (void *)failed;
}

static void call_in_threads(const char *verb)
{
	pthread_t threads[THREADS_MAX];
	char *rest;
	unsigned long threads_count = strtoul(verb + 1, &rest, 10);
	uintptr_t count = strtoul(rest + 1, NULL, 10);
	uintptr_t failed = 0;
	void *more;

	if (threads_count > THREADS_MAX)
		abort();
	for (unsigned long i = 0; i < threads_count; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)count) != 0)
			abort();
	for (unsigned long i = 0; i < threads_count; i++) {
		(void)pthread_join(threads[i], &more);
		failed += (uintptr_t)more;
	}
	(void)printf("%s: %lu\n", verb, (unsigned long)failed);
}

static void fork_and_wait(void)
{
	int status;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child > 0 && (waitpid(child, &status, 0) != child || status != 0))
		abort();
}

static void leave(void)
{
	static struct belay_call call;
	struct belay_ref ref;

	belay_call_init(&call);
	if (belay_call_begin(&call, &first, &ref) != S_OK)
		abort();
	(void)belay_call_accept(&ref);
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	while (*++argv) {
		if (strcmp(*argv, "fork") == 0) {
			fork_and_wait();
		} else if (strcmp(*argv, "exec") == 0) {
			(void)fflush(stdout);
			(void)execv("/proc/self/exe", argv);
			abort();
		} else if (strcmp(*argv, "leave") == 0) {
			leave();
		} else if (**argv == 't') {
			call_in_threads(*argv);
		} else {
			call(*argv);
		}
	}
	return 0;
}
