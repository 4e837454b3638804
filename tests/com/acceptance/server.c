/* SPDX-License-Identifier: MIT */
/*
 * server.c - the server's side and its context: 65 to 80
 */
#define COBJMACROS
#include "acceptance.h"

#include <unistd.h>

static void check_add(struct pairing *p, bool asynchronous)
{
	AsyncICalc *call;
	LONG sum = 0;

	if (!asynchronous) {
		assert_int_equal(ICalc_Add(p->icalc, 40, 2, &sum), S_OK);
	} else {
		call = pairing_call(p);
		assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
		AsyncICalc_Release(call);
	}
	assert_int_equal(sum, 42);
}

static void a_synchronous_server_serves_call_objects(struct pairing *p)
{
	check_add(p, true);
	assert_int_equal(calc_count(p->calc, synchronous), 1);
	assert_int_equal(calc_count(p->calc, begun), 0);
}

static void a_server_with_call_objects_serves_all(struct pairing *p)
{
	char *upper = NULL;
	LONG value = 0;

	check_add(p, false);
	check_add(p, true);
	assert_int_equal(ICalc_Fail(p->icalc, E_ABORT, &value), E_ABORT);
	assert_int_equal(value, 42);
	assert_int_equal(ICalc_Upper(p->icalc, "sync", &upper), S_OK);
	assert_string_equal(upper, "SYNC");
	CoTaskMemFree(upper);
	assert_int_equal(calc_count(p->calc, synchronous), 0);
	assert_int_equal(calc_count(p->calc, begun), 4);
	assert_int_equal(calc_count(p->calc, finished), 4);
}

static void other_interfaces_run_synchronously(struct pairing *p)
{
	ICalcMemory *memory = AS(p->object, ICalcMemory);
	LONG value = 0;

	assert_int_equal(ICalcMemory_Store(memory, 7), S_OK);
	assert_int_equal(ICalcMemory_Recall(memory, &value), S_OK);
	assert_int_equal(value, 7);
	assert_int_equal(calc_count(p->calc, begun), 0);
	check_add(p, false);
	assert_int_equal(calc_count(p->calc, begun), 1);
	ICalcMemory_Release(memory);
}

#define MANY 16

/* They all wait in one server, whose one thread takes the next meanwhile. */
static void the_thread_is_free_while_calls_wait(struct pairing *p)
{
	AsyncICalc *calls[MANY];
	ULONG slept;

	for (int i = 0; i < MANY; i++) {
		calls[i] = pairing_call(p);
		assert_int_equal(AsyncICalc_Begin_Slow(calls[i], CALC_GATE),
				 S_OK);
	}
	calc_await(p->calc, entered, MANY);
	assert_int_equal(calc_count(p->calc, left), 0);
	check_add(p, false);
	calc_open(p->calc);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(AsyncICalc_Finish_Slow(calls[i], &slept),
				 S_OK);
		AsyncICalc_Release(calls[i]);
	}
}

static void signal_inside_begin_works(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	ULONG slept;

	assert_int_equal(AsyncICalc_Begin_Slow(call, 5), S_OK);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept), S_OK);
	assert_in_range(slept, 4, 20000);
	assert_int_equal(calc_count(p->calc, finished), 1);
	AsyncICalc_Release(call);
}

/* The calc's Begin_Fail signals and then returns another failure. */
static void finish_decides_what_is_delivered(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG value = 0;

	assert_int_equal(AsyncICalc_Begin_Fail(call, E_ABORT), S_OK);
	assert_int_equal(AsyncICalc_Finish_Fail(call, &value), E_ABORT);
	assert_int_equal(value, 42);
	AsyncICalc_Release(call);
}

static void the_stub_aggregates(struct pairing *p)
{
	check_add(p, true);
	assert_true(calc_count(p->calc, aggregated) > 0);
}

static void a_broken_factory_is_passed_by(struct pairing *p)
{
	check_add(p, false);
	check_add(p, true);
	assert_int_equal(calc_count(p->calc, synchronous), 2);
}

static void a_call_object_has_a_blanket(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	IClientSecurity *security = AS(call, IClientSecurity);
	DWORD level = 77;

	assert_int_equal(IClientSecurity_QueryBlanket(
				 security, (IUnknown *)call, NULL, NULL, NULL,
				 &level, NULL, NULL, NULL),
			 S_OK);
	assert_int_not_equal(level, 77);
	IClientSecurity_Release(security);
	AsyncICalc_Release(call);
}

static HRESULT set_blanket(AsyncICalc *call)
{
	static OLECHAR name[] = u"server";
	IClientSecurity *security = AS(call, IClientSecurity);
	HRESULT hr = IClientSecurity_SetBlanket(
		security, (IUnknown *)call, RPC_C_AUTHN_NONE, RPC_C_AUTHZ_NONE,
		name, RPC_C_AUTHN_LEVEL_NONE, RPC_C_IMP_LEVEL_IDENTIFY, NULL,
		EOAC_NONE);

	IClientSecurity_Release(security);
	return hr;
}

static void set_blankets(void *data)
{
	for (int i = 0; i < 500; i++)
		(void)set_blanket(data);
}

static void two_threads_set_the_blanket(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	struct acceptance_thread thread;

	assert_int_equal(set_blanket(call), S_OK);
	acceptance_spawn(&thread, set_blankets, call);
	set_blankets(call);
	acceptance_join(&thread);
	AsyncICalc_Release(call);
}

static void a_server_has_a_context(struct pairing *p)
{
	check_add(p, true);
	assert_int_equal(p->calc->context, S_OK);
}

static void there_is_no_context_outside(struct pairing *p)
{
	void *object = p;

	assert_int_equal(CoGetCallContext(&IID_IServerSecurity, &object),
			 RPC_E_CALL_COMPLETE);
	assert_null(object);
}

static void a_context_may_lack_an_interface(struct pairing *p)
{
	IUnknown *previous = p->object;
	void *object = p;

	assert_int_equal(CoSwitchCallContext(calc_unknown(p->calc), &previous),
			 S_OK);
	assert_null(previous);
	assert_int_equal(CoGetCallContext(&IID_IServerSecurity, &object),
			 E_NOINTERFACE);
	assert_int_equal(CoSwitchCallContext(NULL, &previous), S_OK);
	assert_ptr_equal(previous, calc_unknown(p->calc));
}

static void switching_contexts_counts_nothing(struct pairing *p)
{
	IUnknown *context = calc_unknown(p->calc);
	LONG before = p->calc->refs;
	IUnknown *previous = NULL;

	assert_int_equal(CoSwitchCallContext(context, &previous), S_OK);
	assert_int_equal(p->calc->refs, before);
	assert_int_equal(CoSwitchCallContext(NULL, &previous), S_OK);
	assert_ptr_equal(previous, context);
	assert_int_equal(p->calc->refs, before);
}

const struct statement statements[] = {
	{65, "A synchronous server serves call objects",
	 a_synchronous_server_serves_call_objects, STANDARD, 0},
	{66, "A server's call objects serve synchronous clients, too",
	 a_server_with_call_objects_serves_all, STANDARD, CALC_ASYNC},
	{67, "Other interfaces of such a server run synchronously",
	 other_interfaces_run_synchronously, STANDARD,
	 CALC_ASYNC | CALC_MEMORY},
	{69, "A server's thread is free while calls wait",
	 the_thread_is_free_while_calls_wait, STANDARD, CALC_ASYNC},
	{70, "Signal inside Begin_ works", signal_inside_begin_works, ALL,
	 CALC_ASYNC | CALC_INSIDE},
	{71, "What Finish_ returns is delivered",
	 finish_decides_what_is_delivered, STANDARD, CALC_ASYNC},
	{72, "The stub aggregates the server's call object",
	 the_stub_aggregates, STANDARD, CALC_ASYNC},
	{74, "A factory that fails is passed by", a_broken_factory_is_passed_by,
	 STANDARD, CALC_BROKEN},
	{76, "A call object has a blanket", a_call_object_has_a_blanket,
	 STANDARD, 0},
	{76, "Two threads may set the blanket", two_threads_set_the_blanket,
	 MTA_TO_STA, 0},
	{77, "A server has a context", a_server_has_a_context, STANDARD, 0},
	{79, "Outside a call there is no context", there_is_no_context_outside,
	 ALL, 0},
	{79, "A context may lack an interface", a_context_may_lack_an_interface,
	 SAME, 0},
	{80, "Switching contexts counts nothing",
	 switching_contexts_counts_nothing, SAME, 0},
	{0},
};
