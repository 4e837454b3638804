/* SPDX-License-Identifier: MIT */
/*
 * caller.c - a program with asynchronous calls of its own, told what to do
 *
 * Its arguments are verbs, done in their order: see the table at the end.
 * Calls that are begun by "begin" stay in flight for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/call.h>

#define CALLS_MAX 10000

static uint32_t number;

static const struct belay_operation work = {
	.size = sizeof(struct belay_operation),
	.number = &number,
	.api = "test",
	.name = "work",
	.arguments = {{"fd", BELAY_ARGUMENT_FD}, {"size", BELAY_ARGUMENT_SIZE}},
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

static struct belay_call calls[CALLS_MAX];
static unsigned int used;

/* Not inlined: its name is looked for in what belay says. */
__attribute__((noinline)) static struct belay_ref begin_work(void)
{
	const struct belay_begin begin = {
		.operation = &work,
		.args = {STDIN_FILENO, 4096},
	};
	struct belay_ref ref = {0};

	if (used == CALLS_MAX)
		abort();
	belay_call_init(&calls[used]);
	if (belay_call_begin(&calls[used++], &begin, &ref) != S_OK)
		abort();
	__asm__ volatile(""); /* no tail call: the call site is here */
	return ref;
}

static void begin(long count)
{
	while (count--) {
		const struct belay_ref ref = begin_work();

		(void)belay_call_accept(&ref);
	}
}

static void end(long count, enum belay_ending ending)
{
	while (count--) {
		struct belay_outcome outcome = {
			.ending = ending,
			.status = ending == BELAY_FAILED ? EIO : 0,
			.result = ending == BELAY_FAILED ? -1 : 4096,
		};
		const struct belay_ref ref = begin_work();

		(void)belay_call_accept(&ref);
		(void)belay_call_complete(&ref, &outcome);
		(void)belay_call_finish(&calls[--used], &work, &outcome);
	}
}

static void finish(long count)
{
	end(count, BELAY_SUCCEEDED);
}

static void fail(long count)
{
	end(count, BELAY_FAILED);
}

static void refuse(long count)
{
	while (count--) {
		const struct belay_ref ref = begin_work();

		belay_call_refuse(&ref, EAGAIN);
		used--;
	}
}

static void cancel(long count)
{
	while (count--) {
		struct belay_outcome outcome;
		const struct belay_ref ref = begin_work();

		(void)belay_call_accept(&ref);
		(void)belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION);
		(void)belay_call_finish(&calls[--used], &work, &outcome);
	}
}

/* A second Begin on a call that is in progress. */
static void again(long count)
{
	const struct belay_begin more = {.operation = &work};
	struct belay_ref ref;

	while (count--)
		if (belay_call_begin(&calls[used - 1], &more, &ref) !=
		    RPC_E_CALL_PENDING)
			abort();
}

static void say(long text)
{
	printf("%ld\n", text);
	(void)fflush(stdout);
}

/* Until a signal ends us, or our parent closes our stdin. */
static void wait_here(long unused)
{
	char c;

	(void)unused;
	while (read(STDIN_FILENO, &c, 1) != 0)
		;
}

static void die_of(long signo)
{
	(void)kill(getpid(), (int)signo);
}

static int parent = -1;

/* The child goes on with the next verbs; the parent ends at "detach". */
static void go_on_as_child(long unused)
{
	int ends[2];
	char c;

	(void)unused;
	if (pipe(ends) < 0)
		abort();
	if (fork() != 0) {
		(void)close(ends[1]);
		(void)!read(ends[0], &c, 1);
		_exit(0);
	}
	parent = ends[1];
}

static void detach(long unused)
{
	(void)unused;
	(void)close(parent);
}

/* As many children, one after another, each with one call. */
static void children(long count)
{
	while (count--) {
		pid_t pid = fork();

		if (pid == 0) {
			finish(1);
			_exit(0);
		}
		(void)waitpid(pid, NULL, 0);
	}
}

static volatile sig_atomic_t caught;

static void note(int signo)
{
	caught = signo;
}

static void catch_signal(long signo)
{
	(void)signal((int)signo, note);
}

/* Waits for a signal that "catch" is set for, and prints it. */
static void await_signal(long signo)
{
	sigset_t one, before;

	(void)sigemptyset(&one);
	(void)sigaddset(&one, (int)signo);
	(void)sigprocmask(SIG_BLOCK, &one, &before);
	while (caught != signo)
		(void)sigsuspend(&before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	printf("caught %ld\n", signo);
	(void)fflush(stdout);
}

static void leave(long status)
{
	exit((int)status);
}

static void leave_at_once(long status)
{
	_exit((int)status);
}

static const struct verb {
	const char *name;
	void (*act)(long number);
} verbs[] = {
	{"begin", begin},
	{"finish", finish},
	{"fail", fail},
	{"refuse", refuse},
	{"cancel", cancel},
	{"again", again},
	{"say", say},
	{"wait", wait_here},
	{"die", die_of},
	{"child", go_on_as_child},
	{"detach", detach},
	{"children", children},
	{"catch", catch_signal},
	{"await", await_signal},
	{"exit", leave},
	{"_exit", leave_at_once},
};

/* "finish=3" */
static void act(const char *word)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strlen(verbs[i].name) == length &&
		    memcmp(verbs[i].name, word, length) == 0) {
			verbs[i].act(word[length] ? atol(word + length + 1)
						  : 1);
			return;
		}
	fprintf(stderr, "caller: no verb \"%s\"\n", word);
	exit(2);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		act(argv[i]);
	return 0;
}
