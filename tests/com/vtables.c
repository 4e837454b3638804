/* SPDX-License-Identifier: MIT */
/*
 * vtables.c - every method is in its documented slot
 *
 * Acceptance statements 28 and 29, and the tables they rest on. C++ compiles
 * this file, too, and asks its own vtables.
 */
#include <belay/com/apartment.h>

#include "calc.h"
#include "check.h"

#ifdef __cplusplus

/* A pointer to a virtual method is 1 + its offset in the vtable. */
template <typename Method> static size_t slot_of(Method method)
{
	size_t offset;

	memcpy(&offset, &method, sizeof(offset));
	return (offset - 1) / sizeof(void *);
}

#define SLOT(interface_, method) slot_of(&interface_::method)

#else

#define SLOT(interface_, method)                                               \
	(offsetof(interface_##Vtbl, method) / sizeof(void *))

#endif

#define ROW(interface_, method, slot)                                          \
	{                                                                      \
#interface_ "::" #method, SLOT(interface_, method), slot       \
	}
#define PAIR(interface_, method, slot)                                         \
	ROW(interface_, Begin_##method, slot),                                 \
		ROW(interface_, Finish_##method, (slot) + 1)

struct row {
	const char *name;
	size_t slot;
	size_t documented;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].slot != rows[i].documented)
			fail_msg("%s is in slot %zu, not in %zu", rows[i].name,
				 rows[i].slot, rows[i].documented);
}

static void methods_of_calls_are_in_their_slots(void **state)
{
	const struct row rows[] = {
		ROW(IUnknown, QueryInterface, 0),
		ROW(IUnknown, AddRef, 1),
		ROW(IUnknown, Release, 2),
		ROW(IClassFactory, CreateInstance, 3),
		ROW(IClassFactory, LockServer, 4),
		ROW(ICallFactory, CreateCall, 3),
		ROW(ICancelMethodCalls, Cancel, 3),
		ROW(ICancelMethodCalls, TestCancel, 4),
		ROW(ISynchronize, Wait, 3),
		ROW(ISynchronize, Signal, 4),
		ROW(ISynchronize, Reset, 5),
		ROW(ISynchronizeHandle, GetHandle, 3),
		ROW(ISynchronizeEvent, GetHandle, 3),
		ROW(ISynchronizeEvent, SetEventHandle, 4),
		ROW(ISynchronizeContainer, AddSynchronize, 3),
		ROW(ISynchronizeContainer, WaitMultiple, 4),
		ROW(ISynchronizeMutex, Reset, 5),
		ROW(ISynchronizeMutex, ReleaseMutex, 6),
		ROW(IMultiQI, QueryMultipleInterfaces, 3),
		ROW(IAsyncManager, CompleteCall, 3),
		ROW(IAsyncManager, GetCallContext, 4),
		ROW(IAsyncManager, GetState, 5),
		ROW(IWaitMultiple, WaitMultiple, 3),
		ROW(IWaitMultiple, AddSynchronize, 4),
		ROW(IClientSecurity, QueryBlanket, 3),
		ROW(IClientSecurity, SetBlanket, 4),
		ROW(IClientSecurity, CopyProxy, 5),
		ROW(IServerSecurity, QueryBlanket, 3),
		ROW(IServerSecurity, ImpersonateClient, 4),
		ROW(IServerSecurity, RevertToSelf, 5),
		ROW(IServerSecurity, IsImpersonating, 6),
		ROW(IMalloc, Alloc, 3),
		ROW(IMalloc, Realloc, 4),
		ROW(IMalloc, Free, 5),
		ROW(IMalloc, GetSize, 6),
		ROW(IMalloc, DidAlloc, 7),
		ROW(IMalloc, HeapMinimize, 8),
		ROW(IMessageFilter, HandleInComingCall, 3),
		ROW(IMessageFilter, RetryRejectedCall, 4),
		ROW(IMessageFilter, MessagePending, 5),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void methods_of_marshaling_are_in_their_slots(void **state)
{
	const struct row rows[] = {
		ROW(ISequentialStream, Read, 3),
		ROW(ISequentialStream, Write, 4),
		ROW(IStream, Seek, 5),
		ROW(IStream, SetSize, 6),
		ROW(IStream, CopyTo, 7),
		ROW(IStream, Commit, 8),
		ROW(IStream, Revert, 9),
		ROW(IStream, LockRegion, 10),
		ROW(IStream, UnlockRegion, 11),
		ROW(IStream, Stat, 12),
		ROW(IStream, Clone, 13),
		ROW(IMarshal, GetUnmarshalClass, 3),
		ROW(IMarshal, GetMarshalSizeMax, 4),
		ROW(IMarshal, MarshalInterface, 5),
		ROW(IMarshal, UnmarshalInterface, 6),
		ROW(IMarshal, ReleaseMarshalData, 7),
		ROW(IMarshal, DisconnectObject, 8),
		ROW(IMarshal2, DisconnectObject, 8),
		ROW(IPSFactoryBuffer, CreateProxy, 3),
		ROW(IPSFactoryBuffer, CreateStub, 4),
		ROW(IRpcProxyBuffer, Connect, 3),
		ROW(IRpcProxyBuffer, Disconnect, 4),
		ROW(IRpcStubBuffer, Connect, 3),
		ROW(IRpcStubBuffer, Disconnect, 4),
		ROW(IRpcStubBuffer, Invoke, 5),
		ROW(IRpcStubBuffer, IsIIDSupported, 6),
		ROW(IRpcStubBuffer, CountRefs, 7),
		ROW(IRpcStubBuffer, DebugServerQueryInterface, 8),
		ROW(IRpcStubBuffer, DebugServerRelease, 9),
		ROW(IRpcChannelBuffer, GetBuffer, 3),
		ROW(IRpcChannelBuffer, SendReceive, 4),
		ROW(IRpcChannelBuffer, FreeBuffer, 5),
		ROW(IRpcChannelBuffer, GetDestCtx, 6),
		ROW(IRpcChannelBuffer, IsConnected, 7),
		ROW(IRpcChannelBuffer2, GetProtocolVersion, 8),
		ROW(IAsyncRpcChannelBuffer, Send, 9),
		ROW(IAsyncRpcChannelBuffer, Receive, 10),
		ROW(IAsyncRpcChannelBuffer, GetDestCtxEx, 11),
		ROW(IRpcChannelBuffer3, Send, 9),
		ROW(IRpcChannelBuffer3, Receive, 10),
		ROW(IRpcChannelBuffer3, Cancel, 11),
		ROW(IRpcChannelBuffer3, GetCallContext, 12),
		ROW(IRpcChannelBuffer3, GetDestCtxEx, 13),
		ROW(IRpcChannelBuffer3, GetState, 14),
		ROW(IRpcChannelBuffer3, RegisterAsync, 15),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void statement_28_begin_and_finish_follow_each_other(void **state)
{
	const struct row rows[] = {
		PAIR(AsyncIUnknown, QueryInterface, 3),
		PAIR(AsyncIUnknown, AddRef, 5),
		PAIR(AsyncIUnknown, Release, 7),
		PAIR(AsyncIMultiQI, QueryMultipleInterfaces, 3),
		PAIR(AsyncIPipeByte, Pull, 3),
		PAIR(AsyncIPipeByte, Push, 5),
		PAIR(AsyncIPipeLong, Push, 5),
		PAIR(AsyncIPipeDouble, Push, 5),
		PAIR(AsyncICalc, Add, 3),
		PAIR(AsyncICalc, Slow, 5),
		PAIR(AsyncICalc, UpperWide, 13),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void statement_29_a_derived_interface_starts_with_its_base(void **state)
{
	const struct row rows[] = {
		PAIR(AsyncICalcMemory, Add, 3),
		PAIR(AsyncICalcMemory, UpperWide, 13),
		PAIR(AsyncICalcMemory, Store, 15),
		PAIR(AsyncICalcMemory, Recall, 17),
		ROW(ICalcMemory, Add, 3),
		ROW(ICalcMemory, Store, 9),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_of_calls_are_in_their_slots),
		cmocka_unit_test(methods_of_marshaling_are_in_their_slots),
		cmocka_unit_test(
			statement_28_begin_and_finish_follow_each_other),
		cmocka_unit_test(
			statement_29_a_derived_interface_starts_with_its_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
