/* SPDX-License-Identifier: MIT */
/*
 * exit.c - _exit() and _Exit() end a process well, too
 *
 * Shells and forked workers end so, without running destructors; a session
 * with ten thousand of them would keep as many call tables. A child after
 * vfork also ends so, in its parent's memory: it is told apart by its process
 * id, which is asked for here and nowhere else.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"
#include "session.h"

#define EXPORT __attribute__((visibility("default")))

static void (*next_exit)(int status) __attribute__((noreturn));

__attribute__((constructor)) static void find(void)
{
	*(void **)&next_exit = dlsym(RTLD_NEXT, "_exit");
}

EXPORT void _exit(int status)
{
	if (belayi_process.own && (uint32_t)getpid() == belayi_process.pid)
		belayi_session_end();
	if (next_exit)
		next_exit(status);
	for (;;)
		(void)syscall(SYS_exit_group, status);
}

EXPORT void _Exit(int status)
{
	_exit(status);
}
