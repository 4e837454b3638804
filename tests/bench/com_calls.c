/* SPDX-License-Identifier: MIT */
/*
 * com_calls.c - what a call across apartments costs
 *
 *     com_calls FROM-TO HOW CHUNKS CALLS [IN-FLIGHT]
 *
 * FROM-TO: sta-mta, mta-sta, sta-sta; an STA's server polls and dispatches
 * HOW:     async: Begin_, then a Finish_ that waits; sync: the method itself;
 *          array: the same with 1 MiB of [in] bytes; memcpy: of 1 MiB
 *
 * Prints the smallest and the median chunk, in ns of a call.
 *
 *     com_calls pending COUNT
 *
 * Prints the bytes of memory that each of so many pending call objects takes.
 */
#define COBJMACROS
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <belay/com/apartment.h>

#include "bulk.h"
#include "chunks.h"

#define IN_FLIGHT_MAX 1024
#define ARRAY_SIZE (1U << 20)

extern const ExtendedProxyFileInfo bulk_ProxyFileInfo;

static struct chunks chunks;
static unsigned char array[ARRAY_SIZE];
static unsigned char copy[ARRAY_SIZE];

/* --- The server: one object that lives as long as the program ------------- */

static HRESULT STDMETHODCALLTYPE bulk_QueryInterface(IBulk *iface, REFIID riid,
						     void **ppv)
{
	bool known =
		IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IBulk);

	*ppv = known ? iface : NULL;
	return known ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE bulk_AddRef(IBulk *iface)
{
	(void)iface;
	return 2;
}

static ULONG STDMETHODCALLTYPE bulk_Release(IBulk *iface)
{
	(void)iface;
	return 1;
}

static HRESULT STDMETHODCALLTYPE bulk_Add(IBulk *iface, LONG a, LONG b,
					  LONG *sum)
{
	(void)iface;
	*sum = a + b;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE bulk_Take(IBulk *iface, ULONG count,
					   const BYTE *bytes, ULONG *last)
{
	(void)iface;
	*last = bytes[count - 1];
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE bulk_Hang(IBulk *iface, LONG value, LONG *same)
{
	(void)iface;
	*same = value;
	return S_OK;
}

static IBulkVtbl bulk_vtable = {
	bulk_QueryInterface, bulk_AddRef, bulk_Release, bulk_Add,
	bulk_Take,           bulk_Hang,
};
static IBulk bulk = {&bulk_vtable};

static IStream *stream;
static sem_t ready;
static bool server_is_single;
static bool server_stands_still; /* STA: never dispatches */

static void must(HRESULT hr)
{
	if (hr != S_OK)
		abort();
}

static void *serve(void *data)
{
	struct pollfd fd;

	(void)data;
	must(CoInitializeEx(NULL, server_is_single ? COINIT_APARTMENTTHREADED
						   : COINIT_MULTITHREADED));
	must(CoMarshalInterThreadInterfaceInStream(&IID_IBulk,
						   (IUnknown *)&bulk, &stream));
	fd = (struct pollfd){belay_apartment_fd(), POLLIN, 0};
	(void)sem_post(&ready);
	for (;;) {
		if (!server_is_single || server_stands_still)
			(void)pause();
		else if (poll(&fd, 1, -1) == 1)
			(void)belay_apartment_dispatch();
	}
	return NULL;
}

/* --- The client ----------------------------------------------------------- */

static IBulk *connect_to_server(bool single)
{
	IBulk *object = NULL;
	pthread_t server;

	must(belay_register_proxies(&bulk_ProxyFileInfo));
	must(CoInitializeEx(NULL, single ? COINIT_APARTMENTTHREADED
					 : COINIT_MULTITHREADED));
	(void)sem_init(&ready, 0, 0);
	if (pthread_create(&server, NULL, serve, NULL) != 0)
		abort();
	(void)sem_wait(&ready);
	must(CoGetInterfaceAndReleaseStream(stream, &IID_IBulk,
					    (void **)&object));
	return object;
}

static AsyncIBulk *create_call(IBulk *object)
{
	ICallFactory *factory = NULL;
	AsyncIBulk *call = NULL;

	must(IBulk_QueryInterface(object, &IID_ICallFactory,
				  (void **)&factory));
	must(ICallFactory_CreateCall(factory, &IID_AsyncIBulk, NULL,
				     &IID_AsyncIBulk, (IUnknown **)&call));
	ICallFactory_Release(factory);
	return call;
}

static AsyncIBulk *calls[IN_FLIGHT_MAX];

/* Always so many in flight; the oldest is finished first. */
static void call_async(unsigned int units, unsigned int in_flight)
{
	LONG sum;

	for (unsigned int i = 0; i < in_flight; i++)
		must(AsyncIBulk_Begin_Add(calls[i], (LONG)i, 1));
	for (unsigned int i = 0; i < units; i++) {
		AsyncIBulk *call = calls[i % in_flight];

		must(AsyncIBulk_Finish_Add(call, &sum));
		if (i + in_flight < units)
			must(AsyncIBulk_Begin_Add(call, (LONG)i, 1));
	}
}

static void call_sync(IBulk *object, unsigned int units)
{
	LONG sum;

	for (unsigned int i = 0; i < units; i++)
		must(IBulk_Add(object, (LONG)i, 1, &sum));
}

static void call_array(unsigned int units)
{
	ULONG last;

	for (unsigned int i = 0; i < units; i++) {
		must(AsyncIBulk_Begin_Take(calls[0], ARRAY_SIZE, array));
		must(AsyncIBulk_Finish_Take(calls[0], &last));
	}
}

static void copy_array(unsigned int units)
{
	for (unsigned int i = 0; i < units; i++) {
		memcpy(copy, array, sizeof(copy));
		__asm__ volatile("" : : "r"(copy) : "memory");
	}
}

static void call_some(IBulk *object, const char *how, unsigned int units,
		      unsigned int in_flight)
{
	if (strcmp(how, "async") == 0)
		call_async(units, in_flight);
	else if (strcmp(how, "sync") == 0)
		call_sync(object, units);
	else if (strcmp(how, "array") == 0)
		call_array(units);
	else
		copy_array(units);
}

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size = 0;
	unsigned long pages = 0;

	if (!file || fscanf(file, "%lu %lu", &size, &pages) != 2)
		abort();
	(void)fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void begin_pending(IBulk *object)
{
	AsyncIBulk *call = create_call(object);

	must(AsyncIBulk_Begin_Hang(call, 1));
}

/* The server stands still, so all of them stay pending; never released. */
static int measure_pending(unsigned int count)
{
	IBulk *object;
	size_t before;

	server_is_single = true;
	server_stands_still = true;
	object = connect_to_server(false);
	begin_pending(object);
	before = resident();
	for (unsigned int i = 0; i < count; i++)
		begin_pending(object);
	printf("%.1f\n", (double)(resident() - before) / count);
	(void)fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 3 ? (unsigned int)atoi(argv[3]) : 100;
	unsigned int units = argc > 4 ? (unsigned int)atoi(argv[4]) : 100;
	unsigned int in_flight = argc > 5 ? (unsigned int)atoi(argv[5]) : 1;
	IBulk *object;

	if (argc == 3 && strcmp(argv[1], "pending") == 0)
		return measure_pending((unsigned int)atoi(argv[2]));
	if (argc < 3 || count == 0 || in_flight == 0 || units < in_flight ||
	    in_flight > IN_FLIGHT_MAX)
		return 2;
	server_is_single = strcmp(argv[1], "sta-mta") != 0;
	object = connect_to_server(strcmp(argv[1], "mta-sta") != 0);
	for (unsigned int i = 0; i < in_flight; i++)
		calls[i] = create_call(object);
	call_some(object, argv[2], units, in_flight);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		call_some(object, argv[2], units, in_flight);
		chunks_add(&chunks, started, units);
	}
	chunks_print(&chunks);
	(void)fflush(stdout);
	_exit(0); /* the server's thread waits for ever */
}
