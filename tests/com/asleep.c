/* SPDX-License-Identifier: MIT */
/*
 * asleep.c - whether a thread of this process sleeps
 */
#include "asleep.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_S 30

bool thread_is_asleep(pid_t thread)
{
	char path[64];
	char state = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	(void)fclose(file);
	return state == 'S';
}

void thread_await_sleep(pid_t thread)
{
	const time_t end = time(NULL) + PATIENCE_S;

	while (!thread_is_asleep(thread)) {
		if (time(NULL) > end)
			abort();
		(void)sched_yield();
	}
}
