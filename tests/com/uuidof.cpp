/* SPDX-License-Identifier: MIT */
/*
 * uuidof.cpp - what a C++ program of Windows says in place of an IID
 */
#include <windows.h>

#include <belay/com/objbase.h>

#include "calc.h"
#include "check.h"

namespace
{

void a_type_has_its_id(void **state)
{
	(void)state;
	assert_true(__uuidof(IUnknown) == IID_IUnknown);
	assert_true(__uuidof(ICallFactory) == IID_ICallFactory);
	assert_true(__uuidof(ICalc) == IID_ICalc);
	assert_true(__uuidof(AsyncICalc) == IID_AsyncICalc);
	assert_true(__uuidof(ICalc) != __uuidof(AsyncICalc));
}

void a_value_has_the_id_of_its_type(void **state)
{
	const ICalc *calc = nullptr;

	(void)state;
	assert_true(__uuidof(calc) == IID_ICalc);
	assert_true(__uuidof(*calc) == IID_ICalc);
	assert_true(__uuidof(ICalc *) == IID_ICalc);
}

void the_compiler_knows_it(void **state)
{
	constexpr GUID id = __uuidof(IUnknown);

	static_assert(__uuidof(IUnknown).Data4[0] == 0xC0, "no constant");
	(void)state;
	assert_true(id == IID_IUnknown);
}

void id_and_pointer_are_given_at_once(void **state)
{
	ISynchronize *event = nullptr;
	IUnknown *same = nullptr;

	(void)state;
	assert_int_equal(CoInitializeEx(nullptr, COINIT_MULTITHREADED), S_OK);
	assert_int_equal(CoCreateInstance(CLSID_ManualResetEvent, nullptr,
					  CLSCTX_INPROC_SERVER,
					  IID_PPV_ARGS(&event)),
			 S_OK);
	assert_int_equal(event->Signal(), S_OK);
	assert_int_equal(event->QueryInterface(IID_PPV_ARGS(&same)), S_OK);
	same->Release();
	event->Release();
	CoUninitialize();
}

} // namespace

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_has_its_id),
		cmocka_unit_test(a_value_has_the_id_of_its_type),
		cmocka_unit_test(the_compiler_knows_it),
		cmocka_unit_test(id_and_pointer_are_given_at_once),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
