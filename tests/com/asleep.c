/* SPDX-License-Identifier: MIT */
/*
 * asleep.c - whether a thread of this process sleeps
 */
#include "asleep.h"

#include <stdio.h>

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
