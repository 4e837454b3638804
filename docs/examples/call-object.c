/* SPDX-License-Identifier: MIT */
/*
 * call-object.c - an asynchronous call of a program's own, and its cancel
 *
 *     cc -o call-object call-object.c $(pkg-config --cflags --libs belay-call)
 *     belay trace -o /tmp/trace -- ./call-object
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <belay/call.h>

/* What kind of call it is: "sheep.count", which can be cancelled. */
static uint32_t number;
static const struct belay_operation counting = {
	.size = sizeof(counting),
	.number = &number,
	.api = "sheep",
	.name = "count",
	.arguments = {{"flock", BELAY_ARGUMENT_UINT}},
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

static void say(const char *what, HRESULT hr)
{
	printf("%-14s 0x%08X\n", what, (unsigned int)hr);
}

/* The other side: it counts until it is asked to stop, and answers too late. */
static void *count_sheep(void *argument)
{
	const struct belay_ref *ref = argument;
	struct belay_outcome outcome = {BELAY_SUCCEEDED, S_OK, 0};

	while (belay_call_test_cancel(ref) == RPC_S_CALLPENDING) {
		outcome.result++;
		usleep(1000);
	}
	if (!belay_call_complete(ref, &outcome))
		puts("the late answer was ignored");
	return NULL;
}

int main(void)
{
	const struct belay_begin begin = {&counting, .args = {1000000}};
	struct belay_outcome outcome = {0};
	struct belay_ref ref, second, cancel;
	struct belay_call call;
	pthread_t worker;
	HRESULT hr;

	/* Begin_: the call is known first, then the other side gets it. It fails
	 * where a rule says so: there is no call, then. */
	belay_call_init(&call);
	hr = belay_call_begin(&call, &begin, &ref);
	say("Begin_", hr);
	if (hr != S_OK)
		return 1;
	if (pthread_create(&worker, NULL, count_sheep, &ref) != 0) {
		(void)belay_call_refuse(&ref, E_FAIL);
		return 1;
	}
	(void)belay_call_accept(&ref);

	/* A call object serves one call at a time: RPC_E_CALL_PENDING. */
	say("second Begin_", belay_call_begin(&call, &begin, &second));

	/* Not every call can be cancelled: asking is how one finds out. */
	say("query cancel", belay_call_query_cancel(&call, &counting, &cancel));
	say("Cancel", belay_call_cancel(&cancel, 0, BELAY_BY_APPLICATION));
	(void)pthread_join(worker, NULL);

	/* Cancel does not end the call. Finish_ does: RPC_E_CALL_CANCELED. */
	say("Finish_", belay_call_finish(&call, &counting, &outcome));
	say("its status", outcome.status);
	return 0;
}
