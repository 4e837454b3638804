/* SPDX-License-Identifier: MIT */
/*
 * quiet.h - parts that nothing of the program's may come in the middle of
 *
 * No signal handler runs on this thread, and it is not cancelled: what opens
 * files is a cancellation point, the wrapped function need not be one.
 */
#ifndef BELAYI_QUIET_H
#define BELAYI_QUIET_H

#include <pthread.h>
#include <signal.h>

struct belayi_quiet {
	sigset_t signals;
	int cancel_state;
};

static inline void belayi_quiet_begin(struct belayi_quiet *quiet)
{
	sigset_t all;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE,
				     &quiet->cancel_state);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &quiet->signals);
}

static inline void belayi_quiet_end(const struct belayi_quiet *quiet)
{
	(void)pthread_sigmask(SIG_SETMASK, &quiet->signals, NULL);
	(void)pthread_setcancelstate(quiet->cancel_state, NULL);
}

#endif
