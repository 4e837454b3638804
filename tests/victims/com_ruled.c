/* SPDX-License-Identifier: MIT */
/*
 * com_ruled.c - a program that talks COM, as any would: it knows no Belay but
 * the runtime
 *
 * A client and an object in another apartment of the process. Its arguments are
 * verbs, done in their order:
 *
 *     sta, mta     which apartment the client is in; first. The object is in
 *                  the other kind
 *     add=N        N calls of ICalc.Add, one after another
 *     sync=N       the same, with the synchronous method
 *     slow=MS      a call of ICalc.Slow, which takes so long
 *     sync-slow=MS the same, with the synchronous method
 *     leave=MS     begins ICalc.Slow, and finishes it after the next verbs
 *     cancel       cancels what was left, and finishes it
 *     churn=N      N calls of ICalc.Slow, of a millisecond or none, in each of
 *                  4 threads (1 of a single-threaded client): finished,
 *                  cancelled, given up or all of these, as it comes. Prints
 *                  how many were begun
 *     say, wait    prints a line; waits for one
 *
 * Prints a line for each finished call: its name, what Begin_ and what Finish_
 * said, and what it returned.
 */
#define COBJMACROS

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calc.h"

#include <belay/com/apartment.h>

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;

static void check(int good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "com-ruled: %s\n", what);
	exit(1);
}

/* --- The object ------------------------------------------------------------ */

static HRESULT calc_query(ICalc *This, REFIID riid, void **ppvObject)
{
	*ppvObject = NULL;
	if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_ICalc))
		return E_NOINTERFACE;
	*ppvObject = This;
	return S_OK;
}

/* It lives as long as the program. */
static ULONG calc_count(ICalc *This)
{
	(void)This;
	return 1;
}

static HRESULT calc_add(ICalc *This, LONG a, LONG b, LONG *sum)
{
	(void)This;
	*sum = a + b;
	return S_OK;
}

/*
 * Where it is cancelled it says so: it may be faster than the client, which
 * tells it before it gives the call up.
 */
static HRESULT calc_slow(ICalc *This, ULONG milliseconds, ULONG *ret_slept)
{
	const struct timespec one = {0, 1000000};

	(void)This;
	*ret_slept = 0;
	while (*ret_slept < milliseconds) {
		if (CoTestCancel() == RPC_E_CALL_CANCELED) {
			*ret_slept = 0;
			return RPC_E_CALL_CANCELED;
		}
		(void)nanosleep(&one, NULL);
		++*ret_slept;
	}
	return S_OK;
}

static HRESULT calc_fail(ICalc *This, HRESULT hr, LONG *value)
{
	(void)This;
	*value = 42;
	return hr;
}

static HRESULT calc_next(ICalc *This, LONG *value)
{
	(void)This;
	++*value;
	return S_OK;
}

static HRESULT calc_upper(ICalc *This, const char *text, char **ret_text)
{
	(void)This;
	(void)text;
	*ret_text = NULL;
	return E_NOTIMPL;
}

static HRESULT calc_upper_wide(ICalc *This, const WCHAR *text, WCHAR **ret_text)
{
	(void)This;
	(void)text;
	*ret_text = NULL;
	return E_NOTIMPL;
}

static ICalcVtbl calc_vtbl = {
	calc_query, calc_count, calc_count, calc_add,        calc_slow,
	calc_fail,  calc_next,  calc_upper, calc_upper_wide,
};

static ICalc calc = {.lpVtbl = &calc_vtbl};

/* --- Its apartment --------------------------------------------------------- */

static IStream *way; /* to the client */
static pthread_barrier_t exported;

static void serve(void)
{
	struct pollfd calls = {.fd = belay_apartment_fd(), .events = POLLIN};

	while (poll(&calls, 1, -1) >= 0)
		(void)belay_apartment_dispatch();
}

static void *own_object(void *apartment)
{
	int single = apartment != NULL;

	check(CoInitializeEx(NULL, single ? COINIT_APARTMENTTHREADED
					  : COINIT_MULTITHREADED) == S_OK,
	      "no apartment for the object");
	check(CoMarshalInterThreadInterfaceInStream(
		      &IID_ICalc, (IUnknown *)&calc, &way) == S_OK,
	      "cannot marshal");
	(void)pthread_barrier_wait(&exported);
	if (single)
		serve();
	for (;;)
		(void)poll(NULL, 0, -1);
	return NULL;
}

/* --- The client ------------------------------------------------------------ */

static ICalc *proxy;
static AsyncICalc *call;
static int is_left;

static void start(int single)
{
	static char other;
	pthread_t thread;

	check(pthread_barrier_init(&exported, NULL, 2) == 0 &&
		      pthread_create(&thread, NULL, own_object,
				     single ? NULL : &other) == 0 &&
		      pthread_detach(thread) == 0,
	      "no thread");
	check(CoInitializeEx(NULL, single ? COINIT_APARTMENTTHREADED
					  : COINIT_MULTITHREADED) == S_OK,
	      "no apartment for the client");
	(void)pthread_barrier_wait(&exported);
	check(CoGetInterfaceAndReleaseStream(way, &IID_ICalc,
					     (void **)&proxy) == S_OK,
	      "cannot unmarshal");
}

static AsyncICalc *new_call(void)
{
	ICallFactory *factory = NULL;
	AsyncICalc *made = NULL;

	check(ICalc_QueryInterface(proxy, &IID_ICallFactory,
				   (void **)&factory) == S_OK,
	      "no call factory");
	check(ICallFactory_CreateCall(factory, &IID_AsyncICalc, NULL,
				      &IID_AsyncICalc,
				      (IUnknown **)&made) == S_OK,
	      "no call object");
	(void)ICallFactory_Release(factory);
	return made;
}

static void print(const char *name, HRESULT begun, HRESULT finished, LONG value)
{
	(void)printf("%s begin=0x%08" PRIX32 " finish=0x%08" PRIX32
		     " value=%d\n",
		     name, (uint32_t)begun, (uint32_t)finished, (int)value);
	(void)fflush(stdout);
}

/* Not inlined: its name is looked for in what belay says. */
__attribute__((noinline)) static HRESULT begin_add(AsyncICalc *object)
{
	HRESULT hr = AsyncICalc_Begin_Add(object, 40, 2);

	__asm__ volatile(""); /* no tail call: the call site is here */
	return hr;
}

__attribute__((noinline)) static HRESULT begin_slow(AsyncICalc *object, long ms)
{
	HRESULT hr = AsyncICalc_Begin_Slow(object, (ULONG)ms);

	__asm__ volatile("");
	return hr;
}

static void add(long count)
{
	AsyncICalc *object = new_call();

	while (count--) {
		HRESULT begun = begin_add(object), finished = S_OK;
		LONG sum = -1;

		if (begun == S_OK)
			finished = AsyncICalc_Finish_Add(object, &sum);
		print("ICalc.Add", begun, finished, sum);
	}
	(void)AsyncICalc_Release(object);
}

/* Not inlined: its name is looked for in what belay says. */
__attribute__((noinline)) static void add_synchronously(long count)
{
	while (count--) {
		LONG sum = -1;
		HRESULT hr = ICalc_Add(proxy, 40, 2, &sum);

		print("ICalc.Add", S_OK, hr, sum);
	}
}

static void finish_slow(AsyncICalc *object, HRESULT begun)
{
	HRESULT finished = S_OK;
	ULONG slept = 0;

	if (begun == S_OK)
		finished = AsyncICalc_Finish_Slow(object, &slept);
	print("ICalc.Slow", begun, finished, (LONG)slept);
	(void)AsyncICalc_Release(object);
}

static void slow(long ms)
{
	AsyncICalc *object = new_call();

	finish_slow(object, begin_slow(object, ms));
}

static void slow_synchronously(long ms)
{
	ULONG slept = 0;
	HRESULT hr = ICalc_Slow(proxy, (ULONG)ms, &slept);

	print("ICalc.Slow", S_OK, hr, (LONG)slept);
}

static void leave(long ms)
{
	call = new_call();
	is_left = begin_slow(call, ms) == S_OK;
}

static void cancel(void)
{
	ICancelMethodCalls *canceler = NULL;
	HRESULT hr;

	check(is_left &&
		      AsyncICalc_QueryInterface(call, &IID_ICancelMethodCalls,
						(void **)&canceler) == S_OK,
	      "nothing to cancel");
	hr = ICancelMethodCalls_Cancel(canceler, 0);
	(void)printf("cancel=0x%08" PRIX32 "\n", (uint32_t)hr);
	(void)ICancelMethodCalls_Release(canceler);
	is_left = 0;
	finish_slow(call, S_OK);
}

/* --- Many ----------------------------------------------------------------- */

#define CHURNERS 4

static int is_single;
static uint32_t begun_in_all;

static void cancel_it(AsyncICalc *object)
{
	ICancelMethodCalls *canceler = NULL;

	check(AsyncICalc_QueryInterface(object, &IID_ICancelMethodCalls,
					(void **)&canceler) == S_OK,
	      "no cancel interface");
	(void)ICancelMethodCalls_Cancel(canceler, 0);
	(void)ICancelMethodCalls_Release(canceler);
}

static void churn_one(uint32_t random)
{
	AsyncICalc *object = new_call();
	ULONG slept;

	if (begin_slow(object, random & 1) == S_OK) {
		(void)__atomic_add_fetch(&begun_in_all, 1, __ATOMIC_RELAXED);
		if (random & 2)
			cancel_it(object);
		if (random & 4)
			(void)AsyncICalc_Finish_Slow(object, &slept);
	}
	(void)AsyncICalc_Release(object);
}

static void *churn_some(void *count)
{
	uint32_t random = (uint32_t)(uintptr_t)&count;

	if (!is_single)
		check(SUCCEEDED(CoInitializeEx(NULL, COINIT_MULTITHREADED)),
		      "no apartment for a thread");
	for (uintptr_t i = 0; i < (uintptr_t)count; i++) {
		random = random * 1664525U + 1013904223U;
		churn_one(random >> 24);
	}
	if (!is_single)
		CoUninitialize();
	return NULL;
}

static void churn(long count)
{
	void *times = (void *)(uintptr_t)count;
	pthread_t threads[CHURNERS];

	if (is_single) {
		(void)churn_some(times);
	} else {
		for (int i = 0; i < CHURNERS; i++)
			check(pthread_create(&threads[i], NULL, churn_some,
					     times) == 0,
			      "no thread");
		for (int i = 0; i < CHURNERS; i++)
			(void)pthread_join(threads[i], NULL);
	}
	(void)printf("begun: %" PRIu32 "\n", begun_in_all);
}

static void do_verb(const char *verb)
{
	const char *value = strchr(verb, '=');
	long number = value ? strtol(value + 1, NULL, 10) : 0;

	if (strncmp(verb, "add=", 4) == 0)
		add(number);
	else if (strncmp(verb, "sync=", 5) == 0)
		add_synchronously(number);
	else if (strncmp(verb, "slow=", 5) == 0)
		slow(number);
	else if (strncmp(verb, "sync-slow=", 10) == 0)
		slow_synchronously(number);
	else if (strncmp(verb, "leave=", 6) == 0)
		leave(number);
	else if (strcmp(verb, "cancel") == 0)
		cancel();
	else if (strncmp(verb, "churn=", 6) == 0)
		churn(number);
	else if (strcmp(verb, "say") == 0)
		(void)puts("ready");
	else if (strcmp(verb, "wait") == 0)
		(void)getchar();
	else
		check(0, verb);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	check(argc > 1, "which apartment?");
	check(belay_register_proxies(&calc_ProxyFileInfo) == S_OK,
	      "cannot register");
	is_single = strcmp(argv[1], "sta") == 0;
	start(is_single);
	for (int i = 2; i < argc; i++)
		do_verb(argv[i]);
	if (is_left)
		finish_slow(call, S_OK);
	(void)ICalc_Release(proxy);
	return 0;
}
