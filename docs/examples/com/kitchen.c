/* SPDX-License-Identifier: MIT */
/*
 * kitchen.c - an asynchronous call of COM, and who serves it
 *
 *     kitchen MEALS MILLISECONDS
 *
 * The kitchen is an object of the multithreaded apartment, the guest a
 * single-threaded one, who orders each meal with Begin_Cook and waits for it in
 * Finish_Cook. The interface is in kitchen.idl.
 */
#define COBJMACROS

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kitchen.h"

#include <belay/com/apartment.h>

extern const ExtendedProxyFileInfo kitchen_ProxyFileInfo;

static void need(HRESULT hr, const char *what)
{
	if (hr == S_OK)
		return;
	(void)fprintf(stderr, "kitchen: %s: 0x%08X\n", what, (unsigned int)hr);
	exit(1);
}

/* --- The kitchen: one, which lives as long as the program ---------------- */

static HRESULT kitchen_query(IKitchen *This, REFIID riid, void **ppv)
{
	bool known = IsEqualIID(riid, &IID_IUnknown) ||
		     IsEqualIID(riid, &IID_IKitchen);

	*ppv = known ? This : NULL;
	return known ? S_OK : E_NOINTERFACE;
}

static ULONG kitchen_count(IKitchen *This)
{
	(void)This;
	return 1;
}

/* A millisecond at a time, until the guest has gone. */
static HRESULT kitchen_cook(IKitchen *This, ULONG milliseconds, ULONG *meals)
{
	const struct timespec stir = {0, 1000000};

	(void)This;
	*meals = 0;
	while (milliseconds--) {
		if (CoTestCancel() == RPC_E_CALL_CANCELED)
			return RPC_E_CALL_CANCELED;
		(void)nanosleep(&stir, NULL);
	}
	*meals = 1;
	return S_OK;
}

static IKitchenVtbl kitchen_vtbl = {
	kitchen_query,
	kitchen_count,
	kitchen_count,
	kitchen_cook,
};

static IKitchen kitchen = {.lpVtbl = &kitchen_vtbl};

/* --- The way from there to the guest -------------------------------------- */

static IStream *way;
static pthread_barrier_t opened;

/* Its thread stays: without one, the multithreaded apartment would end. */
static void *open_kitchen(void *none)
{
	need(CoInitializeEx(NULL, COINIT_MULTITHREADED), "no apartment");
	need(CoMarshalInterThreadInterfaceInStream(&IID_IKitchen,
						   (IUnknown *)&kitchen, &way),
	     "cannot marshal");
	(void)pthread_barrier_wait(&opened);
	for (;;)
		(void)pause();
	return none;
}

static AsyncIKitchen *new_call(IKitchen *there)
{
	ICallFactory *factory = NULL;
	AsyncIKitchen *call = NULL;

	need(IKitchen_QueryInterface(there, &IID_ICallFactory,
				     (void **)&factory),
	     "no call factory");
	need(ICallFactory_CreateCall(factory, &IID_AsyncIKitchen, NULL,
				     &IID_AsyncIKitchen, (IUnknown **)&call),
	     "no call object");
	(void)ICallFactory_Release(factory);
	return call;
}

/* --- The guest ------------------------------------------------------------ */

static void order(AsyncIKitchen *call, int number, ULONG milliseconds)
{
	HRESULT hr = AsyncIKitchen_Begin_Cook(call, milliseconds);
	ULONG meals = 0;

	if (SUCCEEDED(hr))
		hr = AsyncIKitchen_Finish_Cook(call, &meals);
	if (hr == RPC_E_CALL_CANCELED)
		(void)printf("meal %d: cancelled\n", number);
	else if (FAILED(hr))
		(void)printf("meal %d: failed, 0x%08X\n", number,
			     (unsigned int)hr);
	else
		(void)printf("meal %d: served\n", number);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	int meals = argc > 1 ? atoi(argv[1]) : 1;
	int milliseconds = argc > 2 ? atoi(argv[2]) : 10;
	AsyncIKitchen *call;
	IKitchen *there;
	pthread_t thread;

	need(belay_register_proxies(&kitchen_ProxyFileInfo),
	     "cannot register the interface");
	need(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), "no apartment");
	if (pthread_barrier_init(&opened, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, open_kitchen, NULL) != 0)
		need(E_FAIL, "no thread");
	(void)pthread_barrier_wait(&opened);
	need(CoGetInterfaceAndReleaseStream(way, &IID_IKitchen,
					    (void **)&there),
	     "cannot unmarshal");
	call = new_call(there);
	for (int i = 1; i <= meals; i++)
		order(call, i, (ULONG)milliseconds);
	(void)AsyncIKitchen_Release(call);
	(void)IKitchen_Release(there);
	CoUninitialize();
	return 0;
}
