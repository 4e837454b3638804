/* SPDX-License-Identifier: MIT */
/*
 * status.c - the codes have COM's values, bit for bit
 */
#include <stdlib.h>

#include "calls.h"

/* Written from COM's documentation, not from the header. */
static const struct {
	const char *name;
	HRESULT code;
	uint32_t value;
} codes[] = {
	{"S_OK", S_OK, 0x00000000},
	{"E_NOTIMPL", E_NOTIMPL, 0x80004001},
	{"E_NOINTERFACE", E_NOINTERFACE, 0x80004002},
	{"E_POINTER", E_POINTER, 0x80004003},
	{"E_FAIL", E_FAIL, 0x80004005},
	{"E_UNEXPECTED", E_UNEXPECTED, 0x8000FFFF},
	{"E_ACCESSDENIED", E_ACCESSDENIED, 0x80070005},
	{"E_OUTOFMEMORY", E_OUTOFMEMORY, 0x8007000E},
	{"E_INVALIDARG", E_INVALIDARG, 0x80070057},
	{"RPC_S_CALLPENDING", RPC_S_CALLPENDING, 0x80010115},
	{"RPC_E_CALL_PENDING", RPC_E_CALL_PENDING, 0x80010115},
	{"RPC_E_CALL_CANCELED", RPC_E_CALL_CANCELED, 0x80010002},
	{"RPC_E_CALL_COMPLETE", RPC_E_CALL_COMPLETE, 0x80010117},
	{"RPC_E_SERVER_DIED", RPC_E_SERVER_DIED, 0x80010007},
	{"RPC_E_DISCONNECTED", RPC_E_DISCONNECTED, 0x80010108},
	{"RPC_E_TIMEOUT", RPC_E_TIMEOUT, 0x8001011F},
};

#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

static void codes_have_their_exact_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_COUNT; i++)
		if ((uint32_t)codes[i].code != codes[i].value)
			fail_msg("%s is %#x", codes[i].name,
				 (unsigned int)codes[i].code);
}

static void codes_are_signed_and_32_bits_wide(void **state)
{
	(void)state;
	assert_int_equal(sizeof(HRESULT), 4);
	assert_true((HRESULT)-1 < 0);
	for (size_t i = 0; i < CODE_COUNT; i++)
		assert_int_equal(codes[i].code < 0,
				 codes[i].value >= 0x80000000);
}

static void a_pending_call_is_a_failure_in_spite_of_its_name(void **state)
{
	(void)state;
	assert_true(FAILED(RPC_S_CALLPENDING));
	assert_false(SUCCEEDED(RPC_S_CALLPENDING));
	assert_true(SUCCEEDED(S_OK));
	assert_true(SUCCEEDED(1));
	assert_false(FAILED(S_OK));
}

static void times_without_end_have_all_bits_set(void **state)
{
	(void)state;
	assert_int_equal((uint32_t)RPC_C_CANCEL_INFINITE_TIMEOUT, 0xFFFFFFFF);
	assert_int_equal(INFINITE, 0xFFFFFFFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_have_their_exact_values),
		cmocka_unit_test(codes_are_signed_and_32_bits_wide),
		cmocka_unit_test(
			a_pending_call_is_a_failure_in_spite_of_its_name),
		cmocka_unit_test(times_without_end_have_all_bits_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
