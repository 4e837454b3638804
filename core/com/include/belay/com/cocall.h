/* SPDX-License-Identifier: MIT */
/*
 * belay/com/cocall.h - COM's functions: the call that a thread serves, and
 * those that it makes
 *
 * What combaseapi.h says at its beginning is true of these, too.
 *
 * Asynchronous calls are not a thread's: they are cancelled through the
 * ICancelMethodCalls of their call object, and no function here finds them,
 * not even while the thread waits in their Finish_.
 */
#ifndef BELAY_COM_COCALL_H
#define BELAY_COM_COCALL_H

#include <belay/com/objidl.h>
#include <belay/com/unknwn.h>

/*
 * CoGetCallContext() - about the call that this thread serves
 *
 * riid: IID_IServerSecurity or IID_ICancelMethodCalls
 *
 * Return: S_OK; RPC_E_CALL_COMPLETE: it serves none;
 *         E_NOINTERFACE: the context does not have riid; E_INVALIDARG.
 */
WINOLEAPI CoGetCallContext(REFIID riid, void **ppv);

/*
 * CoSwitchCallContext() - sets what CoGetCallContext() asks
 *
 * For custom marshalers, around the call that they dispatch. No reference is
 * counted: the caller keeps the context alive, and puts the former one back.
 *
 * context:      or NULL
 * ret_previous: NULL where there was none
 *
 * Return: S_OK; E_INVALIDARG.
 */
WINOLEAPI CoSwitchCallContext(IUnknown *context, IUnknown **ret_previous);

/*
 * CoTestCancel() - whether the client has cancelled the call that we serve
 *
 * For a synchronous method. A call object asks itself for ICancelMethodCalls.
 *
 * Return: RPC_S_CALLPENDING: it has not; RPC_E_CALL_CANCELED: it has, and
 *         nobody waits for our results; RPC_E_CALL_COMPLETE: no call is served.
 */
WINOLEAPI CoTestCancel(void);

/*
 * CoCancelCall() - cancels the synchronous call that a thread waits in
 *
 * Its innermost one that can be cancelled. On any thread.
 *
 * thread:  as gettid() says; 0: this one
 * seconds: as ICancelMethodCalls::Cancel(): 0 abandons it at once; n waits that
 *          long for the server; RPC_C_CANCEL_INFINITE_TIMEOUT for ever
 *
 * Return: S_OK: the call returns RPC_E_CALL_CANCELED;
 *         E_NOINTERFACE: the thread waits in none;
 *         CO_E_CANCEL_DISABLED: it had not called CoEnableCallCancellation();
 *         RPC_E_CALL_COMPLETE: the server was faster;
 *         RPC_E_CALL_CANCELED: it was cancelled before;
 *         what a cancel object of the program's says.
 */
WINOLEAPI CoCancelCall(DWORD thread, ULONG seconds);

/*
 * CoGetCancelObject() - through which a thread's synchronous call is cancelled
 *
 * riid: IID_ICancelMethodCalls, usually
 *
 * Return: S_OK; E_NOINTERFACE: the thread waits in none, or the object does not
 *         have riid; E_INVALIDARG.
 */
WINOLEAPI CoGetCancelObject(DWORD thread, REFIID riid, void **ppv);

/*
 * CoSetCancelObject() - for who marshals himself: how his call is cancelled
 *
 * Objects are stacked, for nested calls.
 *
 * object: is asked for ICancelMethodCalls, and kept; NULL takes the topmost off
 *
 * Return: S_OK, also where there is none to take off;
 *         E_NOINTERFACE: it does not have it.
 */
WINOLEAPI CoSetCancelObject(IUnknown *object);

/*
 * CoEnableCallCancellation() - lets this thread's synchronous calls be cancelled
 *
 * Those that begin from now on. Each is undone by one
 * CoDisableCallCancellation(); CoInitializeEx() and CoUninitialize() change
 * nothing in it. In an apartment or not.
 *
 * reserved: NULL
 *
 * Return: S_OK; E_INVALIDARG.
 */
WINOLEAPI CoEnableCallCancellation(LPVOID reserved);

/*
 * CoDisableCallCancellation() - undoes one CoEnableCallCancellation()
 *
 * Return: S_OK; CO_E_CANCEL_DISABLED: there is none to undo; E_INVALIDARG.
 */
WINOLEAPI CoDisableCallCancellation(LPVOID reserved);

#endif
