/* SPDX-License-Identifier: MIT */
/*
 * libraries.c - prints the libraries that a program would be loaded with
 */
#include <stdio.h>

#include "libraries.h"

int main(int argc, char **argv)
{
	struct libraries libraries = {0};

	if (argc != 2)
		return 2;
	libraries_find(&libraries, argv[1]);
	for (size_t i = 0; i < libraries.count; i++)
		printf("%s %s\n", libraries.list[i].name,
		       libraries.list[i].path);
	libraries_deinit(&libraries);
	return 0;
}
