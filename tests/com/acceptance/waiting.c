/* SPDX-License-Identifier: MIT */
/*
 * waiting.c - waiting for a call, and being told that it is complete: 30 to 35,
 * 40, 41
 */
#define COBJMACROS
#include "acceptance.h"
#include "slow.h"

#include <poll.h>
#include <unistd.h>

static void a_wait_of_zero_looks(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	uint64_t start;

	slow_begin(call);
	start = calc_now_ms();
	assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	calc_open(p->calc);
	slow_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static void a_wait_times_out(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	uint64_t start;

	slow_begin(call);
	start = calc_now_ms();
	assert_int_equal(ask_wait(call, 50), RPC_S_CALLPENDING);
	assert_in_range(calc_now_ms() - start, 49, 50 + AT_ONCE_MS);
	calc_open(p->calc);
	slow_finish(call, S_OK);
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
	slow_begin(call);
	assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	calc_open(p->calc);
	slow_finish(call, S_OK);
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

	slow_begin(call);
	assert_int_equal(ISynchronizeHandle_GetHandle(source, &handle), S_OK);
	assert_int_equal(is_readable(handle, 0), 0);
	calc_open(p->calc);
	assert_int_equal(is_readable(handle, 20000), 1);
	slow_finish(call, S_OK);
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
	slow_begin(call);
	acceptance_spawn(&thread, run, visitor);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	acceptance_join(&thread);
	assert_int_equal(visitor->hr, S_OK);
	slow_finish(call, S_OK);
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

/* --- An outer object's ISynchronize --------------------------------------- */

static void an_outer_is_called_back(struct pairing *p)
{
	struct outer *outer = pairing_outer(p);
	AsyncICalc *call = AS(outer, AsyncICalc);
	struct slow_opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;

	outer->begun = &p->calc->counts.entered;
	slow_begin(call);
	assert_int_equal(outer->resets, 1);
	assert_true(outer->reset_before_begun);
	acceptance_spawn(&thread, slow_open_when_asleep, &opener);
	slow_finish(call, S_OK);
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
