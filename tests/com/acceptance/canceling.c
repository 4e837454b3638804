/* SPDX-License-Identifier: MIT */
/*
 * canceling.c - Cancel of call objects: 42 to 57, 64
 */
#define COBJMACROS
#include "acceptance.h"
#include "asleep.h"
#include "slow.h"

#include <unistd.h>

static void check_finish(AsyncICalc *call, HRESULT expected)
{
	uint64_t start = calc_now_ms();

	slow_finish(call, expected);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
}

static void cancel_abandons_at_once(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	uint64_t start = calc_now_ms();

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	assert_int_equal(calc_count(p->calc, left), 0);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void a_canceled_call_says_so(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(ask_wait(call, 0), S_OK);
	assert_int_equal(ask_test_cancel(call), RPC_E_CALL_CANCELED);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

/* The heart of the contract: after Cancel, Finish_ is still due. */
static void begin_is_refused_until_finish(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	LONG value = 1;
	LONG sum = 0;

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(AsyncICalc_Begin_Slow(call, 0), RPC_E_CALL_PENDING);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), RPC_E_CALL_PENDING);
	assert_int_equal(AsyncICalc_Begin_Next(call, &value),
			 RPC_E_CALL_PENDING);
	check_finish(call, RPC_E_CALL_CANCELED);
	calc_open(p->calc);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 3);
	AsyncICalc_Release(call);
}

static void cancel_waits_for_the_server(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	struct slow_opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;
	uint64_t start = calc_now_ms();

	acceptance_spawn(&thread, slow_open_when_asleep, &opener);
	assert_int_equal(ask_cancel(call, 20), RPC_E_CALL_COMPLETE);
	assert_true(__atomic_load_n(&opener.opened, __ATOMIC_ACQUIRE));
	assert_in_range(calc_now_ms() - start, 0, 10000);
	check_finish(call, S_OK);
	acceptance_join(&thread);
	AsyncICalc_Release(call);
}

static void cancel_gives_up_waiting(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	uint64_t start = calc_now_ms();

	assert_int_equal(ask_cancel(call, 1), S_OK);
	assert_in_range(calc_now_ms() - start, 990, 1000 + AT_ONCE_MS);
	check_finish(call, RPC_E_CALL_CANCELED);
	calc_open(p->calc);
	calc_await(p->calc, left, 1);
	AsyncICalc_Release(call);
}

static void cancel_waits_for_ever(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	struct slow_opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;

	acceptance_spawn(&thread, slow_open_when_asleep, &opener);
	assert_int_equal(ask_cancel(call, (ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(calc_count(p->calc, left), 1);
	check_finish(call, S_OK);
	acceptance_join(&thread);
	AsyncICalc_Release(call);
}

static void cancel_comes_too_late(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum = 0;

	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 3);
	AsyncICalc_Release(call);
}

static void a_second_cancel_says_so(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_CANCELED);
	assert_int_equal(ask_cancel(call, 1), RPC_E_CALL_CANCELED);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void cancel_needs_a_begin(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum;

	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	AsyncICalc_Release(call);
}

struct second {
	AsyncICalc *call;
	pid_t client;
};

static void cancel_when_asleep(void *data)
{
	struct second *second = data;

	thread_await_sleep(second->client);
	assert_int_equal(ask_cancel(second->call, 0), S_OK);
}

static void cancel_releases_a_finisher(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	struct second second = {call, gettid()};
	struct acceptance_thread thread;

	acceptance_spawn(&thread, cancel_when_asleep, &second);
	slow_finish(call, RPC_E_CALL_CANCELED);
	acceptance_join(&thread);
	assert_int_equal(calc_count(p->calc, left), 0);
	AsyncICalc_Release(call);
}

static void test_cancel_before(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);

	assert_int_equal(ask_test_cancel(call), RPC_S_CALLPENDING);
	calc_open(p->calc);
	check_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static void the_server_sees_it(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);

	calc_await(p->calc, looks, 3);
	assert_int_equal(calc_count(p->calc, canceled), 0);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	calc_await(p->calc, canceled, 1);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void the_server_stops_and_is_finished(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	LONG sum;

	assert_int_equal(ask_cancel(call, 0), S_OK);
	calc_await(p->calc, finished, 1);
	check_finish(call, RPC_E_CALL_CANCELED);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 3);
	AsyncICalc_Release(call);
}

/* What the server answers to the cancel in time is its outcome. */
static void the_servers_own_cancel_is_an_outcome(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	ULONG slept;

	assert_int_equal(ask_cancel(call, 20), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static HRESULT query_cancel(AsyncICalc *call)
{
	ICancelMethodCalls *cancel = (ICancelMethodCalls *)call;
	HRESULT hr = AsyncICalc_QueryInterface(call, &IID_ICancelMethodCalls,
					       (void **)&cancel);

	if (hr == S_OK)
		ICancelMethodCalls_Release(cancel);
	else
		assert_null(cancel);
	return hr;
}

static void a_call_object_may_lack_cancel(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);

	assert_int_equal(query_cancel(call), E_NOINTERFACE);
	calc_open(p->calc);
	check_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static void a_call_object_may_have_cancel(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	ULONG slept;

	assert_int_equal(query_cancel(call), S_OK);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
	assert_int_equal(calc_count(p->calc, canceled), 1);
	AsyncICalc_Release(call);
}

/* From Begin_ on, and until Finish_ has returned. */
static void a_standard_call_has_cancel(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	assert_int_equal(query_cancel(call), S_OK);
	AsyncICalc_Release(call);
	call = slow_begun(p);
	assert_int_equal(query_cancel(call), S_OK);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(query_cancel(call), S_OK);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void release_is_no_cancel(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);

	AsyncICalc_Release(call);
	calc_await(p->calc, looks, calc_count(p->calc, looks) + 3);
	assert_int_equal(calc_count(p->calc, canceled), 0);
	calc_open(p->calc);
	calc_await(p->calc, left, 1);
	assert_int_equal(calc_count(p->calc, canceled), 0);
}

#define BLOCKED (CALC_ASYNC | CALC_DEAF)

const struct statement statements[] = {
	{42, "Cancel(0) abandons the call at once", cancel_abandons_at_once,
	 STANDARD, BLOCKED},
	{42, "Cancel(0) abandons a synchronous server's call",
	 cancel_abandons_at_once, STANDARD, CALC_DEAF},
	{43, "A cancelled call says so", a_canceled_call_says_so, STANDARD,
	 BLOCKED},
	{44, "Begin_ is refused until a cancelled call is finished",
	 begin_is_refused_until_finish, STANDARD, BLOCKED},
	{44, "Begin_ is refused then with a synchronous server, too",
	 begin_is_refused_until_finish, STANDARD, CALC_DEAF},
	{45, "Cancel(n) waits for the server", cancel_waits_for_the_server,
	 STANDARD, BLOCKED},
	{46, "Cancel(n) gives up waiting", cancel_gives_up_waiting, STANDARD,
	 BLOCKED},
	{47, "Cancel(infinite) waits for the server", cancel_waits_for_ever,
	 STANDARD, BLOCKED},
	{48, "Cancel of a complete call changes nothing", cancel_comes_too_late,
	 STANDARD, CALC_ASYNC},
	{49, "A second Cancel says so", a_second_cancel_says_so, STANDARD,
	 BLOCKED},
	{50, "Cancel needs a Begin_", cancel_needs_a_begin, STANDARD,
	 CALC_ASYNC},
	{51, "Cancel releases a thread in Finish_", cancel_releases_a_finisher,
	 MTA_TO_STA, BLOCKED},
	{52, "TestCancel of a pending call", test_cancel_before, STANDARD,
	 CALC_ASYNC},
	{53, "The server's call object sees the Cancel", the_server_sees_it,
	 STANDARD, CALC_ASYNC},
	{53, "A synchronous server sees the Cancel", the_server_sees_it,
	 STANDARD, 0},
	{54, "A server that stops is finished",
	 the_server_stops_and_is_finished, STANDARD, CALC_ASYNC},
	{54, "What the server answers to a Cancel is an outcome",
	 the_servers_own_cancel_is_an_outcome, STANDARD, CALC_ASYNC},
	{55, "A call object may lack ICancelMethodCalls",
	 a_call_object_may_lack_cancel, SAME, CALC_ASYNC},
	{55, "A call object may have ICancelMethodCalls",
	 a_call_object_may_have_cancel, SAME, CALC_ASYNC | CALC_CANCELS},
	{56, "A custom-marshaled call may lack ICancelMethodCalls",
	 a_call_object_may_lack_cancel, CUSTOM, CALC_ASYNC},
	{56, "A custom-marshaled call may have ICancelMethodCalls",
	 a_call_object_may_have_cancel, CUSTOM, CALC_ASYNC | CALC_CANCELS},
	{57, "A standard-marshaled call has ICancelMethodCalls",
	 a_standard_call_has_cancel, STANDARD, CALC_DEAF},
	{64, "Release is no Cancel", release_is_no_cancel, ALL, CALC_ASYNC},
	{64, "Release is no Cancel to a synchronous server",
	 release_is_no_cancel, STANDARD, 0},
	{0},
};
