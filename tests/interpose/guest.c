/* SPDX-License-Identifier: MIT */
/*
 * guest.c - a program with an adapter inside, told what to do
 *
 * Its arguments are verbs, done in their order: see the tables at the end
 * of guest*.c. A verb that ends with "{" starts a process, which does the verbs up to the
 * next "}" and ends; the guest waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <belay/adapter.h>

#include "guest.h"
#include "guest_verbs.h"

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

char **arguments;
bool leaving;

void die(const char *what)
{
	(void)fprintf(stdout, "guest: %s: %s\n", what, strerror(errno));
	exit(99);
}

long count(void)
{
	return *arguments ? strtol(*arguments++, NULL, 0) : 1;
}

struct belay_ref begin(uint64_t key)
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

void finish(const struct belay_ref *ref)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 1};

	(void)belay_adapter_finished(ref, &outcome);
	if (errno != 77)
		die("errno was changed");
}

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

/* Their key is a stack address: no two threads have the same. */
void pairs_of(long calls)
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

static const struct verb verbs[] = {
	{"pairs", do_pairs},       {"begin", do_begin},
	{"refused", do_refused},   {"confine", do_confine},
	{"complain", do_complain}, {"stderr", do_stderr},
	{"wait", do_wait},         {NULL, NULL},
};

static const struct verb *const tables[] = {
	verbs,
	thread_verbs,
	signal_verbs,
	process_verbs,
};

static void act(const char *name)
{
	for (unsigned int i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		for (const struct verb *v = tables[i]; v->name; v++) {
			if (strcmp(v->name, name) == 0) {
				v->act();
				return;
			}
		}
	}
	errno = EINVAL;
	die(name);
}

void run_verbs(void)
{
	while (*arguments && strcmp(*arguments, "}") != 0)
		act(*arguments++);
}

int main(int argc, char **argv)
{
	(void)argc;
	arguments = argv + 1;
	run_verbs();
	return 0;
}
