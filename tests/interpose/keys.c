/* SPDX-License-Identifier: MIT */
/*
 * keys.c - a library that takes thread-specific keys before Belay starts
 */
#include <pthread.h>
#include <stdlib.h>

__attribute__((constructor)) static void take(void)
{
	pthread_key_t key;

	for (int i = 0; i < 40; i++)
		if (pthread_key_create(&key, NULL) != 0)
			abort();
}
