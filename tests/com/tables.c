/* SPDX-License-Identifier: MIT */
/*
 * tables.c - what `belay idl` adds to a proxy file, as the runtime reads it
 */
#include <belay/com/apartment.h>

#include "calc.h"
#include "check.h"
#include "derived.h"
#include "odd.h"

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;
extern const ExtendedProxyFileInfo derived_ProxyFileInfo;
extern const ExtendedProxyFileInfo odd_ProxyFileInfo;

static int index_of(const ExtendedProxyFileInfo *file, REFIID iid)
{
	int index = -1;

	assert_int_equal(file->pIIDLookupRtn(iid, &index), 1);
	assert_in_range(index, 0, file->TableSize - 1);
	return index;
}

/* NULL where there is none. */
static const IID *async_of(const ExtendedProxyFileInfo *file, REFIID iid)
{
	const IID *async = file->pAsyncIIDLookup[index_of(file, iid)];

	return async == (const IID *)-1 ? NULL : async;
}

static const char *const *methods_of(const ExtendedProxyFileInfo *file,
				     REFIID iid)
{
	const struct belay_proxy_names *names =
		(const struct belay_proxy_names *)file->Filler2;

	assert_non_null(names);
	assert_int_equal(names->size, sizeof(*names));
	assert_int_equal(names->mark, BELAY_PROXY_NAMES_MARK);
	return names->methods[index_of(file, iid)];
}

static void check_methods(const char *const *methods,
			  const char *const *expected)
{
	for (; *expected; methods++, expected++) {
		assert_non_null(*methods);
		assert_string_equal(*methods, *expected);
	}
	assert_null(*methods);
}

static void each_interface_has_the_iid_of_its_asynchronous_form(void **state)
{
	const ExtendedProxyFileInfo *calc = &calc_ProxyFileInfo;

	(void)state;
	assert_int_equal(calc->TableSize, 2);
	assert_in_range(calc->TableVersion, 6, 0xFFFF);
	assert_true(IsEqualIID(async_of(calc, &IID_ICalc), &IID_AsyncICalc));
	assert_true(IsEqualIID(async_of(calc, &IID_ICalcMemory),
			       &IID_AsyncICalcMemory));
}

static void an_interface_without_one_has_none(void **state)
{
	const ExtendedProxyFileInfo *file = &derived_ProxyFileInfo;

	(void)state;
	assert_null(async_of(file, &IID_ICalcPlain));
	assert_true(IsEqualIID(async_of(file, &IID_ICalcPlus),
			       &IID_AsyncICalcPlus));
}

static void methods_have_their_names_from_slot_3_on(void **state)
{
	static const char *const calc[] = {"Add",   "Slow",      "Fail", "Next",
					   "Upper", "UpperWide", NULL};
	static const char *const memory[] = {
		"Add",       "Slow",  "Fail",   "Next", "Upper",
		"UpperWide", "Store", "Recall", "Self", NULL};

	(void)state;
	check_methods(methods_of(&calc_ProxyFileInfo, &IID_ICalc), calc);
	check_methods(methods_of(&calc_ProxyFileInfo, &IID_ICalcMemory),
		      memory);
}

static void names_of_a_base_in_another_file_are_there_too(void **state)
{
	static const char *const plain[] = {"Add",    "Slow",  "Fail",
					    "Next",   "Upper", "UpperWide",
					    "Negate", NULL};
	const ExtendedProxyFileInfo *file = &derived_ProxyFileInfo;
	int index = index_of(file, &IID_ICalcPlain);

	(void)state;
	check_methods(methods_of(file, &IID_ICalcPlain), plain);
	assert_non_null(file->pDelegatedIIDs);
	assert_true(IsEqualIID(file->pDelegatedIIDs[index], &IID_ICalc));
}

static void there_are_as_many_names_as_methods(void **state)
{
	const ExtendedProxyFileInfo *file = &odd_ProxyFileInfo;
	const char *const *methods = methods_of(file, &IID_IOdd);
	ULONG count = 3;

	(void)state;
	while (*methods++)
		count++;
	assert_int_equal(file->pStubVtblList[0]->header.DispatchTableCount,
			 count);
	assert_string_equal(file->pNamesArray[0], "IOdd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_interface_has_the_iid_of_its_asynchronous_form),
		cmocka_unit_test(an_interface_without_one_has_none),
		cmocka_unit_test(methods_have_their_names_from_slot_3_on),
		cmocka_unit_test(names_of_a_base_in_another_file_are_there_too),
		cmocka_unit_test(there_are_as_many_names_as_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
