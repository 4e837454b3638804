/* SPDX-License-Identifier: MIT */
/*
 * identities.c - IIDs, CLSIDs and status codes are COM's, byte for byte
 *
 * Acceptance statements 81, 82 and 83. The tables are written from COM's
 * documentation, not from the headers. C++ compiles this file, too.
 */
#include <belay/com/apartment.h>

#include "check.h"

static const struct {
	const char *name;
	const GUID *guid;
	const char *text;
} guids[] = {
	{"GUID_NULL", &GUID_NULL, "00000000-0000-0000-0000-000000000000"},
	{"IID_NULL", &IID_NULL, "00000000-0000-0000-0000-000000000000"},
	{"IID_IUnknown", &IID_IUnknown, "00000000-0000-0000-C000-000000000046"},
	{"IID_AsyncIUnknown", &IID_AsyncIUnknown,
	 "000E0000-0000-0000-C000-000000000046"},
	{"IID_IMultiQI", &IID_IMultiQI, "00000020-0000-0000-C000-000000000046"},
	{"IID_AsyncIMultiQI", &IID_AsyncIMultiQI,
	 "000E0020-0000-0000-C000-000000000046"},
	{"IID_ICallFactory", &IID_ICallFactory,
	 "1C733A30-2A1C-11CE-ADE5-00AA0044773D"},
	{"IID_ICancelMethodCalls", &IID_ICancelMethodCalls,
	 "00000029-0000-0000-C000-000000000046"},
	{"IID_ISynchronize", &IID_ISynchronize,
	 "00000030-0000-0000-C000-000000000046"},
	{"IID_ISynchronizeHandle", &IID_ISynchronizeHandle,
	 "00000031-0000-0000-C000-000000000046"},
	{"IID_ISynchronizeEvent", &IID_ISynchronizeEvent,
	 "00000032-0000-0000-C000-000000000046"},
	{"IID_ISynchronizeContainer", &IID_ISynchronizeContainer,
	 "00000033-0000-0000-C000-000000000046"},
	{"IID_ISynchronizeMutex", &IID_ISynchronizeMutex,
	 "00000025-0000-0000-C000-000000000046"},
	{"IID_IAsyncManager", &IID_IAsyncManager,
	 "0000002A-0000-0000-C000-000000000046"},
	{"IID_IWaitMultiple", &IID_IWaitMultiple,
	 "0000002B-0000-0000-C000-000000000046"},
	{"IID_IAsyncSetup", &IID_IAsyncSetup,
	 "00000024-0000-0000-C000-000000000046"},
	{"IID_IClientSecurity", &IID_IClientSecurity,
	 "0000013D-0000-0000-C000-000000000046"},
	{"IID_IServerSecurity", &IID_IServerSecurity,
	 "0000013E-0000-0000-C000-000000000046"},
	{"IID_IMalloc", &IID_IMalloc, "00000002-0000-0000-C000-000000000046"},
	{"IID_IMarshal", &IID_IMarshal, "00000003-0000-0000-C000-000000000046"},
	{"IID_IMarshal2", &IID_IMarshal2,
	 "000001CF-0000-0000-C000-000000000046"},
	{"IID_IStdMarshalInfo", &IID_IStdMarshalInfo,
	 "00000018-0000-0000-C000-000000000046"},
	{"IID_IPSFactoryBuffer", &IID_IPSFactoryBuffer,
	 "D5F569D0-593B-101A-B569-08002B2DBF7A"},
	{"IID_IRpcProxyBuffer", &IID_IRpcProxyBuffer,
	 "D5F56A34-593B-101A-B569-08002B2DBF7A"},
	{"IID_IRpcStubBuffer", &IID_IRpcStubBuffer,
	 "D5F56AFC-593B-101A-B569-08002B2DBF7A"},
	{"IID_IRpcChannelBuffer", &IID_IRpcChannelBuffer,
	 "D5F56B60-593B-101A-B569-08002B2DBF7A"},
	{"IID_IRpcChannelBuffer2", &IID_IRpcChannelBuffer2,
	 "594F31D0-7F19-11D0-B194-00A0C90DC8BF"},
	{"IID_IRpcChannelBuffer3", &IID_IRpcChannelBuffer3,
	 "25B15600-0115-11D0-BF0D-00AA00B8DFD2"},
	{"IID_IAsyncRpcChannelBuffer", &IID_IAsyncRpcChannelBuffer,
	 "A5029FB6-3C34-11D1-9C99-00C04FB998AA"},
	{"IID_IReleaseMarshalBuffers", &IID_IReleaseMarshalBuffers,
	 "EB0CB9E8-7996-11D2-872E-0000F8080859"},
	{"IID_IRpcOptions", &IID_IRpcOptions,
	 "00000144-0000-0000-C000-000000000046"},
	{"IID_IPipeByte", &IID_IPipeByte,
	 "DB2F3ACA-2F86-11D1-8E04-00C04FB9989A"},
	{"IID_AsyncIPipeByte", &IID_AsyncIPipeByte,
	 "DB2F3ACB-2F86-11D1-8E04-00C04FB9989A"},
	{"IID_IPipeLong", &IID_IPipeLong,
	 "DB2F3ACC-2F86-11D1-8E04-00C04FB9989A"},
	{"IID_AsyncIPipeLong", &IID_AsyncIPipeLong,
	 "DB2F3ACD-2F86-11D1-8E04-00C04FB9989A"},
	{"IID_IPipeDouble", &IID_IPipeDouble,
	 "DB2F3ACE-2F86-11D1-8E04-00C04FB9989A"},
	{"IID_AsyncIPipeDouble", &IID_AsyncIPipeDouble,
	 "DB2F3ACF-2F86-11D1-8E04-00C04FB9989A"},
	{"CLSID_StdEvent", &CLSID_StdEvent,
	 "0000032B-0000-0000-C000-000000000046"},
	{"CLSID_ManualResetEvent", &CLSID_ManualResetEvent,
	 "0000032C-0000-0000-C000-000000000046"},
	{"CLSID_StdMarshal", &CLSID_StdMarshal,
	 "00000017-0000-0000-C000-000000000046"},
	{"CLSID_InProcFreeMarshaler", &CLSID_InProcFreeMarshaler,
	 "0000033A-0000-0000-C000-000000000046"},
	{"CLSID_SynchronizeContainer", &CLSID_SynchronizeContainer,
	 "0000032D-0000-0000-C000-000000000046"},
	{"IID_IClassFactory", &IID_IClassFactory,
	 "00000001-0000-0000-C000-000000000046"},
	{"IID_IStream", &IID_IStream, "0000000C-0000-0000-C000-000000000046"},
	{"IID_ISequentialStream", &IID_ISequentialStream,
	 "0C733A30-2A1C-11CE-ADE5-00AA0044773D"},
	{"IID_IMessageFilter", &IID_IMessageFilter,
	 "00000016-0000-0000-C000-000000000046"},
};

static const struct {
	const char *name;
	uint32_t code;
	uint32_t value;
} codes[] = {
	{"S_OK", (uint32_t)S_OK, 0x00000000},
	{"RPC_S_CALLPENDING", (uint32_t)RPC_S_CALLPENDING, 0x80010115},
	{"RPC_E_CALL_CANCELED", (uint32_t)RPC_E_CALL_CANCELED, 0x80010002},
	{"RPC_E_CALL_COMPLETE", (uint32_t)RPC_E_CALL_COMPLETE, 0x80010117},
	{"RPC_E_TIMEOUT", (uint32_t)RPC_E_TIMEOUT, 0x8001011F},
	{"RPC_E_NO_SYNC", (uint32_t)RPC_E_NO_SYNC, 0x80010120},
	{"RPC_E_OUT_OF_RESOURCES", (uint32_t)RPC_E_OUT_OF_RESOURCES,
	 0x80010101},
	{"CO_E_CANCEL_DISABLED", (uint32_t)CO_E_CANCEL_DISABLED, 0x80010140},
	{"RPC_E_DISCONNECTED", (uint32_t)RPC_E_DISCONNECTED, 0x80010108},
	{"RPC_E_SERVER_DIED", (uint32_t)RPC_E_SERVER_DIED, 0x80010007},
	{"RPC_E_SERVER_DIED_DNE", (uint32_t)RPC_E_SERVER_DIED_DNE, 0x80010012},
	{"RPC_E_CLIENT_DIED", (uint32_t)RPC_E_CLIENT_DIED, 0x80010008},
	{"RPC_E_WRONG_THREAD", (uint32_t)RPC_E_WRONG_THREAD, 0x8001010E},
	{"RPC_E_CANTCALLOUT_INASYNCCALL",
	 (uint32_t)RPC_E_CANTCALLOUT_INASYNCCALL, 0x80010004},
	{"RPC_E_CANTCALLOUT_ININPUTSYNCCALL",
	 (uint32_t)RPC_E_CANTCALLOUT_ININPUTSYNCCALL, 0x8001010D},
	{"RPC_S_WAITONTIMER", (uint32_t)RPC_S_WAITONTIMER, 0x80010116},
	{"RPC_E_NO_CONTEXT", (uint32_t)RPC_E_NO_CONTEXT, 0x8001011E},
	{"RPC_E_CALL_REJECTED", (uint32_t)RPC_E_CALL_REJECTED, 0x80010001},
	{"RPC_E_RETRY", (uint32_t)RPC_E_RETRY, 0x80010109},
	{"RPC_E_SERVERCALL_RETRYLATER", (uint32_t)RPC_E_SERVERCALL_RETRYLATER,
	 0x8001010A},
	{"RPC_E_SERVERFAULT", (uint32_t)RPC_E_SERVERFAULT, 0x80010105},
	{"RPC_E_FAULT", (uint32_t)RPC_E_FAULT, 0x80010104},
	{"RPC_E_INVALIDMETHOD", (uint32_t)RPC_E_INVALIDMETHOD, 0x80010107},
	{"RPC_E_INVALID_OBJECT", (uint32_t)RPC_E_INVALID_OBJECT, 0x80010114},
	{"RPC_E_INVALID_OBJREF", (uint32_t)RPC_E_INVALID_OBJREF, 0x8001011D},
	{"RPC_E_THREAD_NOT_INIT", (uint32_t)RPC_E_THREAD_NOT_INIT, 0x8001010F},
	{"RPC_E_CHANGED_MODE", (uint32_t)RPC_E_CHANGED_MODE, 0x80010106},
	{"RPC_E_UNSECURE_CALL", (uint32_t)RPC_E_UNSECURE_CALL, 0x80010118},
	{"CO_E_FAILEDTOIMPERSONATE", (uint32_t)CO_E_FAILEDTOIMPERSONATE,
	 0x80010123},
	{"RPC_E_TOO_LATE", (uint32_t)RPC_E_TOO_LATE, 0x80010119},
	{"RPC_E_UNEXPECTED", (uint32_t)RPC_E_UNEXPECTED, 0x8001FFFF},
	{"CO_E_NOTINITIALIZED", (uint32_t)CO_E_NOTINITIALIZED, 0x800401F0},
	{"CO_E_OBJNOTCONNECTED", (uint32_t)CO_E_OBJNOTCONNECTED, 0x800401FD},
	{"E_NOINTERFACE", (uint32_t)E_NOINTERFACE, 0x80004002},
	{"E_POINTER", (uint32_t)E_POINTER, 0x80004003},
	{"E_INVALIDARG", (uint32_t)E_INVALIDARG, 0x80070057},
	{"E_OUTOFMEMORY", (uint32_t)E_OUTOFMEMORY, 0x8007000E},
	{"E_UNEXPECTED", (uint32_t)E_UNEXPECTED, 0x8000FFFF},
	{"E_FAIL", (uint32_t)E_FAIL, 0x80004005},
	{"E_NOTIMPL", (uint32_t)E_NOTIMPL, 0x80004001},
	{"E_ACCESSDENIED", (uint32_t)E_ACCESSDENIED, 0x80070005},
	{"CLASS_E_NOAGGREGATION", (uint32_t)CLASS_E_NOAGGREGATION, 0x80040110},
	{"REGDB_E_IIDNOTREG", (uint32_t)REGDB_E_IIDNOTREG, 0x80040155},
	{"REGDB_E_CLASSNOTREG", (uint32_t)REGDB_E_CLASSNOTREG, 0x80040154},
	{"INFINITE", (uint32_t)INFINITE, 0xFFFFFFFF},
	{"S_FALSE", (uint32_t)S_FALSE, 0x00000001},
	{"NOERROR", (uint32_t)NOERROR, 0},
	{"RPC_E_CALL_PENDING", (uint32_t)RPC_E_CALL_PENDING, 0x80010115},
	{"RPC_C_CANCEL_INFINITE_TIMEOUT",
	 (uint32_t)RPC_C_CANCEL_INFINITE_TIMEOUT, 0xFFFFFFFF},
	{"HRESULT_FROM_WIN32(RPC_S_CALL_CANCELLED)",
	 (uint32_t)HRESULT_FROM_WIN32(RPC_S_CALL_CANCELLED), 0x8007071A},
	{"HRESULT_FROM_WIN32(ERROR_SUCCESS)",
	 (uint32_t)HRESULT_FROM_WIN32(ERROR_SUCCESS), 0},
	{"RPC_S_ASYNC_CALL_PENDING", RPC_S_ASYNC_CALL_PENDING, 997},
	{"MAKE_HRESULT(1, FACILITY_ITF, 0x200)",
	 (uint32_t)MAKE_HRESULT(1, FACILITY_ITF, 0x200), 0x80040200},
	{"COWAIT_WAITALL", COWAIT_WAITALL, 1},
	{"COWAIT_ALERTABLE", COWAIT_ALERTABLE, 2},
	{"COWAIT_INPUTAVAILABLE", COWAIT_INPUTAVAILABLE, 4},
	{"COWAIT_DISPATCH_CALLS", COWAIT_DISPATCH_CALLS, 8},
	{"COWAIT_DISPATCH_WINDOW_MESSAGES", COWAIT_DISPATCH_WINDOW_MESSAGES,
	 0x10},
	{"DCOM_NONE", DCOM_NONE, 0},
	{"DCOM_CALL_COMPLETE", DCOM_CALL_COMPLETE, 1},
	{"DCOM_CALL_CANCELED", DCOM_CALL_CANCELED, 2},
};

/* The bytes of a GUID in memory: the first three parts are little-endian. */
static void bytes_of(const char *text, unsigned char bytes[16])
{
	static const int order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
				      8, 9, 10, 11, 12, 13, 14, 15};

	for (int i = 0; i < 16; i++) {
		unsigned int byte_value;

		text += *text == '-';
		assert_int_equal(sscanf(text, "%2x", &byte_value), 1);
		bytes[order[i]] = (unsigned char)byte_value;
		text += 2;
	}
}

static void statement_82_every_guid_is_the_documented_one(void **state)
{
	unsigned char bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof(guids) / sizeof(guids[0]); i++) {
		bytes_of(guids[i].text, bytes);
		if (memcmp(guids[i].guid, bytes, sizeof(bytes)) != 0)
			fail_msg("%s is not %s", guids[i].name, guids[i].text);
	}
}

static void statement_82_every_code_has_the_documented_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code != codes[i].value)
			fail_msg("%s is %#x", codes[i].name, codes[i].code);
}

static void statement_81_a_pending_call_is_a_failure(void **state)
{
	(void)state;
	assert_true(FAILED(RPC_S_CALLPENDING));
	assert_false(SUCCEEDED(RPC_S_CALLPENDING));
}

static void statement_83_cancel_without_end_has_all_bits_set(void **state)
{
	(void)state;
	assert_true((ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT == 0xFFFFFFFF);
}

static void types_have_the_sizes_of_windows(void **state)
{
	(void)state;
	assert_int_equal(sizeof(LONG), 4);
	assert_int_equal(sizeof(ULONG), 4);
	assert_int_equal(sizeof(DWORD), 4);
	assert_int_equal(sizeof(HRESULT), 4);
	assert_int_equal(sizeof(BOOL), 4);
	assert_int_equal(sizeof(WCHAR), 2);
	assert_int_equal(sizeof(u"ab"), 3 * sizeof(WCHAR));
	assert_int_equal(sizeof(LONGLONG), 8);
	assert_int_equal(sizeof(hyper), 8);
	assert_int_equal(sizeof(small), 1);
	assert_int_equal(sizeof(unsigned __int64), 8);
	assert_int_equal(sizeof(ULONG_PTR), sizeof(void *));
	assert_int_equal(sizeof(HANDLE), sizeof(void *));
	assert_int_equal(sizeof(GUID), 16);
	assert_int_equal(sizeof(LARGE_INTEGER), 8);
	assert_int_equal(sizeof(RPCOLEMESSAGE), 80);
}

static void equal_guids_are_found_equal(void **state)
{
	const IID copy = IID_IUnknown;

	(void)state;
#ifdef __cplusplus
	assert_true(IsEqualGUID(copy, IID_IUnknown));
	assert_false(IsEqualIID(copy, IID_IMarshal));
	assert_true(copy == IID_IUnknown && copy != IID_IMarshal);
#else
	assert_true(IsEqualGUID(&copy, &IID_IUnknown));
	assert_false(IsEqualIID(&copy, &IID_IMarshal));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statement_81_a_pending_call_is_a_failure),
		cmocka_unit_test(
			statement_82_every_code_has_the_documented_value),
		cmocka_unit_test(statement_82_every_guid_is_the_documented_one),
		cmocka_unit_test(
			statement_83_cancel_without_end_has_all_bits_set),
		cmocka_unit_test(equal_guids_are_found_equal),
		cmocka_unit_test(types_have_the_sizes_of_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
