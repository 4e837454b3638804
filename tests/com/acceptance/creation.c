/* SPDX-License-Identifier: MIT */
/*
 * creation.c - how a client comes by a call object: 1 to 13
 */
#define COBJMACROS
#include "acceptance.h"

static void the_factory_costs_no_message(struct pairing *p)
{
	uint32_t before = calc_count(p->calc, queries);
	ICallFactory *factory = AS(p->object, ICallFactory);

	assert_int_equal(calc_count(p->calc, queries), before);
	ICallFactory_Release(factory);
}

static void no_factory_without_one(struct pairing *p)
{
	ICallFactory *factory = (ICallFactory *)p;

	assert_int_equal(IUnknown_QueryInterface(p->object, &IID_ICallFactory,
						 (void **)&factory),
			 E_NOINTERFACE);
	assert_null(factory);
}

static void check_works(AsyncICalc *call)
{
	LONG sum = 0;

	assert_int_equal(AsyncICalc_Begin_Add(call, 2, 3), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 5);
}

static void a_call_object_works(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	check_works(call);
	AsyncICalc_Release(call);
}

static void check_second_iid(struct pairing *p, REFIID riid2)
{
	ICallFactory *factory = AS(p->object, ICallFactory);
	IUnknown *object = NULL;
	AsyncICalc *call;

	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncICalc, NULL,
						 riid2, &object),
			 S_OK);
	call = AS(object, AsyncICalc);
	check_works(call);
	AsyncICalc_Release(call);
	IUnknown_Release(object);
	ICallFactory_Release(factory);
}

static void another_interface_can_be_asked_for(struct pairing *p)
{
	check_second_iid(p, &IID_IUnknown);
	check_second_iid(p, &IID_ISynchronize);
}

static void check_refused(struct pairing *p, REFIID riid, IUnknown *outer,
			  REFIID riid2, HRESULT expected)
{
	ICallFactory *factory = AS(p->object, ICallFactory);
	IUnknown *object = (IUnknown *)p;

	assert_int_equal(
		ICallFactory_CreateCall(factory, riid, outer, riid2, &object),
		expected);
	assert_null(object);
	ICallFactory_Release(factory);
}

static void the_synchronous_iid_is_refused(struct pairing *p)
{
	check_refused(p, &IID_ICalc, NULL, &IID_ICalc, E_NOINTERFACE);
	check_refused(p, &IID_ICalc, NULL, &IID_IUnknown, E_NOINTERFACE);
}

static void an_outer_gets_iunknown_only(struct pairing *p)
{
	check_refused(p, &IID_AsyncICalc, p->object, &IID_AsyncICalc,
		      E_INVALIDARG);
}

static void an_outer_reaches_the_call_object(struct pairing *p)
{
	struct outer *outer = pairing_outer(p);
	AsyncICalc *call = AS(outer, AsyncICalc);

	assert_true(acceptance_same_object(call, outer));
	assert_true(outer->inner != &outer->unknown);
	check_works(call);
	AsyncICalc_Release(call);
	IUnknown_Release(&outer->unknown);
}

static void what_the_server_lacks_is_refused(struct pairing *p)
{
	check_refused(p, &IID_AsyncICalcMemory, NULL, &IID_AsyncICalcMemory,
		      E_NOINTERFACE);
}

static void a_call_object_costs_no_message_with_a_proxy(struct pairing *p)
{
	uint32_t before = calc_count(p->calc, queries);
	AsyncICalc *call = pairing_call(p);

	assert_int_equal(calc_count(p->calc, queries), before);
	AsyncICalc_Release(call);
}

static void a_call_object_asks_once_without_a_proxy(struct pairing *p)
{
	uint32_t before = calc_count(p->calc, queries);
	AsyncICalc *call = pairing_call(p);
	uint32_t after = calc_count(p->calc, queries);
	AsyncICalc *second = pairing_call(p);

	assert_true(after > before);
	assert_int_equal(calc_count(p->calc, queries), after);
	AsyncICalc_Release(call);
	AsyncICalc_Release(second);
}

static void check_answers(AsyncICalc *call, REFIID iid)
{
	IUnknown *first = query(call, iid);
	IUnknown *second = query(call, iid);

	assert_ptr_equal(first, second);
	assert_true(acceptance_same_object(first, call));
	IUnknown_Release(first);
	IUnknown_Release(second);
}

static void a_call_object_answers_four_more(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	check_answers(call, &IID_ISynchronize);
	check_answers(call, &IID_ISynchronizeHandle);
	check_answers(call, &IID_ICancelMethodCalls);
	check_answers(call, &IID_IClientSecurity);
	AsyncICalc_Release(call);
}

static void check_lacks(AsyncICalc *call, REFIID iid)
{
	void *object = call;

	assert_int_equal(AsyncICalc_QueryInterface(call, iid, &object),
			 E_NOINTERFACE);
	assert_null(object);
}

static void a_call_object_is_not_the_object(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	check_lacks(call, &IID_ICalc);
	check_lacks(call, &IID_ICallFactory);
	check_lacks(call, &IID_AsyncICalcMemory);
	AsyncICalc_Release(call);
}

static void a_call_object_is_itself(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	AsyncICalc *other = pairing_call(p);

	assert_false(acceptance_same_object(call, p->object));
	assert_false(acceptance_same_object(call, other));
	AsyncICalc_Release(call);
	AsyncICalc_Release(other);
}

static void idispatch_has_no_call_objects(struct pairing *p)
{
	static const IID IID_IDispatch = {
		0x00020400, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

	check_refused(p, &IID_IDispatch, NULL, &IID_IUnknown, E_NOINTERFACE);
}

const struct statement statements[] = {
	{1, "A proxy answers ICallFactory without a message",
	 the_factory_costs_no_message, STANDARD, 0},
	{2, "An object without ICallFactory has none in its apartment",
	 no_factory_without_one, DIRECT, 0},
	{3, "CreateCall gives a call object that works", a_call_object_works,
	 ALL, CALC_ASYNC},
	{3, "CreateCall works where the server has no call objects",
	 a_call_object_works, STANDARD, 0},
	{4, "CreateCall returns IUnknown and ISynchronize, too",
	 another_interface_can_be_asked_for, ALL, CALC_ASYNC},
	{5, "CreateCall refuses the synchronous IID",
	 the_synchronous_iid_is_refused, ALL, CALC_ASYNC},
	{6, "CreateCall with an outer returns IUnknown only",
	 an_outer_gets_iunknown_only, ALL, CALC_ASYNC},
	{7, "An outer's AsyncICalc is the call object's",
	 an_outer_reaches_the_call_object, ALL, CALC_ASYNC},
	{8, "CreateCall refuses what the server does not support",
	 what_the_server_lacks_is_refused, ALL, CALC_ASYNC},
	{9, "CreateCall sends nothing where there is a proxy",
	 a_call_object_costs_no_message_with_a_proxy, STANDARD, 0},
	{9, "CreateCall asks once where there is none",
	 a_call_object_asks_once_without_a_proxy, STANDARD, PAIR_UNKNOWN},
	{10, "A call object answers its four other interfaces",
	 a_call_object_answers_four_more, STANDARD, 0},
	{11, "A call object is not the object", a_call_object_is_not_the_object,
	 ALL, CALC_ASYNC},
	{12, "A call object's IUnknown is its own", a_call_object_is_itself,
	 ALL, CALC_ASYNC},
	{13, "IDispatch has no call objects", idispatch_has_no_call_objects,
	 ALL, CALC_ASYNC},
	{0},
};
