/* SPDX-License-Identifier: MIT */
/*
 * null_stress.c - makes a known number of calls, from known threads
 *
 *     null_stress THREADS CALLS [IN_FLIGHT [WAVES]]
 *
 * THREADS threads live at once; each makes CALLS calls, IN_FLIGHT of them at
 * a time (default 1), every seventh is turned down by the API besides. All of
 * it WAVES times over (default 1), with new threads. Fails if the API answers
 * anything else than it does by itself.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "null.h"

static unsigned int threads_count, calls, in_flight = 1, waves = 1;
static pthread_barrier_t all_alive;

static void batch(struct null_op *ops, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		ops[i].pending = 1;
		if (null_begin(&ops[i], (long)i) != 1)
			abort();
		if (null_poll(&ops[i]) != 1)
			abort();
	}
	for (unsigned int i = 0; i < count; i++) {
		ops[i].pending = 0;
		if (i % 2 == 0 && null_poll(&ops[i]) != 0)
			abort();
		if (null_finish(&ops[i]) != 1)
			abort();
	}
}

static void refused(struct null_op *op)
{
	errno = 0;
	if (null_begin(op, -1) != -1 || errno != EINVAL)
		abort();
}

static void *work(void *data)
{
	struct null_op *ops = calloc(in_flight, sizeof(*ops));

	if (ops == NULL)
		abort();
	(void)pthread_barrier_wait(&all_alive);
	for (unsigned int made = 0; made < calls; made += in_flight) {
		unsigned int left = calls - made;

		batch(ops, left < in_flight ? left : in_flight);
		if (made / in_flight % 7 == 6)
			refused(&ops[0]);
	}
	(void)pthread_barrier_wait(&all_alive);
	free(ops);
	return data;
}

static void wave(pthread_t *threads)
{
	pthread_attr_t attributes;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, 65536);
	for (unsigned int i = 0; i < threads_count; i++)
		if (pthread_create(&threads[i], &attributes, work, NULL) != 0)
			abort();
	for (unsigned int i = 0; i < threads_count; i++)
		(void)pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	unsigned int *const settings[] = {&threads_count, &calls, &in_flight,
					  &waves};
	pthread_t *threads;

	for (int i = 1; i < argc && i <= 4; i++)
		*settings[i - 1] = (unsigned int)atoi(argv[i]);
	if (threads_count == 0 || calls == 0 || in_flight == 0)
		return 2;
	threads = calloc(threads_count, sizeof(*threads));
	if (threads == NULL)
		return 1;
	(void)pthread_barrier_init(&all_alive, NULL, threads_count);
	for (unsigned int i = 0; i < waves; i++)
		wave(threads);
	free(threads);
	return 0;
}
