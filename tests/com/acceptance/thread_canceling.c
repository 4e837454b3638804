/* SPDX-License-Identifier: MIT */
/*
 * thread_canceling.c - cancelling a thread's synchronous call: 58 to 63
 */
#define COBJMACROS
#include "acceptance.h"
#include "slow.h"

#include <unistd.h>

static void threads_do_not_find_asynchronous_calls(struct pairing *p)
{
	AsyncICalc *call = slow_begun(p);
	void *object = call;

	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	assert_int_equal(CoCancelCall(0, 0), E_NOINTERFACE);
	assert_int_equal(CoGetCancelObject(0, &IID_ICancelMethodCalls, &object),
			 E_NOINTERFACE);
	assert_null(object);
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
	calc_open(p->calc);
	slow_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static ULONG refs_of(void *object)
{
	IUnknown_AddRef((IUnknown *)object);
	return IUnknown_Release((IUnknown *)object);
}

static void a_cancel_object_is_counted(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	ULONG before = refs_of(call);

	assert_int_equal(CoSetCancelObject(calc_unknown(p->calc)),
			 E_NOINTERFACE);
	assert_int_equal(CoSetCancelObject((IUnknown *)call), S_OK);
	assert_int_equal(refs_of(call), before + 1);
	assert_int_equal(CoSetCancelObject(NULL), S_OK);
	assert_int_equal(refs_of(call), before);
	AsyncICalc_Release(call);
}

/* Another thread cancels this one's synchronous call. */
struct canceler {
	struct calc *calc;
	DWORD thread;
	HRESULT hr;
};

static void cancel_thread(void *data)
{
	struct canceler *canceler = data;

	calc_await(canceler->calc, entered, 1);
	canceler->hr = CoCancelCall(canceler->thread, 0);
	if (canceler->hr != S_OK)
		calc_open(canceler->calc);
}

static HRESULT cancel_synchronous(struct pairing *p, HRESULT expected)
{
	struct canceler canceler = {p->calc, (DWORD)gettid(), E_UNEXPECTED};
	struct acceptance_thread thread;
	ULONG slept = 77;
	HRESULT hr;

	acceptance_spawn(&thread, cancel_thread, &canceler);
	hr = ICalc_Slow(p->icalc, CALC_GATE, &slept);
	acceptance_join(&thread);
	assert_int_equal(canceler.hr, expected);
	return hr;
}

static void a_synchronous_call_is_canceled(struct pairing *p)
{
	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	assert_int_equal(cancel_synchronous(p, S_OK), RPC_E_CALL_CANCELED);
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
}

static void a_synchronous_call_needs_enabling(struct pairing *p)
{
	assert_int_equal(cancel_synchronous(p, CO_E_CANCEL_DISABLED), S_OK);
}

/*
 * The calling thread itself enables while its call is pending: in a method of
 * an object of its own, which the waiting STA serves.
 */
struct enabler {
	struct canceler canceler;
	IStream *stream;
};

static void enable_and_cancel(void *data)
{
	struct enabler *enabler = data;
	ICalc *own = NULL;
	LONG value = 0;

	calc_await(enabler->canceler.calc, entered, 1);
	if (CoGetInterfaceAndReleaseStream(enabler->stream, &IID_ICalc,
					   (void **)&own) == S_OK) {
		(void)ICalc_Fail(own, CALC_ENABLE, &value);
		ICalc_Release(own);
	}
	cancel_thread(&enabler->canceler);
}

static void enabling_later_is_too_late(struct pairing *p)
{
	struct enabler enabler = {{p->calc, (DWORD)gettid(), E_UNEXPECTED},
				  NULL};
	struct calc *own = calc_new(0);
	struct acceptance_thread thread;
	ULONG slept = 0;

	assert_int_equal(
		CoMarshalInterThreadInterfaceInStream(
			&IID_ICalc, calc_unknown(own), &enabler.stream),
		S_OK);
	acceptance_spawn(&thread, enable_and_cancel, &enabler);
	assert_int_equal(ICalc_Slow(p->icalc, CALC_GATE, &slept), S_OK);
	acceptance_join(&thread);
	assert_int_equal(enabler.canceler.hr, CO_E_CANCEL_DISABLED);
	assert_int_equal(own->thread, gettid());
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
	(void)belay_apartment_dispatch();
	IUnknown_Release(calc_unknown(own));
}

static void count_enabling(void *data)
{
	HRESULT *results = data;

	results[0] = CoDisableCallCancellation(NULL);
	results[1] = CoEnableCallCancellation(NULL);
	results[2] = CoEnableCallCancellation(NULL);
	results[3] = CoDisableCallCancellation(NULL);
	results[4] = CoDisableCallCancellation(NULL);
	results[5] = CoDisableCallCancellation(NULL);
}

static void enabling_is_counted(struct pairing *p)
{
	HRESULT results[6] = {E_UNEXPECTED};
	struct acceptance_thread thread;

	(void)p;
	acceptance_spawn(&thread, count_enabling, results);
	acceptance_join(&thread);
	assert_int_equal(results[0], CO_E_CANCEL_DISABLED);
	assert_int_equal(results[1], S_OK);
	assert_int_equal(results[2], S_OK);
	assert_int_equal(results[3], S_OK);
	assert_int_equal(results[4], S_OK);
	assert_int_equal(results[5], CO_E_CANCEL_DISABLED);
}

static void enable_across_apartments(void *data)
{
	HRESULT *results = data;

	results[0] = CoEnableCallCancellation(NULL);
	CoUninitialize();
	results[1] = CoDisableCallCancellation(NULL);
	results[2] = CoEnableCallCancellation(NULL);
	results[3] = CoInitializeEx(NULL, COINIT_MULTITHREADED);
	results[4] = CoDisableCallCancellation(NULL);
	results[5] = CoDisableCallCancellation(NULL);
}

static void enabling_outlives_the_apartment(struct pairing *p)
{
	HRESULT results[6] = {E_UNEXPECTED};
	struct acceptance_thread thread;

	(void)p;
	acceptance_spawn(&thread, enable_across_apartments, results);
	acceptance_join(&thread);
	assert_int_equal(results[0], S_OK);
	assert_int_equal(results[1], S_OK);
	assert_int_equal(results[2], S_OK);
	assert_true(SUCCEEDED(results[3]));
	assert_int_equal(results[4], S_OK);
	assert_int_equal(results[5], CO_E_CANCEL_DISABLED);
}

const struct statement statements[] = {
	{58, "Threads do not find asynchronous calls",
	 threads_do_not_find_asynchronous_calls, ALL, CALC_ASYNC},
	{59, "A thread's cancel object is counted", a_cancel_object_is_counted,
	 STANDARD, 0},
	{60, "A synchronous call can be cancelled",
	 a_synchronous_call_is_canceled, STANDARD, CALC_DEAF},
	{60, "A synchronous call cannot be cancelled unless enabled",
	 a_synchronous_call_needs_enabling, STANDARD, CALC_DEAF},
	{61, "Enabling during a call does not count",
	 enabling_later_is_too_late, STA_TO_MTA | STA_TO_STA, CALC_DEAF},
	{62, "Enabling is counted", enabling_is_counted, FROM_MTA, 0},
	{63, "Enabling outlives the apartment", enabling_outlives_the_apartment,
	 FROM_MTA, 0},
	{0},
};
