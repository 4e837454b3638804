/* SPDX-License-Identifier: MIT */
/*
 * callee.c - an ICalc in another apartment, which tests of calls hold back
 */
#define COBJMACROS
#include "callee.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <belay/com/apartment.h>

#include "impl.h"

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;

#define IMPL_FROM(member, pointer) BELAYI_IMPL(callee, member, pointer)

void callee_open(struct callee *callee)
{
	__atomic_store_n(&callee->open, 1, __ATOMIC_RELEASE);
	belayi_futex_wake(&callee->open, 1000);
}

void callee_close(struct callee *callee)
{
	__atomic_store_n(&callee->open, 0, __ATOMIC_RELEASE);
}

/* --- The object ---------------------------------------------------------- */

static ULONG calc_add_ref(struct callee *callee)
{
	return __atomic_add_fetch(&callee->refs, 1, __ATOMIC_RELAXED);
}

static HRESULT calc_query(struct callee *callee, REFIID riid, void **ppv)
{
	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_ICalc))
		*ppv = &callee->calc;
	else if (callee->has_factory && IsEqualIID(riid, &IID_ICallFactory))
		*ppv = &callee->factory;
	else
		return E_NOINTERFACE;
	(void)calc_add_ref(callee);
	return S_OK;
}

static ULONG calc_release(struct callee *callee)
{
	uint32_t left = __atomic_sub_fetch(&callee->refs, 1, __ATOMIC_ACQ_REL);

	if (left == 0)
		flag_set(&callee->gone);
	return left;
}

#define UNKNOWN(Interface, member)                                             \
	BELAYI_UNKNOWN(Interface, callee, member, calc_query, calc_add_ref,    \
		       calc_release)

UNKNOWN(ICalc, calc)

static HRESULT STDMETHODCALLTYPE calc_Add(ICalc *This, LONG a, LONG b,
					  LONG *sum)
{
	(void)This;
	*sum = a + b;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE calc_Slow(ICalc *This, ULONG milliseconds,
					   ULONG *ret_slept)
{
	struct callee *callee = IMPL_FROM(calc, This);

	*ret_slept = milliseconds;
	if (milliseconds != GATED)
		return S_OK;
	(void)tally_add(&callee->entered);
	while (!callee_count(callee, open))
		(void)belayi_futex_wait(&callee->open, 0, UINT64_MAX);
	if (CoTestCancel() == RPC_E_CALL_CANCELED)
		(void)__atomic_add_fetch(&callee->canceled, 1,
					 __ATOMIC_ACQ_REL);
	(void)tally_add(&callee->left);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE calc_Fail(ICalc *This, HRESULT hr, LONG *value)
{
	(void)This;
	*value = 42;
	return hr;
}

static HRESULT STDMETHODCALLTYPE calc_Next(ICalc *This, LONG *value)
{
	(void)This;
	(*value)++;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE calc_Upper(ICalc *This, const char *text,
					    char **ret_text)
{
	(void)This;
	(void)text;
	*ret_text = NULL;
	return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE calc_UpperWide(ICalc *This, const WCHAR *text,
						WCHAR **ret_text)
{
	(void)This;
	(void)text;
	*ret_text = NULL;
	return E_NOTIMPL;
}

static ICalcVtbl calc_vtbl = {
	.QueryInterface = calc_QueryInterface,
	.AddRef = calc_AddRef,
	.Release = calc_Release,
	.Add = calc_Add,
	.Slow = calc_Slow,
	.Fail = calc_Fail,
	.Next = calc_Next,
	.Upper = calc_Upper,
	.UpperWide = calc_UpperWide,
};

UNKNOWN(ICallFactory, factory)

static HRESULT STDMETHODCALLTYPE factory_CreateCall(ICallFactory *This,
						    REFIID riid,
						    IUnknown *pCtrlUnk,
						    REFIID riid2,
						    IUnknown **ppv)
{
	struct callee *callee = IMPL_FROM(factory, This);

	*ppv = NULL;
	if (!pCtrlUnk || !IsEqualIID(riid2, &IID_IUnknown))
		return E_INVALIDARG;
	if (!IsEqualIID(riid, &IID_AsyncICalc) || !callee->create)
		return E_NOINTERFACE;
	return callee->create(callee, pCtrlUnk, ppv);
}

static ICallFactoryVtbl factory_vtbl = {
	factory_QueryInterface,
	factory_AddRef,
	factory_Release,
	factory_CreateCall,
};

/* --- Its apartment ------------------------------------------------------- */

static void dispatch_until_stopped(struct callee *callee)
{
	struct pollfd fds[] = {
		{.fd = belay_apartment_fd(), .events = POLLIN},
		{.fd = callee->stop_fd, .events = POLLIN},
	};

	while (!flag_is_set(&callee->stop)) {
		(void)poll(fds, 2, -1);
		(void)belay_apartment_dispatch();
	}
}

static void serve(void *data)
{
	struct callee *callee = data;

	assert_int_equal(CoInitializeEx(NULL, callee->single
						      ? COINIT_APARTMENTTHREADED
						      : COINIT_MULTITHREADED),
			 S_OK);
	assert_int_equal(
		CoMarshalInterThreadInterfaceInStream(
			&IID_ICalc, (IUnknown *)&callee->calc, &callee->stream),
		S_OK);
	(void)calc_release(callee);
	flag_set(&callee->ready);
	if (callee->single)
		dispatch_until_stopped(callee);
	else
		flag_wait(&callee->stop);
	CoUninitialize();
}

ICalc *callee_start(struct callee *callee, bool single_client)
{
	void *calc;

	assert_int_equal(belay_register_proxies(&calc_ProxyFileInfo), S_OK);
	callee->calc.lpVtbl = &calc_vtbl;
	callee->factory.lpVtbl = &factory_vtbl;
	callee->refs = 1;
	callee->single = !single_client;
	callee->stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(callee->stop_fd >= 0);
	assert_int_equal(CoInitializeEx(NULL, single_client
						      ? COINIT_APARTMENTTHREADED
						      : COINIT_MULTITHREADED),
			 S_OK);
	runner_start(&callee->runner, serve, callee);
	flag_wait(&callee->ready);
	assert_int_equal(CoGetInterfaceAndReleaseStream(callee->stream,
							&IID_ICalc, &calc),
			 S_OK);
	return calc;
}

void callee_stop(struct callee *callee)
{
	callee_open(callee);
	flag_wait(&callee->gone);
	flag_set(&callee->stop);
	(void)eventfd_write(callee->stop_fd, 1);
	runner_join(&callee->runner);
	(void)close(callee->stop_fd);
	CoUninitialize();
}

/* --- The client's side --------------------------------------------------- */

struct belayi_call_object *object_of(AsyncICalc *call)
{
	return (struct belayi_call_object *)((char *)call -
					     offsetof(struct belayi_call_object,
						      async));
}

enum belay_state state_of(AsyncICalc *call)
{
	return belay_call_state(&object_of(call)->client.call);
}
