/* SPDX-License-Identifier: MIT */
/*
 * stress.c - threads that do anything to shared call objects, in any order
 *
 * Whatever they do, each Begin_ that succeeded gets exactly one outcome from
 * exactly one Finish_, each is signaled once, nothing hangs, nothing is left.
 *
 * Usage: stress ROUNDS [SEED]
 */
#define COBJMACROS
#include <stdlib.h>
#include <unistd.h>

#include "acceptance.h"

#define THREADS 4
#define SHARED 6

/* A call object that all threads use. */
struct shared {
	AsyncICalc *call;
	struct outer *outer; /* NULL: it is not aggregated */
	int begun;
	int finished;
};

struct crowd {
	struct shared shared[SHARED];
	struct pairing pairing;
	int rounds;
};

struct member {
	struct crowd *crowd;
	unsigned int seed;
	int wrong; /* answers that no call object may give */
};

static unsigned int rounds = 300;
static unsigned int first_seed = 1;

static unsigned int pick(unsigned int *seed, unsigned int choices)
{
	return (unsigned int)rand_r(seed) % choices;
}

static HRESULT begin_any(AsyncICalc *call, unsigned int *seed)
{
	LONG value = 1;

	switch (pick(seed, 5)) {
	case 0:
		return AsyncICalc_Begin_Add(call, 1, 2);
	case 1:
		return AsyncICalc_Begin_Slow(call, pick(seed, 3));
	case 2:
		return AsyncICalc_Begin_Fail(call, E_ABORT);
	case 3:
		return AsyncICalc_Begin_Next(call, &value);
	default:
		return AsyncICalc_Begin_Upper(call, "text");
	}
}

#define FINISHES 5

/* Returns RPC_E_CALL_COMPLETE where another method, or none, was begun. */
static HRESULT finish_one(AsyncICalc *call, unsigned int which)
{
	char *text = NULL;
	ULONG slept;
	LONG value;
	HRESULT hr;

	switch (which) {
	case 0:
		return AsyncICalc_Finish_Add(call, &value);
	case 1:
		return AsyncICalc_Finish_Slow(call, &slept);
	case 2:
		return AsyncICalc_Finish_Fail(call, &value);
	case 3:
		return AsyncICalc_Finish_Next(call, &value);
	default:
		hr = AsyncICalc_Finish_Upper(call, &text);
		CoTaskMemFree(text);
		return hr;
	}
}

static bool is_outcome(HRESULT hr)
{
	return hr == S_OK || hr == E_ABORT || hr == RPC_E_CALL_CANCELED;
}

static void count_finish(struct member *member, struct shared *shared,
			 HRESULT hr)
{
	if (is_outcome(hr))
		(void)__atomic_add_fetch(&shared->finished, 1,
					 __ATOMIC_ACQ_REL);
	else if (hr != RPC_E_CALL_COMPLETE)
		member->wrong++;
}

static void count_begin(struct member *member, struct shared *shared,
			HRESULT hr)
{
	if (hr == S_OK)
		(void)__atomic_add_fetch(&shared->begun, 1, __ATOMIC_ACQ_REL);
	else if (hr != RPC_E_CALL_PENDING)
		member->wrong++;
}

static void cancel_any(struct member *member, AsyncICalc *call)
{
	ICancelMethodCalls *cancel = NULL;
	HRESULT hr = AsyncICalc_QueryInterface(call, &IID_ICancelMethodCalls,
					       (void **)&cancel);

	if (hr != S_OK) {
		member->wrong++;
		return;
	}
	hr = ICancelMethodCalls_Cancel(cancel, pick(&member->seed, 2));
	if (hr != S_OK && hr != RPC_E_CALL_COMPLETE &&
	    hr != RPC_E_CALL_CANCELED)
		member->wrong++;
	hr = ICancelMethodCalls_TestCancel(cancel);
	if (hr != RPC_S_CALLPENDING && hr != RPC_E_CALL_COMPLETE &&
	    hr != RPC_E_CALL_CANCELED)
		member->wrong++;
	ICancelMethodCalls_Release(cancel);
}

static void wait_any(struct member *member, AsyncICalc *call)
{
	ISynchronize *sync = NULL;
	HRESULT hr;

	if (AsyncICalc_QueryInterface(call, &IID_ISynchronize,
				      (void **)&sync) != S_OK) {
		member->wrong++;
		return;
	}
	hr = ISynchronize_Wait(sync, 0, pick(&member->seed, 4));
	if (hr != S_OK && hr != RPC_S_CALLPENDING)
		member->wrong++;
	ISynchronize_Release(sync);
}

static void act(struct member *member)
{
	struct crowd *crowd = member->crowd;
	struct shared *shared = &crowd->shared[pick(&member->seed, SHARED)];
	AsyncICalc *call = shared->call;

	AsyncICalc_AddRef(call);
	switch (pick(&member->seed, 8)) {
	case 0:
	case 1:
	case 2:
		count_begin(member, shared, begin_any(call, &member->seed));
		break;
	case 3:
	case 4:
	case 5:
		count_finish(member, shared,
			     finish_one(call, pick(&member->seed, FINISHES)));
		break;
	case 6:
		cancel_any(member, call);
		break;
	default:
		wait_any(member, call);
		break;
	}
	AsyncICalc_Release(call);
}

/* A call object of its own, left in whatever state it is in. */
static void abandon(struct member *member)
{
	AsyncICalc *call = pairing_call(&member->crowd->pairing);

	(void)begin_any(call, &member->seed);
	if (pick(&member->seed, 2))
		cancel_any(member, call);
	if (pick(&member->seed, 2))
		wait_any(member, call);
	AsyncICalc_Release(call);
}

static void join_in(void *data)
{
	struct member *member = data;

	for (int i = 0; i < member->crowd->rounds; i++) {
		act(member);
		if (pick(&member->seed, 16) == 0)
			abandon(member);
	}
}

/* What nobody finished is finished now; then it has to be even. */
static void settle(struct shared *shared)
{
	for (unsigned int i = 0; i < FINISHES; i++)
		if (is_outcome(finish_one(shared->call, i)))
			shared->finished++;
	assert_int_equal(shared->begun, shared->finished);
	if (shared->outer)
		assert_int_equal(shared->outer->signals, shared->begun);
	AsyncICalc_Release(shared->call);
	if (shared->outer)
		IUnknown_Release(&shared->outer->unknown);
}

static void run_crowd(unsigned int flags)
{
	struct acceptance_thread threads[THREADS];
	struct member members[THREADS];
	struct crowd crowd = {0};

	crowd.rounds = (int)rounds;
	pairing_start(&crowd.pairing, MTA_TO_STA, flags);
	for (int i = 0; i < SHARED; i++) {
		struct shared *shared = &crowd.shared[i];

		if (i % 2)
			shared->outer = pairing_outer(&crowd.pairing);
		shared->call = shared->outer ? AS(shared->outer, AsyncICalc)
					     : pairing_call(&crowd.pairing);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		members[i] = (struct member){&crowd, first_seed * 100 + i, 0};
		acceptance_spawn(&threads[i], join_in, &members[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		acceptance_join(&threads[i]);
		assert_int_equal(members[i].wrong, 0);
	}
	for (int i = 0; i < SHARED; i++)
		settle(&crowd.shared[i]);
	calc_open(crowd.pairing.calc);
	pairing_stop(&crowd.pairing);
}

static void many_threads_share_calls_to_a_synchronous_server(void **state)
{
	(void)state;
	run_crowd(0);
}

static void many_threads_share_calls_to_an_asynchronous_server(void **state)
{
	(void)state;
	run_crowd(CALC_ASYNC);
}

static void many_threads_share_calls_to_a_deaf_server(void **state)
{
	(void)state;
	run_crowd(CALC_ASYNC | CALC_DEAF);
}

/* --- Many single-threaded clients of one multithreaded server ------------- */

struct client {
	struct pairing *pairing;
	IStream *stream;
	unsigned int seed;
	int wrong;
	int even; /* calls begun less calls finished */
};

static void call_from_sta(struct client *client, struct pairing *own)
{
	struct crowd crowd = {.pairing = *own};
	struct member member = {&crowd, client->seed, 0};

	for (unsigned int i = 0; i < rounds; i++) {
		struct shared shared = {pairing_call(own), NULL, 0, 0};

		for (int j = 0; j < 3; j++) {
			count_begin(&member, &shared,
				    begin_any(shared.call, &member.seed));
			if (pick(&member.seed, 3) == 0)
				cancel_any(&member, shared.call);
			for (unsigned int k = 0; k < FINISHES; k++)
				count_finish(&member, &shared,
					     finish_one(shared.call, k));
		}
		client->even += shared.begun - shared.finished;
		(void)begin_any(shared.call, &member.seed);
		AsyncICalc_Release(shared.call);
	}
	client->wrong = member.wrong;
}

static void *client_thread(void *data)
{
	struct client *client = data;
	struct pairing own = {0};

	if (CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) != S_OK)
		abort();
	if (CoGetInterfaceAndReleaseStream(client->stream, &IID_ICalc,
					   (void **)&own.object) != S_OK)
		abort();
	call_from_sta(client, &own);
	IUnknown_Release(own.object);
	CoUninitialize();
	return NULL;
}

static void many_apartments_call_one_server(void **state)
{
	struct client clients[THREADS];
	pthread_t threads[THREADS];
	struct pairing pairing;

	(void)state;
	pairing_start(&pairing, STA_TO_MTA, CALC_ASYNC);
	for (unsigned int i = 0; i < THREADS; i++) {
		clients[i] =
			(struct client){&pairing, NULL, first_seed + i, 0, 0};
		assert_int_equal(
			CoMarshalInterThreadInterfaceInStream(
				&IID_ICalc, pairing.object, &clients[i].stream),
			S_OK);
		assert_int_equal(pthread_create(&threads[i], NULL,
						client_thread, &clients[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(clients[i].wrong, 0);
		assert_int_equal(clients[i].even, 0);
	}
	calc_open(pairing.calc);
	pairing_stop(&pairing);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			many_threads_share_calls_to_a_synchronous_server),
		cmocka_unit_test(
			many_threads_share_calls_to_an_asynchronous_server),
		cmocka_unit_test(many_threads_share_calls_to_a_deaf_server),
		cmocka_unit_test(many_apartments_call_one_server),
	};

	if (argc > 1)
		rounds = (unsigned int)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = (unsigned int)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
