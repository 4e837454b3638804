/* SPDX-License-Identifier: MIT */
/*
 * launch.c - runs a program as if its parent had run it
 *
 * The program stays in our process group, so what the terminal sends reaches
 * it without us. What others send to us alone is passed on.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int passed_on[] = {
	SIGHUP,  SIGINT,    SIGQUIT, SIGUSR1,  SIGUSR2, SIGALRM,
	SIGTERM, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO,   SIGPWR,
	SIGCONT, SIGTSTP,   SIGTTIN, SIGTTOU,  SIGURG,  SIGXCPU,
};

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(set, passed_on[i]);
	for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
		sigaddset(set, i);
}

/*
 * vfork(), because copying even this small a process costs more than all else
 * that we do; the child shares our memory until it executes.
 */
static pid_t spawn(const char *path, char *const *argv,
		   char *const *environment, const struct launch *launch,
		   volatile int *error)
{
	pid_t pid = vfork();

	if (pid != 0)
		return pid;
	if (launch->ignores_children)
		(void)signal(SIGCHLD, SIG_IGN);
	if (!launch->ignores_pipe)
		(void)signal(SIGPIPE, SIG_DFL);
	if (!launch->ignores_size)
		(void)signal(SIGXFSZ, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &launch->mask, NULL);
	(void)execve(path, argv, environment);
	*error = errno;
	_exit(127);
}

/* A script without "#!" is the shell's, as execvp() has it. */
static pid_t spawn_script(const char *path, char *const *argv,
			  char *const *environment, const struct launch *launch,
			  volatile int *error)
{
	size_t n = 0;
	char **shell;
	pid_t pid;

	while (argv[n])
		n++;
	shell = calloc(n + 2, sizeof(*shell));
	if (!shell)
		return -1;
	shell[0] = (char *)"/bin/sh";
	shell[1] = (char *)path;
	for (size_t i = 1; i <= n; i++)
		shell[i + 1] = argv[i];
	pid = spawn(shell[0], shell, environment, launch, error);
	free(shell);
	return pid;
}

void launch_init(struct launch *launch)
{
	*launch = (struct launch){0};
	launch->ignores_children = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
	launch->ignores_pipe = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
	launch->ignores_size = signal(SIGXFSZ, SIG_IGN) == SIG_IGN;
}

int launch_start(const char *path, char *const *argv, char *const *environment,
		 struct launch *launch)
{
	volatile int error = 0;
	sigset_t watched;

	watched_signals(&watched);
	(void)sigprocmask(SIG_BLOCK, &watched, &launch->mask);
	(void)sigpending(&launch->early);
	launch->pid = spawn(path, argv, environment, launch, &error);
	if (launch->pid < 0)
		return errno;
	if (error == ENOEXEC) {
		(void)waitpid(launch->pid, NULL, 0);
		error = 0;
		launch->pid =
			spawn_script(path, argv, environment, launch, &error);
		if (launch->pid < 0)
			return ENOMEM;
	}
	if (error)
		(void)waitpid(launch->pid, NULL, 0);
	return error;
}

/*
 * The terminal's signals reach the whole foreground group, the program too.
 * A timer's (SIGALRM and others, set before we were executed) only reach us.
 */
static bool came_to_both(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGINT:
	case SIGQUIT:
	case SIGHUP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
	case SIGCONT:
		return info->si_code == SI_KERNEL;
	default:
		return false;
	}
}

static void pass_on(struct launch *launch, const siginfo_t *info)
{
	bool early = sigismember(&launch->early, info->si_signo) == 1;

	(void)sigdelset(&launch->early, info->si_signo);
	if (!early && came_to_both(info))
		return;
	if (info->si_code == SI_QUEUE)
		(void)sigqueue(launch->pid, info->si_signo, info->si_value);
	else
		(void)kill(launch->pid, info->si_signo);
}

static bool on_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	bool foreground = fd >= 0 && tcgetpgrp(fd) == getpgrp();

	if (fd >= 0)
		(void)close(fd);
	return foreground;
}

/*
 * Whoever waits for us is to see a job that has stopped. But a SIGSTOP that a
 * program other than a terminal's shell sent to the program itself, it will
 * also end there: then nobody would wake us.
 */
static void stop_too(const struct launch *launch, int number)
{
	if (number == SIGSTOP && !on_terminal())
		return;
	(void)raise(SIGSTOP);
	(void)kill(launch->pid, SIGCONT);
}

/* Return: whether it has ended. */
static bool look_at_child(const struct launch *launch, int *status)
{
	while (waitpid(launch->pid, status, WNOHANG | WUNTRACED) > 0) {
		if (!WIFSTOPPED(*status))
			return true;
		stop_too(launch, WSTOPSIG(*status));
	}
	return false;
}

int launch_wait(struct launch *launch, bool (*look)(void *data), void *data)
{
	const struct timespec second = {.tv_sec = 1};
	sigset_t watched;
	siginfo_t info;
	int status, number;

	watched_signals(&watched);
	for (;;) {
		if (look_at_child(launch, &status))
			return status;
		number = sigtimedwait(&watched, &info, look ? &second : NULL);
		if (number > 0 && number != SIGCHLD)
			pass_on(launch, &info);
		else if (look && number < 0 && errno == EAGAIN && !look(data))
			look = NULL;
	}
}

/* The program's core is the one that matters: we leave none beside it. */
void launch_end(const struct launch *launch, int status)
{
	const struct rlimit none = {0, 0};
	sigset_t set;
	int number;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	number = WTERMSIG(status);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(number, SIG_DFL);
	(void)kill(getpid(), number);
	set = launch->mask;
	(void)sigdelset(&set, number);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	exit(128 + number);
}
