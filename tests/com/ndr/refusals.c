/* SPDX-License-Identifier: MIT */
/*
 * refusals.c - what cannot be marshaled is refused when it is registered
 */
#include "derived.h"
#include "large.h"
#include "refused.h"

#include <stdio.h>
#include <unistd.h>

#include "case.h"

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;
extern const ExtendedProxyFileInfo derived_ProxyFileInfo;
extern const ExtendedProxyFileInfo large_ProxyFileInfo;
extern const ExtendedProxyFileInfo refused_ProxyFileInfo;

/* Registers a file; what was said of it is in `said`. */
static HRESULT register_aloud(const ExtendedProxyFileInfo *file, char said[512])
{
	int ends[2], error = dup(STDERR_FILENO);
	HRESULT status;
	ssize_t size;

	assert_int_equal(pipe(ends), 0);
	(void)dup2(ends[1], STDERR_FILENO);
	status = belay_register_proxies(file);
	(void)dup2(error, STDERR_FILENO);
	(void)close(ends[1]);
	size = read(ends[0], said, 511);
	said[size > 0 ? size : 0] = '\0';
	(void)close(ends[0]);
	(void)close(error);
	return status;
}

static void a_refusal_names_interface_method_and_parameter(void **state)
{
	char said[512];

	(void)state;
	assert_int_equal(register_aloud(&refused_ProxyFileInfo, said),
			 E_NOTIMPL);
	assert_string_equal(said,
			    "belay: Cannot marshal: interface=\"IRefused\", "
			    "method=\"Full\", parameter=2, error=\"full "
			    "pointers ([ptr]) are not supported: use "
			    "[unique]\"\n");
	assert_null(belayi_interface_find(&IID_IRefused));
}

static void a_count_of_more_than_a_call_keeps_is_refused(void **state)
{
	char said[512];

	(void)state;
	assert_int_equal(register_aloud(&large_ProxyFileInfo, said), E_NOTIMPL);
	assert_string_equal(said,
			    "belay: Cannot marshal: interface=\"ILarge\", "
			    "method=\"Send\", parameter=2, error=\"more than 1 "
			    "KiB of arguments by which others are counted: "
			    "pass the count by value\"\n");
	assert_null(belayi_interface_find(&IID_ILarge));
}

static void a_base_comes_before_what_is_derived_from_it(void **state)
{
	const struct belayi_interface *iface;
	char said[512];

	(void)state;
	assert_int_equal(register_aloud(&derived_ProxyFileInfo, said),
			 REGDB_E_IIDNOTREG);
	assert_non_null(strstr(said, "is to be registered before"));
	assert_ok(belay_register_proxies(&calc_ProxyFileInfo));
	assert_ok(belay_register_proxies(&derived_ProxyFileInfo));
	iface = belayi_interface_find(&IID_ICalcPlus);
	assert_non_null(iface);
	assert_string_equal(belayi_procedure_of(iface, 3)->operation.name,
			    "ICalcPlus.Add");
	assert_null(belayi_procedure_of(iface, iface->slots));
	assert_null(belayi_procedure_of(iface, 2));
	assert_ptr_equal(belayi_interface_find_async(&IID_AsyncICalcPlus),
			 iface);
}

static void what_is_registered_stays_as_it_is(void **state)
{
	const struct belayi_interface *iface;

	(void)state;
	assert_ok(belay_register_proxies(&calc_ProxyFileInfo));
	iface = belayi_interface_find(&IID_ICalc);
	assert_ok(belay_register_proxies(&calc_ProxyFileInfo));
	assert_ptr_equal(belayi_interface_find(&IID_ICalc), iface);
	assert_int_equal(belay_register_proxies(NULL), E_INVALIDARG);
	assert_null(belayi_interface_find(&IID_IUnknown));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_refusal_names_interface_method_and_parameter),
		cmocka_unit_test(a_count_of_more_than_a_call_keeps_is_refused),
		cmocka_unit_test(a_base_comes_before_what_is_derived_from_it),
		cmocka_unit_test(what_is_registered_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
