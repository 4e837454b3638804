/* SPDX-License-Identifier: MIT */
/*
 * launch.h - runs a program as if its parent had run it
 *
 * Signals that reach us reach the program; when it stops, we stop; how it ends,
 * we end.
 */
#ifndef BELAY_TOOLS_LAUNCH_H
#define BELAY_TOOLS_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* struct launch - one program at a time */
struct launch {
	pid_t pid;
	sigset_t mask;         /* as we got it */
	sigset_t early;        /* came before there was a program */
	bool ignores_children; /* SIGCHLD was ignored */
	bool ignores_pipe;     /* SIGPIPE was ignored */
	bool ignores_size;     /* SIGXFSZ was ignored */
};

/*
 * launch_init() - makes this process safe to do so
 *
 * What we write to a closed stderr, or to a file at the limit of its size,
 * must not end us, nor our program.
 */
void launch_init(struct launch *launch);

/*
 * launch_start() - starts it
 *
 * Return: 0, or the errno of the exec.
 */
int launch_start(const char *path, char *const *argv, char *const *environment,
		 struct launch *launch);

/*
 * launch_wait() - waits for its end
 *
 * look: NULL, or called about once a second until it returns false
 * Return: what waitpid() says.
 */
int launch_wait(struct launch *launch, bool (*look)(void *data), void *data);

/* launch_end() - ends this process the way the program ended */
_Noreturn void launch_end(const struct launch *launch, int status);

#endif
