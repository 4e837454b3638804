/* SPDX-License-Identifier: MIT */
/*
 * version.c - what the oldest version of lio_listio does differently
 */
#include "case.h"

#ifndef OLD_VERSIONS

void version_cases(void)
{
}

#else

#include <signal.h>
#include <unistd.h>

extern __typeof__(lio_listio) lio_listio_2_2_5;

void version_cases(void)
{
	struct aiocb cb;
	struct aiocb *list[] = {&cb};
	char byte = 0;
	int fd = new_file("x");
	sigset_t set;

	/* Since it is in libc, the list of 2.2.5 waits no more, and notifies. */
	begin_case("a list of glibc 2.2.5");
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGRTMIN + 3);
	prepare(&cb, fd, &byte, 1, 0);
	cb.aio_lio_opcode = LIO_READ;
	cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	cb.aio_sigevent.sigev_signo = SIGRTMIN + 3;
	CALL(lio_listio_2_2_5(LIO_WAIT, list, 1, NULL), 0, 0);
	got("notification", cb.aio_sigevent.sigev_notify, ANY);
	if (cb.aio_sigevent.sigev_notify == SIGEV_SIGNAL)
		got("signal", sigwaitinfo(&set, NULL) - SIGRTMIN, 3);
	ends(&cb, 0, 1);
	CALL(lio_listio_2_2_5(77, list, 1, NULL), -1, EINVAL);

	begin_case("a list of glibc 2.4");
	cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	CALL(lio_listio(LIO_WAIT, list, 1, NULL), 0, 0);
	got("notification", cb.aio_sigevent.sigev_notify, SIGEV_SIGNAL);
	got("signal", sigwaitinfo(&set, NULL) - SIGRTMIN, 3);
	ends(&cb, 0, 1);
	(void)close(fd);
}

#endif
