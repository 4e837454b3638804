/* SPDX-License-Identifier: MIT */
/*
 * ask.c - another of an object's interfaces, and what it answers
 */
#define COBJMACROS
#include "ask.h"

#include "check.h"

void *query(void *object, REFIID iid)
{
	void *found = NULL;

	assert_int_equal(
		IUnknown_QueryInterface((IUnknown *)object, iid, &found), S_OK);
	assert_non_null(found);
	return found;
}

AsyncICalc *ask_call(void *calc)
{
	ICallFactory *factory = AS(calc, ICallFactory);
	IUnknown *call = NULL;

	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncICalc, NULL,
						 &IID_AsyncICalc, &call),
			 S_OK);
	(void)ICallFactory_Release(factory);
	return (AsyncICalc *)call;
}

HRESULT ask_wait(void *call, DWORD milliseconds)
{
	ISynchronize *synchronize = AS(call, ISynchronize);
	HRESULT hr = ISynchronize_Wait(synchronize, 0, milliseconds);

	(void)ISynchronize_Release(synchronize);
	return hr;
}

HRESULT ask_signal(void *call)
{
	ISynchronize *synchronize = AS(call, ISynchronize);
	HRESULT hr = ISynchronize_Signal(synchronize);

	(void)ISynchronize_Release(synchronize);
	return hr;
}

HRESULT ask_reset(void *call)
{
	ISynchronize *synchronize = AS(call, ISynchronize);
	HRESULT hr = ISynchronize_Reset(synchronize);

	(void)ISynchronize_Release(synchronize);
	return hr;
}

HRESULT ask_handle(void *call, HANDLE *ret_handle)
{
	ISynchronizeHandle *handle = AS(call, ISynchronizeHandle);
	HRESULT hr = ISynchronizeHandle_GetHandle(handle, ret_handle);

	(void)ISynchronizeHandle_Release(handle);
	return hr;
}

HRESULT ask_cancel(void *call, ULONG seconds)
{
	ICancelMethodCalls *cancel = AS(call, ICancelMethodCalls);
	HRESULT hr = ICancelMethodCalls_Cancel(cancel, seconds);

	(void)ICancelMethodCalls_Release(cancel);
	return hr;
}

HRESULT ask_test_cancel(void *call)
{
	ICancelMethodCalls *cancel = AS(call, ICancelMethodCalls);
	HRESULT hr = ICancelMethodCalls_TestCancel(cancel);

	(void)ICancelMethodCalls_Release(cancel);
	return hr;
}
