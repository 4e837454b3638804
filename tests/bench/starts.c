/* SPDX-License-Identifier: MIT */
/*
 * starts.c - how long a program takes from posix_spawn() to its end
 *
 *     starts COUNT COMMAND ARGUMENT...
 *
 * Prints the smallest and the median time, in ns. BENCH_PRELOAD becomes
 * LD_PRELOAD of the command only, or this program would pay, too.
 */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chunks.h"

static struct chunks chunks;

static void start(char **command)
{
	uint64_t started = chunks_now();
	pid_t pid;
	int status;

	if (posix_spawn(&pid, command[0], NULL, NULL, command, environ) != 0)
		abort();
	if (waitpid(pid, &status, 0) != pid || status != 0)
		abort();
	chunks_add(&chunks, started, 1);
}

int main(int argc, char **argv)
{
	const char *preload = getenv("BENCH_PRELOAD");
	unsigned int count = argc > 2 ? (unsigned int)atoi(argv[1]) : 0;

	if (count == 0)
		return 2;
	if (preload != NULL)
		(void)setenv("LD_PRELOAD", preload, 1);
	for (unsigned int i = 0; i < count; i++)
		start(argv + 2);
	chunks_print(&chunks);
	return 0;
}
