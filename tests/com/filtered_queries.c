/* SPDX-License-Identifier: MIT */
/*
 * filtered_queries.c - a message filter ends the wait for an object's answer
 *
 * The object's apartment has other things to do, and the client does not want
 * to wait so long. What is answered later is for nobody.
 */
#define COBJMACROS

#include "counted_class.h"
#include "distant.h"
#include "message_filter.h"

static struct filter filter;

static bool hold_and_filter(void **state)
{
	bool held = distant_hold(state);

	assert_true(held);
	filter = (struct filter)FILTER(PENDINGMSG_CANCELCALL);
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	return held;
}

static void let_go(bool held)
{
	assert_int_equal(filter.asked, 2);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
	distant_let_go(held);
}

static void a_filter_ends_QueryInterface(void **state)
{
	bool held = hold_and_filter(state);
	void *memory = &filter;

	assert_int_equal(IUnknown_QueryInterface(distant_parcel.pointer,
						 &IID_ICalcMemory, &memory),
			 RPC_E_CALL_CANCELED);
	assert_null(memory);
	let_go(held);
	memory = AS(distant_parcel.pointer, ICalcMemory);
	(void)IUnknown_Release((IUnknown *)memory);
	distant_end();
}

static void a_filter_ends_CreateCall(void **state)
{
	bool held = hold_and_filter(state);
	void *call = &filter;

	assert_int_equal(distant_create(&IID_AsyncICalcMemory, NULL,
					&IID_AsyncICalcMemory, &call),
			 RPC_E_CALL_CANCELED);
	assert_null(call);
	let_go(held);
	call = distant_call(&IID_AsyncICalcMemory);
	(void)IUnknown_Release((IUnknown *)call);
	distant_end();
}

static void a_filter_ends_QueryMultipleInterfaces(void **state)
{
	bool held = hold_and_filter(state);
	IMultiQI *multi = AS(distant_parcel.pointer, IMultiQI);
	MULTI_QI queries[] = {{.pIID = &IID_ICalc}, {.pIID = &IID_ICalcMemory}};

	assert_int_equal(IMultiQI_QueryMultipleInterfaces(multi, 2, queries),
			 S_FALSE);
	assert_int_equal(queries[0].hr, S_OK);
	assert_int_equal(queries[1].hr, RPC_E_CALL_CANCELED);
	assert_null(queries[1].pItf);
	let_go(held);
	(void)IUnknown_Release(queries[0].pItf);
	(void)IMultiQI_Release(multi);
	distant_end();
}

/* --- Classes of another apartment ---------------------------------------- */

static HRESULT create(void **ret_calc)
{
	return CoCreateInstance(&CLSID_Counted, NULL, CLSCTX_INPROC_SERVER,
				&IID_ICalc, ret_calc);
}

static void a_filter_ends_the_making_of_an_object(void **state)
{
	void *calc = &filter;
	bool held;

	counted_class_reset(true);
	room_run(&distant_home, counted_class_register, NULL);
	held = hold_and_filter(state);
	assert_int_equal(create(&calc), RPC_E_CALL_CANCELED);
	assert_null(calc);
	let_go(held);
	assert_int_equal(create(&calc), S_OK);
	(void)ICalc_Release((ICalc *)calc);
	room_run(&distant_home, counted_class_revoke, NULL);
	/* Also the one that was made for nobody is gone in the end. */
	distant_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISTANT_TEST(a_filter_ends_QueryInterface, sta_sta),
		DISTANT_TEST(a_filter_ends_CreateCall, sta_sta),
		DISTANT_TEST(a_filter_ends_QueryMultipleInterfaces, sta_sta),
		DISTANT_TEST(a_filter_ends_the_making_of_an_object, sta_sta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
