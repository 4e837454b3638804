/* SPDX-License-Identifier: MIT */
/*
 * calc_server.c - ICalc as a program would write it
 */
#define COBJMACROS
#include "calc_server.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "unknown.h"

static uint32_t live;

uint32_t calc_live(void)
{
	return __atomic_load_n(&live, __ATOMIC_ACQUIRE);
}

bool calc_go(void)
{
	return tally_await_most(&live, 0);
}

bool calc_is_alone(const struct calc *calc)
{
	return tally_await_most(&calc->refs, 1);
}

void calc_born(void)
{
	(void)tally_add(&live);
}

void calc_gone(void)
{
	(void)tally_take(&live);
}

uint64_t calc_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void calc_await_count(const uint32_t *count, uint32_t least, const char *name)
{
	if (tally_await(count, least))
		return;
	(void)fprintf(stderr, "%s stays %u, not %u\n", name, *count, least);
	abort();
}

void calc_open(struct calc *calc)
{
	(void)pthread_mutex_lock(&calc->lock);
	calc->open = true;
	(void)pthread_cond_broadcast(&calc->changed);
	(void)pthread_mutex_unlock(&calc->lock);
}

/* Looks every millisecond, as a server does that polls for a cancel. */
static void nap(struct calc *calc)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	(void)pthread_mutex_lock(&calc->lock);
	if (!calc->open)
		(void)pthread_cond_timedwait(&calc->changed, &calc->lock,
					     &until);
	(void)pthread_mutex_unlock(&calc->lock);
}

static bool is_open(struct calc *calc)
{
	bool open;

	(void)pthread_mutex_lock(&calc->lock);
	open = calc->open;
	(void)pthread_mutex_unlock(&calc->lock);
	return open;
}

HRESULT calc_sleep(struct calc *calc, ULONG milliseconds,
		   bool (*canceled)(void *data), void *data, ULONG *ret_slept)
{
	uint64_t start = calc_now_ms();
	HRESULT hr = S_OK;

	calc_add(calc, entered);
	for (;;) {
		if (!(calc->flags & CALC_DEAF) && canceled(data)) {
			calc_add(calc, canceled);
			hr = RPC_E_CALL_CANCELED;
			break;
		}
		calc_add(calc, looks);
		if (milliseconds == CALC_GATE
			    ? is_open(calc)
			    : calc_now_ms() - start >= milliseconds)
			break;
		nap(calc);
	}
	*ret_slept = (ULONG)(calc_now_ms() - start);
	calc_add(calc, left);
	return hr;
}

HRESULT calc_upper(const char *text, char **ret_text)
{
	size_t size = strlen(text) + 1;
	char *upper = CoTaskMemAlloc(size);

	*ret_text = upper;
	if (!upper)
		return E_OUTOFMEMORY;
	for (size_t i = 0; i < size; i++)
		upper[i] = (char)toupper((unsigned char)text[i]);
	return S_OK;
}

HRESULT calc_upper_wide(const WCHAR *text, WCHAR **ret_text)
{
	size_t size = 1;
	WCHAR *upper;

	for (const WCHAR *at = text; *at; at++)
		size++;
	upper = CoTaskMemAlloc(size * sizeof(*upper));
	*ret_text = upper;
	if (!upper)
		return E_OUTOFMEMORY;
	for (size_t i = 0; i < size; i++)
		upper[i] = text[i] < 128 ? (WCHAR)toupper(text[i]) : text[i];
	return S_OK;
}

/* --- ICalc, ICalcMemory -------------------------------------------------- */

static struct calc *impl_from_ICalcMemory(ICalcMemory *iface)
{
	return BELAYI_IMPL(calc, calc, iface);
}

static HRESULT STDMETHODCALLTYPE calc_QueryInterface(ICalcMemory *iface,
						     REFIID riid, void **ppv)
{
	struct calc *calc = impl_from_ICalcMemory(iface);

	calc_add(calc, queries);
	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_ICalc) ||
	    (IsEqualIID(riid, &IID_ICalcMemory) && calc->flags & CALC_MEMORY))
		*ppv = &calc->calc;
	else if (IsEqualIID(riid, &IID_ICallFactory) &&
		 calc->flags & (CALC_ASYNC | CALC_BROKEN))
		*ppv = &calc->factory;
	else if (IsEqualIID(riid, &IID_IMarshal) && calc->flags & CALC_CUSTOM)
		*ppv = &calc->marshal;
	if (!*ppv)
		return E_NOINTERFACE;
	ICalcMemory_AddRef(iface);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE calc_AddRef(ICalcMemory *iface)
{
	struct calc *calc = impl_from_ICalcMemory(iface);

	return tally_add(&calc->refs);
}

static ULONG STDMETHODCALLTYPE calc_Release(ICalcMemory *iface)
{
	struct calc *calc = impl_from_ICalcMemory(iface);
	uint32_t refs = tally_take(&calc->refs);

	if (refs)
		return refs;
	assert(!calc->jobs);
	(void)close(calc->jobs_fd);
	(void)pthread_mutex_destroy(&calc->lock);
	(void)pthread_cond_destroy(&calc->changed);
	free(calc);
	calc_gone();
	return 0;
}

/* What every method does first. */
static struct calc *enter(ICalcMemory *iface)
{
	struct calc *calc = impl_from_ICalcMemory(iface);
	IServerSecurity *security = NULL;

	calc_add(calc, synchronous);
	__atomic_store_n(&calc->thread, (DWORD)gettid(), __ATOMIC_RELEASE);
	calc->context =
		CoGetCallContext(&IID_IServerSecurity, (void **)&security);
	if (security)
		IServerSecurity_Release(security);
	return calc;
}

static HRESULT STDMETHODCALLTYPE calc_Add(ICalcMemory *iface, LONG a, LONG b,
					  LONG *sum)
{
	(void)enter(iface);
	*sum = (LONG)((ULONG)a + (ULONG)b);
	return S_OK;
}

static bool was_canceled(void *data)
{
	(void)data;
	return CoTestCancel() == RPC_E_CALL_CANCELED;
}

static HRESULT STDMETHODCALLTYPE calc_Slow(ICalcMemory *iface,
					   ULONG milliseconds, ULONG *ret_slept)
{
	return calc_sleep(enter(iface), milliseconds, was_canceled, NULL,
			  ret_slept);
}

static HRESULT STDMETHODCALLTYPE calc_Fail(ICalcMemory *iface, HRESULT hr,
					   LONG *value)
{
	(void)enter(iface);
	if (hr == CALC_ENABLE)
		(void)CoEnableCallCancellation(NULL);
	*value = 42;
	return hr;
}

static HRESULT STDMETHODCALLTYPE calc_Next(ICalcMemory *iface, LONG *value)
{
	(void)enter(iface);
	++*value;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE calc_Upper(ICalcMemory *iface,
					    const char *text, char **ret_text)
{
	(void)enter(iface);
	return calc_upper(text, ret_text);
}

static HRESULT STDMETHODCALLTYPE calc_UpperWide(ICalcMemory *iface,
						const WCHAR *text,
						WCHAR **ret_text)
{
	(void)enter(iface);
	return calc_upper_wide(text, ret_text);
}

static HRESULT STDMETHODCALLTYPE calc_Store(ICalcMemory *iface, LONG value)
{
	enter(iface)->value = value;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE calc_Recall(ICalcMemory *iface, LONG *value)
{
	*value = enter(iface)->value;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE calc_Self(ICalcMemory *iface, ICalc **ret_calc)
{
	struct calc *calc = enter(iface);

	*ret_calc = (ICalc *)&calc->calc;
	ICalcMemory_AddRef(iface);
	return S_OK;
}

static ICalcMemoryVtbl calc_vtable = {
	calc_QueryInterface, calc_AddRef, calc_Release, calc_Add,
	calc_Slow,           calc_Fail,   calc_Next,    calc_Upper,
	calc_UpperWide,      calc_Store,  calc_Recall,  calc_Self,
};

/* --- ICallFactory -------------------------------------------------------- */

PART(ICallFactory, calc, factory)

static HRESULT STDMETHODCALLTYPE factory_CreateCall(ICallFactory *iface,
						    REFIID riid,
						    IUnknown *outer,
						    REFIID riid2,
						    IUnknown **ppv)
{
	return calc_create_call(BELAYI_IMPL(calc, factory, iface), riid, outer,
				riid2, ppv);
}

static ICallFactoryVtbl factory_vtable = {
	factory_QueryInterface,
	factory_AddRef,
	factory_Release,
	factory_CreateCall,
};

struct calc *calc_new(unsigned int flags)
{
	struct calc *calc = calloc(1, sizeof(*calc));

	if (!calc)
		abort();
	calc->calc.lpVtbl = &calc_vtable;
	calc->factory.lpVtbl = &factory_vtable;
	calc->marshal.lpVtbl = &calc_marshal_vtable;
	calc->refs = 1;
	calc->flags = flags;
	calc->single = belay_apartment_fd() >= 0;
	calc->jobs_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&calc->lock, NULL);
	(void)pthread_cond_init(&calc->changed, NULL);
	calc_born();
	return calc;
}
