/* SPDX-License-Identifier: MIT */
/*
 * primes.c - a server that counts primes, and a client that changes its mind
 *
 * The server's object lives in the multithreaded apartment, the client in a
 * single-threaded one. The server knows nothing of asynchronous calls: its
 * method only asks now and then whether it was cancelled.
 */
#define COBJMACROS

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/com/apartment.h>

#include "primes.h"

extern const ExtendedProxyFileInfo primes_ProxyFileInfo;

/* --- The server ---------------------------------------------------------- */

typedef struct Primes {
	IPrimes IPrimes_iface;
	LONG refs;
} Primes;

static HRESULT STDMETHODCALLTYPE Primes_QueryInterface(IPrimes *This,
						       REFIID riid, void **ppv)
{
	*ppv = NULL;
	if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IPrimes))
		return E_NOINTERFACE;
	IPrimes_AddRef(This);
	*ppv = This;
	return S_OK;
}

static ULONG STDMETHODCALLTYPE Primes_AddRef(IPrimes *This)
{
	return (ULONG)__atomic_add_fetch(&((Primes *)This)->refs, 1,
					 __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE Primes_Release(IPrimes *This)
{
	ULONG left = (ULONG)__atomic_sub_fetch(&((Primes *)This)->refs, 1,
					       __ATOMIC_ACQ_REL);

	if (left == 0)
		free(This);
	return left;
}

static int is_prime(ULONG number)
{
	for (ULONG by = 2; by <= number / by; by++)
		if (number % by == 0)
			return 0;
	return number > 1;
}

static HRESULT STDMETHODCALLTYPE Primes_Count(IPrimes *This, ULONG below,
					      ULONG *count)
{
	(void)This;
	*count = 0;
	for (ULONG number = 0; number < below; number++) {
		if (number % 1024 == 0 && CoTestCancel() == RPC_E_CALL_CANCELED)
			return RPC_E_CALL_CANCELED;
		*count += (ULONG)is_prime(number);
	}
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE Primes_Name(IPrimes *This, WCHAR **name)
{
	static const WCHAR text[] = u"trial division";

	(void)This;
	*name = CoTaskMemAlloc(sizeof(text));
	if (!*name)
		return E_OUTOFMEMORY;
	memcpy(*name, text, sizeof(text));
	return S_OK;
}

static IPrimesVtbl Primes_vtbl = {
	Primes_QueryInterface, Primes_AddRef, Primes_Release,
	Primes_Count,          Primes_Name,
};

static IPrimes *Primes_Create(void)
{
	Primes *primes = calloc(1, sizeof(*primes));

	if (!primes)
		abort();
	primes->IPrimes_iface.lpVtbl = &Primes_vtbl;
	primes->refs = 1;
	return &primes->IPrimes_iface;
}

/* --- Two apartments, in one thread each ---------------------------------- */

static void check(HRESULT hr, const char *what)
{
	if (SUCCEEDED(hr))
		return;
	fprintf(stderr, "primes: Cannot %s: 0x%08X\n", what, (unsigned int)hr);
	exit(1);
}

/* Makes the object in the multithreaded apartment, for another one. */
static IStream *start_server(void)
{
	IStream *stream = NULL;
	IPrimes *primes;

	check(CoInitializeEx(NULL, COINIT_MULTITHREADED), "join the MTA");
	primes = Primes_Create();
	check(CoMarshalInterThreadInterfaceInStream(
		      &IID_IPrimes, (IUnknown *)primes, &stream),
	      "marshal the object");
	IPrimes_Release(primes);
	return stream;
}

/* --- The client ---------------------------------------------------------- */

static AsyncIPrimes *create_call(IPrimes *primes)
{
	ICallFactory *factory = NULL;
	AsyncIPrimes *call = NULL;

	check(IPrimes_QueryInterface(primes, &IID_ICallFactory,
				     (void **)&factory),
	      "find the call factory");
	check(ICallFactory_CreateCall(factory, &IID_AsyncIPrimes, NULL,
				      &IID_AsyncIPrimes, (IUnknown **)&call),
	      "create a call object");
	ICallFactory_Release(factory);
	return call;
}

/* A HANDLE is a descriptor: any event loop can watch it. */
static int wait_for(AsyncIPrimes *call, int milliseconds)
{
	ISynchronizeHandle *source = NULL;
	HANDLE handle = NULL;
	struct pollfd fd;
	int ready;

	check(AsyncIPrimes_QueryInterface(call, &IID_ISynchronizeHandle,
					  (void **)&source),
	      "find the handle");
	check(ISynchronizeHandle_GetHandle(source, &handle), "get the handle");
	fd = (struct pollfd){(int)(intptr_t)handle, POLLIN, 0};
	ready = poll(&fd, 1, milliseconds);
	ISynchronizeHandle_Release(source);
	return ready == 1;
}

static void cancel(AsyncIPrimes *call)
{
	ICancelMethodCalls *cancel = NULL;

	check(AsyncIPrimes_QueryInterface(call, &IID_ICancelMethodCalls,
					  (void **)&cancel),
	      "find the cancel interface");
	printf("Cancel: 0x%08X\n",
	       (unsigned int)ICancelMethodCalls_Cancel(cancel, 0));
	ICancelMethodCalls_Release(cancel);
}

static void use(IPrimes *primes)
{
	AsyncIPrimes *call = create_call(primes);
	WCHAR *name = NULL;
	ULONG count = 0;
	HRESULT hr;

	check(IPrimes_Name(primes, &name), "ask for the name");
	printf("Name: %c%c%c...\n", name[0], name[1], name[2]);
	CoTaskMemFree(name);

	check(AsyncIPrimes_Begin_Count(call, 1000), "begin");
	hr = AsyncIPrimes_Finish_Count(call, &count);
	printf("Below 1000: 0x%08X, %u primes\n", (unsigned int)hr, count);

	check(AsyncIPrimes_Begin_Count(call, 4000000000), "begin again");
	if (!wait_for(call, 100))
		cancel(call);
	hr = AsyncIPrimes_Begin_Count(call, 10);
	printf("Begin_ before Finish_: 0x%08X\n", (unsigned int)hr);
	hr = AsyncIPrimes_Finish_Count(call, &count);
	printf("Below 4000000000: 0x%08X\n", (unsigned int)hr);
	AsyncIPrimes_Release(call);
}

static void *client(void *data)
{
	IPrimes *primes = NULL;

	check(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), "make an STA");
	check(CoGetInterfaceAndReleaseStream(data, &IID_IPrimes,
					     (void **)&primes),
	      "unmarshal the object");
	use(primes);
	IPrimes_Release(primes);
	CoUninitialize();
	return NULL;
}

int main(void)
{
	pthread_t thread;
	IStream *stream;

	check(belay_register_proxies(&primes_ProxyFileInfo),
	      "register the proxies");
	stream = start_server();
	if (pthread_create(&thread, NULL, client, stream) != 0)
		return 1;
	(void)pthread_join(thread, NULL);
	CoUninitialize();
	return 0;
}
