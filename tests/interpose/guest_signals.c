/* SPDX-License-Identifier: MIT */
/*
 * guest_signals.c - what a guest does while signals come
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_verbs.h"

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

const struct verb signal_verbs[] = {
	{"storm", do_storm},
	{"forkstorm", do_forkstorm},
	{NULL, NULL},
};
