/* SPDX-License-Identifier: MIT */
/*
 * guest.c - a program with an adapter inside, told what to do
 *
 * Its arguments are verbs, done in their order: see the table at the end. A
 * verb that ends with "{" starts a process, which does the verbs up to the
 * next "}" and ends; the guest waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "guest.h"

static uint32_t number;
static const struct belay_operation operation = {
	.size = sizeof(struct belay_operation),
	.number = &number,
	.api = "guest",
	.name = "call",
	.arguments = {{"a", BELAY_ARGUMENT_UINT},
		      {"b", BELAY_ARGUMENT_UINT},
		      {"c", BELAY_ARGUMENT_UINT},
		      {"d", BELAY_ARGUMENT_UINT}},
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

BELAY_ADAPTER(.name = "guest", .title = "a guest", .operations = &operation,
	      .operations_count = 1);

extern char **environ;
static char **arguments; /* those that are left */
static const char *self;

static void die(const char *what)
{
	(void)fprintf(stdout, "guest: %s: %s\n", what, strerror(errno));
	exit(99);
}

static long count(void)
{
	return *arguments ? strtol(*arguments++, NULL, 0) : 1;
}

static struct belay_ref begin(uint64_t key)
{
	const struct belay_begin with = guest_begin(&operation, key);
	struct belay_outcome fault;
	struct belay_ref ref;

	errno = 77;
	if (!belay_adapter_begin(&with, &ref, &fault))
		die("a Begin was failed");
	belay_adapter_accepted(&ref);
	if (errno != 77)
		die("errno was changed");
	return ref;
}

static void finish(const struct belay_ref *ref)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};

	(void)belay_adapter_finished(ref, &outcome);
	if (errno != 77)
		die("errno was changed");
}

static bool leaving; /* Belay may be gone already */

static void pair(uint64_t key)
{
	const struct belay_ref ref = begin(key);
	struct belay_ref found =
		belay_adapter_find(&belay_adapter, (void *)(uintptr_t)key);

	if (ref.call && !leaving &&
	    (found.call != ref.call || found.turn != ref.turn))
		die("a call was not found");
	finish(&found);
}

/* --- Calls --------------------------------------------------------------- */

/* A stack address: no two threads have the same. */
static void pairs_of(long calls)
{
	uint64_t key = (uint64_t)(uintptr_t)&calls;

	while (calls--)
		pair(key);
}

static void do_pairs(void)
{
	pairs_of(count());
}

static void do_begin(void)
{
	for (long n = count(), i = 1; i <= n; i++)
		(void)begin((uint64_t)i << 12);
}

static void do_refused(void)
{
	for (long n = count(); n > 0; n--) {
		const struct belay_begin with = guest_begin(&operation, 64);
		struct belay_outcome fault;
		struct belay_ref ref;

		if (!belay_adapter_begin(&with, &ref, &fault))
			die("a Begin was failed");
		belay_adapter_refused(&ref, EAGAIN);
	}
}

/* --- Threads ------------------------------------------------------------- */

static void *thread_of_pairs(void *data)
{
	pairs_of((long)(intptr_t)data);
	return NULL;
}

/* threads COUNT CALLS */
static void do_threads(void)
{
	pthread_t threads[256];
	long n = count();
	long calls = count();

	for (long i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, thread_of_pairs,
				   (void *)(intptr_t)calls) != 0)
			die("pthread_create");
	for (long i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
}

static pthread_barrier_t all_idle;

static void *thread_that_idles(void *data)
{
	pairs_of(1);
	(void)pthread_barrier_wait(&all_idle);
	for (;;)
		(void)pause();
	return data;
}

/* idle-threads COUNT: each makes one call, and then lives on */
static void do_idle_threads(void)
{
	long n = count();
	pthread_t thread;

	(void)pthread_barrier_init(&all_idle, NULL, (unsigned int)n + 1);
	for (long i = 0; i < n; i++)
		if (pthread_create(&thread, NULL, thread_that_idles, NULL) != 0)
			die("pthread_create");
	(void)pthread_barrier_wait(&all_idle);
}

static void *thread_of_turns(void *data)
{
	uint64_t key = (uint64_t)(uintptr_t)&data;

	for (long calls = (long)(intptr_t)data; calls; calls--) {
		const struct belay_ref ref = begin(key += 16);

		finish(&ref);
	}
	return NULL;
}

/* turns CALLS: two threads, each call with another key */
static void do_turns(void)
{
	void *calls = (void *)(intptr_t)count();
	pthread_t other;

	if (pthread_create(&other, NULL, thread_of_turns, calls) != 0)
		die("pthread_create");
	(void)thread_of_turns(calls);
	(void)pthread_join(other, NULL);
}

static void wait_inside(void)
{
	BELAY_GUARD(outermost);

	if (!outermost)
		die("the guard was left held");
	for (;;)
		(void)pause();
}

static void look_at_guard(void *data)
{
	BELAY_GUARD(outermost);

	if (!outermost)
		*(bool *)data = true;
}

static void *thread_that_is_cancelled(void *data)
{
	pthread_cleanup_push(look_at_guard, data);
	wait_inside();
	pthread_cleanup_pop(0);
	return NULL;
}

/* The guard is free again when the handlers outside of the wrapper run. */
static void do_cancel(void)
{
	bool held = false;
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_that_is_cancelled, &held) != 0)
		die("pthread_create");
	(void)pthread_cancel(thread);
	(void)pthread_join(thread, NULL);
	if (held)
		die("the guard was left held");
}

extern void *__libc_calloc(size_t count, size_t size);

static __thread bool frugal;

/* libc's own uses come here, too. */
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
	if (frugal)
		abort();
	return __libc_calloc(count, size);
}

static void *thread_without_memory(void *data)
{
	frugal = true;
	pairs_of(3);
	frugal = false;
	return data;
}

/* frugal: a thread whose calls must not allocate; a handler may make them */
static void do_frugal(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_without_memory, NULL) != 0)
		die("pthread_create");
	(void)pthread_join(thread, NULL);
}

/* --- Signals ------------------------------------------------------------- */

static volatile long handled;
static bool forks;

static void child_of_handler(void)
{
	pairs_of(3);
	_exit(0);
}

/* Once: a period shorter than the handler would let nothing else run. */
static void arm(void)
{
	const struct itimerval timer = {{0, 0}, {0, 50}};

	if (setitimer(ITIMER_REAL, &timer, NULL) < 0)
		die("setitimer");
}

static void handle(int signal)
{
	int saved = errno;
	pid_t child;

	(void)signal;
	if (forks) {
		child = fork();
		if (child == 0)
			child_of_handler();
		if (child > 0)
			(void)waitpid(child, NULL, 0);
	} else {
		pairs_of(3);
	}
	handled++;
	arm();
	errno = saved;
}

/* Pairs of the main thread until so many signals came; tells how many. */
static void storm_until(long signals)
{
	const struct sigaction action = {.sa_handler = handle,
					 .sa_flags = SA_RESTART};
	long calls = 0;

	if (sigaction(SIGALRM, &action, NULL) < 0)
		die("sigaction");
	arm();
	while (handled < signals) {
		pairs_of(1);
		calls++;
	}
	(void)signal(SIGALRM, SIG_IGN);
	(void)printf("%ld %ld\n", calls, handled);
	(void)fflush(stdout);
}

static void do_storm(void)
{
	storm_until(count());
}

static void do_forkstorm(void)
{
	forks = true;
	storm_until(count());
}

/* --- Processes ----------------------------------------------------------- */

static void run_verbs(void);

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

/* Whoever opens a file from now on dies of it. */
static void do_confine(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {4, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		die("seccomp");
}

/* --- The rest ------------------------------------------------------------ */

/* Makes Belay say a line. */
static void do_complain(void)
{
	static struct belay_next next = {.symbol = "no_such_symbol"};

	belay_next_missing(&next);
}

/* stderr PATH: closes all descriptors, then has a file of its own as 2 */
static void do_stderr(void)
{
	int fd;

	(void)close(STDERR_FILENO);
	fd = open(*arguments++, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd != STDERR_FILENO)
		die("open");
}

/* Says so, then waits to be killed or for the end of its input. */
static void do_wait(void)
{
	char end;

	(void)puts("waiting");
	(void)fflush(stdout);
	(void)!read(STDIN_FILENO, &end, 1);
}

static void *thread_with_pairs(void *data)
{
	pairs_of(4);
	return data;
}

/* Ends while threads of its own still make calls. */
static void do_leave_threads(void)
{
	pthread_t thread;

	leaving = true;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, thread_of_pairs,
				   (void *)(intptr_t)-1) != 0)
			die("pthread_create");
	for (int i = 0; i < 200; i++) {
		if (pthread_create(&thread, NULL, thread_with_pairs, NULL))
			die("pthread_create");
		(void)pthread_detach(thread);
	}
}

static const struct verb {
	const char *name;
	void (*act)(void);
} verbs[] = {
	{"pairs", do_pairs},
	{"begin", do_begin},
	{"refused", do_refused},
	{"threads", do_threads},
	{"idle-threads", do_idle_threads},
	{"turns", do_turns},
	{"cancel", do_cancel},
	{"frugal", do_frugal},
	{"storm", do_storm},
	{"forkstorm", do_forkstorm},
	{"leave-threads", do_leave_threads},
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
	{"confine", do_confine},
	{"complain", do_complain},
	{"stderr", do_stderr},
	{"wait", do_wait},
};

static void act(const char *name)
{
	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			verbs[i].act();
			return;
		}
	}
	errno = EINVAL;
	die(name);
}

static void run_verbs(void)
{
	while (*arguments && strcmp(*arguments, "}") != 0)
		act(*arguments++);
}

int main(int argc, char **argv)
{
	(void)argc;
	self = "/proc/self/exe";
	arguments = argv + 1;
	run_verbs();
	return 0;
}
