/* SPDX-License-Identifier: MIT */
/*
 * calling.c - Begin_ and Finish_: 14 to 27
 */
#define COBJMACROS
#include "acceptance.h"
#include "slow.h"

#include <unistd.h>

static void begin_returns_first(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	uint64_t start = calc_now_ms();

	slow_begin(call);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	assert_int_equal(calc_count(p->calc, left), 0);
	calc_open(p->calc);
	slow_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static void check_pending(AsyncICalc *call)
{
	LONG value = 1;

	assert_int_equal(AsyncICalc_Begin_Slow(call, 0), RPC_E_CALL_PENDING);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 1), RPC_E_CALL_PENDING);
	assert_int_equal(AsyncICalc_Begin_Next(call, &value),
			 RPC_E_CALL_PENDING);
	assert_int_equal(value, 1);
}

static void begin_is_refused_while_pending(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	slow_begin(call);
	check_pending(call);
	calc_open(p->calc);
	slow_finish(call, S_OK);
	assert_int_equal(calc_count(p->calc, entered), 1);
	AsyncICalc_Release(call);
}

static void begin_is_refused_before_finish(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum = 0;

	assert_int_equal(AsyncICalc_Begin_Add(call, 20, 22), S_OK);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	check_pending(call);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 42);
	AsyncICalc_Release(call);
}

static void finish_needs_a_begin(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum = 77;

	assert_int_equal(AsyncICalc_Finish_Add(call, &sum),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(sum, 0);
	AsyncICalc_Release(call);
}

static void finish_is_done_once(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum = 0;

	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum),
			 RPC_E_CALL_COMPLETE);
	AsyncICalc_Release(call);
}

static void finish_waits(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	struct slow_opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;

	acceptance_spawn(&thread, slow_open_when_asleep, &opener);
	slow_begin(call);
	slow_finish(call, S_OK);
	assert_true(__atomic_load_n(&opener.opened, __ATOMIC_ACQUIRE));
	acceptance_join(&thread);
	AsyncICalc_Release(call);
}

static void check_fails_alike(struct pairing *p, HRESULT failure)
{
	AsyncICalc *call = pairing_call(p);
	LONG sync_value = 1;
	LONG async_value = 2;

	assert_int_equal(ICalc_Fail(p->icalc, failure, &sync_value), failure);
	assert_int_equal(AsyncICalc_Begin_Fail(call, failure), S_OK);
	assert_int_equal(AsyncICalc_Finish_Fail(call, &async_value), failure);
	assert_int_equal(async_value, sync_value);
	AsyncICalc_Release(call);
}

static void finish_brings_what_the_method_returns(struct pairing *p)
{
	static const char text[] = "belay";
	AsyncICalc *call = pairing_call(p);
	char *upper = NULL;
	WCHAR *wide = NULL;

	check_fails_alike(p, E_ACCESSDENIED);
	check_fails_alike(p, S_FALSE);
	check_fails_alike(p, S_OK);
	assert_int_equal(AsyncICalc_Begin_Upper(call, text), S_OK);
	assert_int_equal(AsyncICalc_Finish_Upper(call, &upper), S_OK);
	assert_string_equal(upper, "BELAY");
	CoTaskMemFree(upper);
	assert_int_equal(AsyncICalc_Begin_UpperWide(call, u"on"), S_OK);
	assert_int_equal(AsyncICalc_Finish_UpperWide(call, &wide), S_OK);
	assert_memory_equal(wide, u"ON", sizeof(u"ON"));
	CoTaskMemFree(wide);
	AsyncICalc_Release(call);
}

static void it_can_be_used_again(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	for (LONG i = 0; i < 100; i++) {
		LONG value = i;

		assert_int_equal(AsyncICalc_Begin_Add(call, i, 1), S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &value), S_OK);
		assert_int_equal(value, i + 1);
		assert_int_equal(AsyncICalc_Begin_Next(call, &value), S_OK);
		assert_int_equal(AsyncICalc_Finish_Next(call, &value), S_OK);
		assert_int_equal(value, i + 2);
	}
	AsyncICalc_Release(call);
}

static void finish_of_another_method_is_refused(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum = 77;

	slow_begin(call);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(sum, 0);
	calc_open(p->calc);
	slow_finish(call, S_OK);
	AsyncICalc_Release(call);
}

struct finisher {
	AsyncICalc *call;
	HRESULT hr;
};

static void finish_too(void *data)
{
	struct finisher *finisher = data;
	ULONG slept;

	finisher->hr = AsyncICalc_Finish_Slow(finisher->call, &slept);
}

static void one_of_two_finishes(struct pairing *p)
{
	struct finisher finishers[2];
	struct acceptance_thread threads[2];
	AsyncICalc *call = pairing_call(p);

	slow_begin(call);
	for (int i = 0; i < 2; i++) {
		finishers[i] = (struct finisher){call, E_UNEXPECTED};
		acceptance_spawn(&threads[i], finish_too, &finishers[i]);
	}
	calc_await(p->calc, entered, 1);
	calc_open(p->calc);
	acceptance_join(&threads[0]);
	acceptance_join(&threads[1]);
	assert_int_equal((finishers[0].hr == S_OK) + (finishers[1].hr == S_OK),
			 1);
	assert_int_equal((finishers[0].hr == RPC_E_CALL_COMPLETE) +
				 (finishers[1].hr == RPC_E_CALL_COMPLETE),
			 1);
	AsyncICalc_Release(call);
}

static void release_lets_the_server_go_on(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	slow_begin(call);
	AsyncICalc_Release(call);
	calc_await(p->calc, entered, 1);
	assert_int_equal(calc_count(p->calc, left), 0);
	calc_open(p->calc);
	calc_await(p->calc, left, 1);
	assert_int_equal(calc_count(p->calc, canceled), 0);
}

static void an_unfinished_reply_is_given_back(struct pairing *p)
{
	ICallFactory *factory = AS(p->object, ICallFactory);
	AsyncICalcMemory *call = NULL;

	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncICalcMemory,
						 NULL, &IID_AsyncICalcMemory,
						 (IUnknown **)&call),
			 S_OK);
	ICallFactory_Release(factory);
	assert_int_equal(AsyncICalcMemory_Begin_Self(call), S_OK);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	AsyncICalcMemory_Release(call);
}

static void a_value_goes_in_and_out(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG in = 41;
	LONG out = 0;

	assert_int_equal(AsyncICalc_Begin_Next(call, &in), S_OK);
	assert_int_equal(AsyncICalc_Finish_Next(call, &out), S_OK);
	assert_int_equal(in, 41);
	assert_int_equal(out, 42);
	AsyncICalc_Release(call);
}

const struct statement statements[] = {
	{14, "Begin_ returns before the server's method ends",
	 begin_returns_first, ALL, CALC_ASYNC},
	{14, "Begin_ returns before a synchronous method ends",
	 begin_returns_first, STANDARD, 0},
	{15, "Begin_ is refused while a call is pending",
	 begin_is_refused_while_pending, ALL, CALC_ASYNC},
	{16, "so is Begin_ of another method", begin_is_refused_while_pending,
	 STANDARD, 0},
	{17, "Begin_ is refused until Finish_", begin_is_refused_before_finish,
	 ALL, CALC_ASYNC},
	{18, "Finish_ needs a Begin_", finish_needs_a_begin, ALL, CALC_ASYNC},
	{19, "Finish_ is done once", finish_is_done_once, ALL, CALC_ASYNC},
	{20, "Finish_ waits for the outcome", finish_waits, ALL, CALC_ASYNC},
	{20, "Finish_ waits for a synchronous server", finish_waits, STANDARD,
	 0},
	{21, "Finish_ brings what the method returns",
	 finish_brings_what_the_method_returns, ALL, CALC_ASYNC},
	{21, "Finish_ brings what a synchronous method returns",
	 finish_brings_what_the_method_returns, STANDARD, 0},
	{22, "A call object can be used again", it_can_be_used_again, ALL,
	 CALC_ASYNC},
	{22, "and with a synchronous server", it_can_be_used_again, STANDARD,
	 0},
	{23, "Finish_ of another method is refused",
	 finish_of_another_method_is_refused, ALL, CALC_ASYNC},
	{24, "One of two threads finishes", one_of_two_finishes, FROM_MTA,
	 CALC_ASYNC},
	{25, "After a Release the server goes on",
	 release_lets_the_server_go_on, ALL, CALC_ASYNC},
	{25, "After a Release a synchronous server goes on",
	 release_lets_the_server_go_on, STANDARD, 0},
	{26, "An unfinished reply's pointers are given back",
	 an_unfinished_reply_is_given_back, STANDARD, CALC_MEMORY},
	{27, "An [in,out] parameter goes both ways", a_value_goes_in_and_out,
	 ALL, CALC_ASYNC},
	{0},
};
