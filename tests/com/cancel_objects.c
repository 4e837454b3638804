/* SPDX-License-Identifier: MIT */
/*
 * cancel_objects.c - objects that programs cancel their own calls with
 */
#define COBJMACROS
#include <belay/com/objbase.h>

#include "check.h"
#include "unknown.h"

/* The last that Cancel() was called with; 0: it was not called. */
static ULONG seconds;

ETERNAL(ICancelMethodCalls, own)

static HRESULT STDMETHODCALLTYPE own_Cancel(ICancelMethodCalls *This,
					    ULONG ulSeconds)
{
	(void)This;
	seconds = ulSeconds;
	return S_FALSE;
}

static HRESULT STDMETHODCALLTYPE own_TestCancel(ICancelMethodCalls *This)
{
	(void)This;
	return RPC_S_CALLPENDING;
}

static ICancelMethodCallsVtbl own_vtbl = {
	own_QueryInterface, own_AddRef, own_Release, own_Cancel, own_TestCancel,
};

static ICancelMethodCalls own = {&own_vtbl};

static void set_own(void)
{
	seconds = 0;
	assert_int_equal(CoSetCancelObject((IUnknown *)&own), S_OK);
}

static void unset_own(void)
{
	assert_int_equal(CoSetCancelObject(NULL), S_OK);
	assert_int_equal(CoCancelCall(0, 1), E_NOINTERFACE);
}

static void one_set_without_enabling_is_not_asked(void **state)
{
	(void)state;
	set_own();
	assert_int_equal(CoCancelCall(0, 5), CO_E_CANCEL_DISABLED);
	assert_int_equal(seconds, 0);
	/* Too late: it is as it was when it was set. */
	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	assert_int_equal(CoCancelCall(0, 5), CO_E_CANCEL_DISABLED);
	assert_int_equal(seconds, 0);
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
	unset_own();
}

static void one_set_after_enabling_is_asked(void **state)
{
	(void)state;
	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	set_own();
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
	assert_int_equal(CoCancelCall(0, 5), S_FALSE);
	assert_int_equal(seconds, 5);
	unset_own();
}

static void it_can_be_had_in_any_case(void **state)
{
	void *found;

	(void)state;
	set_own();
	assert_int_equal(CoGetCancelObject(0, &IID_ICancelMethodCalls, &found),
			 S_OK);
	assert_ptr_equal(found, &own);
	assert_int_equal(
		ICancelMethodCalls_Cancel((ICancelMethodCalls *)found, 7),
		S_FALSE);
	assert_int_equal(seconds, 7);
	unset_own();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_set_without_enabling_is_not_asked),
		cmocka_unit_test(one_set_after_enabling_is_asked),
		cmocka_unit_test(it_can_be_had_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
