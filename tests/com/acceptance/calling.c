/* SPDX-License-Identifier: MIT */
/*
 * calling.c - Begin_ and Finish_, and waiting between: 14 to 35, 40
 */
#define COBJMACROS
#include "acceptance.h"
#include "asleep.h"

#include <poll.h>
#include <unistd.h>

static void begin_slow(AsyncICalc *call)
{
	assert_int_equal(AsyncICalc_Begin_Slow(call, CALC_GATE), S_OK);
}

static void finish_slow(AsyncICalc *call)
{
	ULONG slept = 0xdead;

	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept), S_OK);
	assert_int_not_equal(slept, 0xdead);
}

static void begin_returns_first(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	uint64_t start = calc_now_ms();

	begin_slow(call);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	assert_int_equal(calc_count(p->calc, left), 0);
	calc_open(p->calc);
	finish_slow(call);
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

	begin_slow(call);
	check_pending(call);
	calc_open(p->calc);
	finish_slow(call);
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

struct opener {
	struct calc *calc;
	pid_t client;
	bool opened;
};

static void open_when_entered(void *data)
{
	struct opener *opener = data;

	calc_await(opener->calc, entered, 1);
	thread_await_sleep(opener->client);
	__atomic_store_n(&opener->opened, true, __ATOMIC_RELEASE);
	calc_open(opener->calc);
}

static void finish_waits(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	struct opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;

	acceptance_spawn(&thread, open_when_entered, &opener);
	begin_slow(call);
	finish_slow(call);
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

	begin_slow(call);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(sum, 0);
	calc_open(p->calc);
	finish_slow(call);
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

	begin_slow(call);
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

	begin_slow(call);
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

/* --- Waiting ------------------------------------------------------------- */

static void a_wait_of_zero_looks(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	uint64_t start;

	begin_slow(call);
	start = calc_now_ms();
	assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	calc_open(p->calc);
	finish_slow(call);
	AsyncICalc_Release(call);
}

static void a_wait_times_out(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	uint64_t start;

	begin_slow(call);
	start = calc_now_ms();
	assert_int_equal(ask_wait(call, 50), RPC_S_CALLPENDING);
	assert_in_range(calc_now_ms() - start, 49, 50 + AT_ONCE_MS);
	calc_open(p->calc);
	finish_slow(call);
	AsyncICalc_Release(call);
}

static void a_complete_call_stays_signaled(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum;

	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	assert_int_equal(ask_wait(call, 0), S_OK);
	assert_int_equal(ask_wait(call, 50), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(ask_wait(call, 0), S_OK);
	AsyncICalc_Release(call);
}

static void begin_resets(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum;

	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	begin_slow(call);
	assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	calc_open(p->calc);
	finish_slow(call);
	AsyncICalc_Release(call);
}

static int is_readable(HANDLE handle, int milliseconds)
{
	struct pollfd fd = {(int)(intptr_t)handle, POLLIN, 0};

	return poll(&fd, 1, milliseconds);
}

static void the_handle_becomes_ready(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	ISynchronizeHandle *source = AS(call, ISynchronizeHandle);
	HANDLE handle = NULL;
	HANDLE again = NULL;

	begin_slow(call);
	assert_int_equal(ISynchronizeHandle_GetHandle(source, &handle), S_OK);
	assert_int_equal(is_readable(handle, 0), 0);
	calc_open(p->calc);
	assert_int_equal(is_readable(handle, 20000), 1);
	finish_slow(call);
	assert_int_equal(is_readable(handle, 0), 1);
	assert_int_equal(ISynchronizeHandle_GetHandle(source, &again), S_OK);
	assert_ptr_equal(handle, again);
	ISynchronizeHandle_Release(source);
	AsyncICalc_Release(call);
}

/* A client's own object, which a thread of the MTA calls meanwhile. */
struct visitor {
	struct calc *calc;
	struct calc *own;
	IStream *stream;
	HRESULT hr;
	LONG sum;
};

static void visit(void *data)
{
	struct visitor *visitor = data;
	ICalc *own = NULL;

	calc_await(visitor->calc, entered, 1);
	visitor->hr = CoGetInterfaceAndReleaseStream(visitor->stream,
						     &IID_ICalc, (void **)&own);
	if (visitor->hr != S_OK)
		return;
	visitor->hr = ICalc_Add(own, 40, 2, &visitor->sum);
	ICalc_Release(own);
	calc_open(visitor->calc);
}

/* Waits for a call, while another thread visits. */
static void wait_for_visitor(struct pairing *p, void (*run)(void *data),
			     struct visitor *visitor)
{
	AsyncICalc *call = pairing_call(p);
	struct acceptance_thread thread;

	*visitor =
		(struct visitor){p->calc, calc_new(0), NULL, E_UNEXPECTED, 0};
	assert_int_equal(CoMarshalInterThreadInterfaceInStream(
				 &IID_ICalc, calc_unknown(visitor->own),
				 &visitor->stream),
			 S_OK);
	begin_slow(call);
	acceptance_spawn(&thread, run, visitor);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	acceptance_join(&thread);
	assert_int_equal(visitor->hr, S_OK);
	finish_slow(call);
	AsyncICalc_Release(call);
}

static void a_wait_in_an_sta_serves(struct pairing *p)
{
	struct visitor visitor;

	wait_for_visitor(p, visit, &visitor);
	assert_int_equal(visitor.sum, 42);
	assert_int_equal(visitor.own->thread, gettid());
	(void)belay_apartment_dispatch();
	IUnknown_Release(calc_unknown(visitor.own));
}

static void visit_from_sta(void *data)
{
	struct visitor *visitor = data;

	CoUninitialize();
	assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
	visit(visitor);
	CoUninitialize();
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
}

static void a_wait_in_the_mta_does_not_serve(struct pairing *p)
{
	struct visitor visitor;

	wait_for_visitor(p, visit_from_sta, &visitor);
	assert_int_not_equal(visitor.own->thread, gettid());
	IUnknown_Release(calc_unknown(visitor.own));
}

static void an_outer_is_called_back(struct pairing *p)
{
	struct outer *outer = pairing_outer(p);
	AsyncICalc *call = AS(outer, AsyncICalc);
	struct opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;

	outer->begun = &p->calc->counts.entered;
	begin_slow(call);
	assert_int_equal(outer->resets, 1);
	assert_true(outer->reset_before_begun);
	acceptance_spawn(&thread, open_when_entered, &opener);
	finish_slow(call);
	acceptance_join(&thread);
	assert_int_equal(outer->signals, 1);
	assert_int_equal(outer->waits, 1);
	AsyncICalc_Release(call);
	IUnknown_Release(&outer->unknown);
}

static void a_failing_signal_fails_the_call(struct pairing *p)
{
	struct outer *outer = pairing_outer(p);
	AsyncICalc *call = AS(outer, AsyncICalc);
	LONG sum = 77;

	outer->signal_answer = E_NOTIMPL;
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_true(FAILED(AsyncICalc_Finish_Add(call, &sum)));
	assert_int_equal(sum, 0);
	AsyncICalc_Release(call);
	IUnknown_Release(&outer->unknown);
}

static void finish_in_signal(struct outer *outer)
{
	AsyncICalc *call = AS(outer, AsyncICalc);

	outer->finished = AsyncICalc_Finish_Add(call, &outer->sum);
	AsyncICalc_Release(call);
}

static void signal_may_finish_the_call(struct pairing *p)
{
	struct outer *outer = pairing_outer(p);
	AsyncICalc *call = AS(outer, AsyncICalc);

	outer->in_signal = finish_in_signal;
	assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
	assert_int_equal(ISynchronize_Wait(&outer->sync, 0, 30000), S_OK);
	assert_int_equal(outer->finished, S_OK);
	assert_int_equal(outer->sum, 42);
	AsyncICalc_Release(call);
	IUnknown_Release(&outer->unknown);
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
	{30, "Wait(0) looks", a_wait_of_zero_looks, ALL, CALC_ASYNC},
	{31, "Wait(50) times out", a_wait_times_out, ALL, CALC_ASYNC},
	{32, "A complete call stays signaled", a_complete_call_stays_signaled,
	 ALL, CALC_ASYNC},
	{33, "Begin_ resets the event", begin_resets, ALL, CALC_ASYNC},
	{34, "The handle becomes ready and stays", the_handle_becomes_ready,
	 ALL, CALC_ASYNC},
	{35, "A wait in an STA serves calls", a_wait_in_an_sta_serves,
	 STA_TO_MTA | STA_TO_STA, 0},
	{35, "A wait in the MTA does not", a_wait_in_the_mta_does_not_serve,
	 MTA_TO_STA, 0},
	{40, "An outer is reset, signaled once and waited on",
	 an_outer_is_called_back, STANDARD, 0},
	{40, "In the MTA its Signal may finish the call",
	 signal_may_finish_the_call, MTA_TO_STA, 0},
	{41, "An outer's failing Signal fails the call",
	 a_failing_signal_fails_the_call, STANDARD, 0},
	{0},
};
