/* SPDX-License-Identifier: MIT */
/*
 * guest_processes.c - how a guest starts processes, and how it ends
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "guest_verbs.h"

extern char **environ;
static const char self[] = "/proc/self/exe";

static void skip_block(void)
{
	for (int open = 1; *arguments && open > 0; arguments++) {
		size_t length = strlen(*arguments);

		open += length && (*arguments)[length - 1] == '{';
		open -= strcmp(*arguments, "}") == 0;
	}
}

static void wait_for(pid_t child)
{
	int status;

	if (child < 0)
		die("a process was not started");
	if (waitpid(child, &status, 0) != child || status != 0)
		die("a child failed");
	skip_block();
}

/* As exit() does, but without writing what the parent has in its buffers. */
static void child(void)
{
	run_verbs();
	_exit(0);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		child();
	wait_for(pid);
}

static void do_plain_fork(void)
{
	pid_t pid = _Fork();

	if (pid == 0)
		child();
	wait_for(pid);
}

/* A process in the middle of its parent's calls has none of them. */
static void do_fork_inside(void)
{
	struct belay_ref refs[20];
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};
	pid_t pid;

	for (uint64_t i = 0; i < 20; i++)
		refs[i] = begin((i + 1) << 12);
	pid = fork();
	if (pid == 0) {
		for (uint64_t i = 0; i < 20; i++)
			(void)begin((i + 1) << 12);
		for (int i = 0; i < 20; i++) {
			belay_adapter_refused(&refs[i], EIO);
			if (belay_adapter_finished(&refs[i], &outcome))
				_exit(1);
		}
		child();
	}
	for (int i = 0; i < 20; i++)
		finish(&refs[i]);
	wait_for(pid);
}

static uint32_t heap_number;
static const struct belay_operation heap = {
	.size = sizeof(struct belay_operation),
	.number = &heap_number,
	.api = "guest",
	.name = "heap",
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

static struct belay_ref begin_heap(struct belay_call *call)
{
	const struct belay_begin with = {.operation = &heap};
	struct belay_ref ref;

	belay_call_init(call);
	if (belay_call_begin(call, &with, &ref) != S_OK)
		die("a Begin was failed");
	(void)belay_call_accept(&ref);
	if (belay_call_id(&ref) >> 40 != (uint64_t)getpid())
		die("an id is another process's");
	return ref;
}

static void finish_heap(const struct belay_ref *ref)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};

	(void)belay_call_complete(ref, &outcome);
	if (belay_call_finish(ref->call, &heap, &outcome) != S_OK)
		die("a Finish failed");
}

/* A child has copies of its parent's call objects, but not the calls. */
static void do_fork_heap(void)
{
	struct belay_call calls[2];
	const struct belay_ref ref = begin_heap(&calls[0]);
	struct belay_ref own;
	pid_t pid = fork();

	if (pid == 0) {
		own = begin_heap(&calls[1]);
		finish_heap(&ref);
		finish_heap(&own);
		child();
	}
	finish_heap(&ref);
	wait_for(pid);
}

static void do_clone(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		child();
	wait_for(pid);
}

/* The child ends in its parent's memory. */
static void do_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	wait_for(pid);
}

/* spawn{: the verbs are another process's */
static void do_spawn(void)
{
	char *argv[32] = {(char *)(uintptr_t)self};
	pid_t pid;

	for (int i = 0; i < 30 && arguments[i] && strcmp(arguments[i], "}");
	     i++)
		argv[i + 1] = arguments[i];
	if (posix_spawn(&pid, self, NULL, NULL, argv, environ) != 0)
		die("posix_spawn");
	wait_for(pid);
}

/* exec: the verbs that are left are the next image's */
static void do_exec(void)
{
	arguments[-1] = (char *)(uintptr_t)self;
	(void)execv(self, arguments - 1);
	die("execv");
}

static void do_kill(void)
{
	(void)kill(getpid(), SIGKILL);
}

static void do_exit(void)
{
	_exit((int)count());
}

static void do_quick_exit(void)
{
	quick_exit(0);
}

const struct verb process_verbs[] = {
	{"fork{", do_fork},
	{"fork-inside{", do_fork_inside},
	{"fork-heap{", do_fork_heap},
	{"_Fork{", do_plain_fork},
	{"clone{", do_clone},
	{"vfork{", do_vfork},
	{"spawn{", do_spawn},
	{"exec", do_exec},
	{"kill", do_kill},
	{"_exit", do_exit},
	{"quick_exit", do_quick_exit},
	{NULL, NULL},
};
