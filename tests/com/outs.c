/* SPDX-License-Identifier: MIT */
/*
 * outs.c - what comes out is written also where arguments are wrong
 */
#define COBJMACROS

#include <belay/com/objbase.h>

#include "check.h"

static void pointers_are_NULL(void **state)
{
	int anything;
	void *found = &anything;
	IMessageFilter *previous = (IMessageFilter *)&anything;

	(void)state;
	assert_int_equal(CoUnmarshalInterface(NULL, &IID_IUnknown, &found),
			 E_INVALIDARG);
	assert_null(found);
	found = &anything;
	assert_int_equal(
		CoGetInterfaceAndReleaseStream(NULL, &IID_IUnknown, &found),
		E_INVALIDARG);
	assert_null(found);
	assert_int_equal(CoRegisterMessageFilter(NULL, &previous),
			 CO_E_NOT_SUPPORTED);
	assert_null(previous);
}

static void numbers_are_0(void **state)
{
	DWORD cookie = 77;
	ULONG size = 77;
	IUnknown *event;

	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	assert_int_equal(CoRegisterClassObject(&CLSID_StdEvent, NULL,
					       CLSCTX_INPROC_SERVER, 0,
					       &cookie),
			 E_INVALIDARG);
	assert_int_equal(cookie, 0);
	assert_int_equal(CoCreateInstance(&CLSID_StdEvent, NULL,
					  CLSCTX_INPROC_SERVER, &IID_IUnknown,
					  (void **)&event),
			 S_OK);
	assert_int_equal(CoGetMarshalSizeMax(&size, &IID_IUnknown, NULL,
					     MSHCTX_INPROC, NULL, 0),
			 E_INVALIDARG);
	assert_int_equal(size, 0);
	(void)IUnknown_Release(event);
	CoUninitialize();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_are_NULL),
		cmocka_unit_test(numbers_are_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
