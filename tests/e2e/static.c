/* SPDX-License-Identifier: MIT */
/*
 * static.c - a program without a loader that could preload anything
 *
 * It executes its arguments, if there are any.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1)
		(void)execv(argv[1], argv + 1);
	return 3;
}
