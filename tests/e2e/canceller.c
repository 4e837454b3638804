/* SPDX-License-Identifier: MIT */
/*
 * canceller.c - one thread waits in Finish, another one cancels: again and again
 *
 *     canceller ROUNDS
 *
 * Then it prints "finished" and waits for the end of its standard input.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <belay/call.h>

static uint32_t number;
static const struct belay_operation work = {
	.size = sizeof(work),
	.number = &number,
	.api = "test",
	.name = "work",
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

static struct belay_call call;
static pthread_barrier_t barrier;
static int rounds;

static void meet(void)
{
	(void)pthread_barrier_wait(&barrier);
}

static void *cancel(void *unused)
{
	(void)unused;
	for (int i = 0; i < rounds; i++) {
		struct belay_ref ref;

		meet();
		if (belay_call_query_cancel(&call, &work, &ref) != S_OK ||
		    belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION) != S_OK)
			abort();
		meet();
	}
	return NULL;
}

static void finish(void)
{
	const struct belay_begin begin = {.operation = &work};
	struct belay_outcome outcome;
	struct belay_ref ref;

	if (belay_call_begin(&call, &begin, &ref) != S_OK ||
	    !belay_call_accept(&ref))
		abort();
	meet();
	if (belay_call_finish(&call, &work, &outcome) != S_OK ||
	    outcome.ending != BELAY_CANCELED)
		abort();
	meet();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char c;

	rounds = argc > 1 ? atoi(argv[1]) : 1;
	belay_call_init(&call);
	if (pthread_barrier_init(&barrier, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, cancel, NULL) != 0)
		return 1;
	for (int i = 0; i < rounds; i++)
		finish();
	(void)pthread_join(thread, NULL);
	puts("finished");
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
