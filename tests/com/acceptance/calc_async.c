/* SPDX-License-Identifier: MIT */
/*
 * calc_async.c - the methods of a calc's call object: AsyncICalc
 *
 * Begin_ methods do their work at once but Slow, which has a thread. Signal
 * is called in the calc's apartment: by that thread, which is in the MTA, or
 * by the STA's thread in calc_run_jobs().
 */
#define COBJMACROS
#include "calc_call.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "impl.h"

/* --- Signaling ----------------------------------------------------------- */

static ISynchronize *synchronize(struct calc_call *call)
{
	ISynchronize *sync = NULL;

	(void)IUnknown_QueryInterface(call->outer, &IID_ISynchronize,
				      (void **)&sync);
	return sync;
}

/* Nothing of the call is touched afterwards: Signal may have ended it. */
static void signal_it(struct calc_call *call)
{
	ISynchronize *sync = synchronize(call);

	if (!sync)
		return;
	(void)ISynchronize_Signal(sync);
	ISynchronize_Release(sync);
}

static void add_job(struct calc_call *call)
{
	struct calc *calc = call->calc;

	(void)pthread_mutex_lock(&calc->lock);
	call->next = calc->jobs;
	calc->jobs = call;
	(void)eventfd_write(calc->jobs_fd, 1);
	(void)pthread_mutex_unlock(&calc->lock);
}

static void stop_working(struct calc *calc)
{
	(void)tally_take(&calc->counts.working);
	/* The server's thread looks whether this was the last one. */
	(void)eventfd_write(calc->jobs_fd, 1);
}

void calc_run_jobs(struct calc *calc)
{
	struct calc_call *jobs;
	eventfd_t ignored;

	(void)eventfd_read(calc->jobs_fd, &ignored);
	(void)pthread_mutex_lock(&calc->lock);
	jobs = calc->jobs;
	calc->jobs = NULL;
	(void)pthread_mutex_unlock(&calc->lock);
	while (jobs) {
		struct calc_call *call = jobs;
		IUnknown *outer = call->outer;

		jobs = call->next;
		signal_it(call);
		stop_working(calc);
		IUnknown_Release(outer);
	}
}

/* --- Begin_ and Finish_ -------------------------------------------------- */

static struct calc_call *impl_from_AsyncICalc(AsyncICalc *iface)
{
	return BELAYI_IMPL(calc_call, async, iface);
}

static HRESULT claim(struct calc_call *call, enum method method)
{
	enum method none = NONE;
	ISynchronize *sync;

	if (!__atomic_compare_exchange_n(&call->method, &none, method, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return RPC_S_CALLPENDING;
	calc_add(call->calc, begun);
	__atomic_store_n(&call->canceled, false, __ATOMIC_RELEASE);
	sync = synchronize(call);
	if (!sync)
		return E_FAIL;
	(void)ISynchronize_Reset(sync);
	ISynchronize_Release(sync);
	return S_OK;
}

static HRESULT complete(struct calc_call *call, HRESULT hr)
{
	call->hr = hr;
	signal_it(call);
	return S_OK;
}

/* Waits, as a Finish_ must; the state of a finished call is idle. */
static HRESULT collect(struct calc_call *call, enum method method)
{
	ISynchronize *sync;
	HRESULT hr;

	if (__atomic_load_n(&call->method, __ATOMIC_ACQUIRE) != method)
		return RPC_E_CALL_COMPLETE;
	sync = synchronize(call);
	if (!sync)
		return E_FAIL;
	hr = ISynchronize_Wait(sync, 0, INFINITE);
	ISynchronize_Release(sync);
	if (hr != S_OK)
		return hr;
	hr = call->hr;
	if (__atomic_exchange_n(&call->method, NONE, __ATOMIC_ACQ_REL) !=
	    method)
		return RPC_E_CALL_COMPLETE;
	calc_add(call->calc, finished);
	return hr;
}

BELAYI_DELEGATE(AsyncICalc, calc_call, async, outer)

static HRESULT STDMETHODCALLTYPE async_Begin_Add(AsyncICalc *iface, LONG a,
						 LONG b)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = claim(call, ADD);

	if (hr != S_OK)
		return hr;
	call->number = a + b;
	return complete(call, S_OK);
}

static HRESULT STDMETHODCALLTYPE async_Finish_Add(AsyncICalc *iface, LONG *sum)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = collect(call, ADD);

	*sum = hr == RPC_E_CALL_COMPLETE ? 0 : call->number;
	return hr;
}

static bool call_was_canceled(void *data)
{
	struct calc_call *call = data;
	ICancelMethodCalls *cancel = NULL;
	HRESULT hr = RPC_S_CALLPENDING;

	if (call->direct)
		return __atomic_load_n(&call->canceled, __ATOMIC_ACQUIRE);
	(void)IUnknown_QueryInterface(call->outer, &IID_ICancelMethodCalls,
				      (void **)&cancel);
	if (cancel) {
		hr = ICancelMethodCalls_TestCancel(cancel);
		ICancelMethodCalls_Release(cancel);
	}
	return hr == RPC_E_CALL_CANCELED;
}

static void *work(void *data)
{
	struct calc_call *call = data;
	struct calc *calc = call->calc;
	bool single = calc->single && !call->direct;
	IUnknown *outer = call->outer;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	call->hr = calc_sleep(call->calc, call->milliseconds, call_was_canceled,
			      call, &call->slept);
	if (single) {
		add_job(call);
	} else {
		signal_it(call);
		stop_working(calc);
		IUnknown_Release(outer);
	}
	CoUninitialize();
	return NULL;
}

static HRESULT STDMETHODCALLTYPE async_Begin_Slow(AsyncICalc *iface,
						  ULONG milliseconds)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = claim(call, SLOW);
	pthread_t thread;

	if (hr != S_OK)
		return hr;
	call->milliseconds = milliseconds;
	if (call->calc->flags & CALC_INSIDE)
		return complete(call, calc_sleep(call->calc, milliseconds,
						 call_was_canceled, call,
						 &call->slept));
	calc_add(call->calc, working);
	/* The outer, too, has to be there when the thread signals. */
	IUnknown_AddRef(call->outer);
	if (pthread_create(&thread, NULL, work, call) != 0)
		abort();
	(void)pthread_detach(thread);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE async_Finish_Slow(AsyncICalc *iface,
						   ULONG *ret_slept)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = collect(call, SLOW);

	*ret_slept = hr == RPC_E_CALL_COMPLETE ? 0 : call->slept;
	return hr;
}

/* A Begin_ that also fails: its HRESULT is not what the client gets. */
static HRESULT STDMETHODCALLTYPE async_Begin_Fail(AsyncICalc *iface, HRESULT hr)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT claimed = claim(call, FAIL);

	if (claimed != S_OK)
		return claimed;
	(void)complete(call, hr);
	return call->direct ? S_OK : E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE async_Finish_Fail(AsyncICalc *iface,
						   LONG *value)
{
	HRESULT hr = collect(impl_from_AsyncICalc(iface), FAIL);

	*value = hr == RPC_E_CALL_COMPLETE ? 0 : 42;
	return hr;
}

static HRESULT STDMETHODCALLTYPE async_Begin_Next(AsyncICalc *iface,
						  LONG *value)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = claim(call, NEXT);

	if (hr != S_OK)
		return hr;
	call->number = *value + 1;
	return complete(call, S_OK);
}

static HRESULT STDMETHODCALLTYPE async_Finish_Next(AsyncICalc *iface,
						   LONG *value)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = collect(call, NEXT);

	*value = hr == RPC_E_CALL_COMPLETE ? 0 : call->number;
	return hr;
}

static HRESULT STDMETHODCALLTYPE async_Begin_Upper(AsyncICalc *iface,
						   const char *text)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = claim(call, UPPER);

	return hr == S_OK ? complete(call, calc_upper(text, &call->text)) : hr;
}

static HRESULT STDMETHODCALLTYPE async_Finish_Upper(AsyncICalc *iface,
						    char **ret_text)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = collect(call, UPPER);

	*ret_text = hr == RPC_E_CALL_COMPLETE ? NULL : call->text;
	return hr;
}

static HRESULT STDMETHODCALLTYPE async_Begin_UpperWide(AsyncICalc *iface,
						       const WCHAR *text)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = claim(call, UPPER_WIDE);

	return hr == S_OK ? complete(call, calc_upper_wide(text, &call->wide))
			  : hr;
}

static HRESULT STDMETHODCALLTYPE async_Finish_UpperWide(AsyncICalc *iface,
							WCHAR **ret_text)
{
	struct calc_call *call = impl_from_AsyncICalc(iface);
	HRESULT hr = collect(call, UPPER_WIDE);

	*ret_text = hr == RPC_E_CALL_COMPLETE ? NULL : call->wide;
	return hr;
}

AsyncICalcVtbl calc_async_vtable = {
	async_QueryInterface, async_AddRef,          async_Release,
	async_Begin_Add,      async_Finish_Add,      async_Begin_Slow,
	async_Finish_Slow,    async_Begin_Fail,      async_Finish_Fail,
	async_Begin_Next,     async_Finish_Next,     async_Begin_Upper,
	async_Finish_Upper,   async_Begin_UpperWide, async_Finish_UpperWide,
};
