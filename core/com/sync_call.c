/* SPDX-License-Identifier: MIT */
/*
 * sync_call.c - synchronous methods of proxies
 *
 * A call like any other, whose Begin and Finish are one. Each thread keeps the
 * structures for its next calls: as many as were nested once.
 */
#include <stdlib.h>

#include "client_call.h"
#include "import.h"
#include "interface.h"
#include "thread_calls.h"

struct belayi_sync_call {
	struct belayi_client_call client;
	struct belayi_sync_call *next;
};

static void free_client(struct belayi_client_call *client)
{
	belayi_client_deinit(client);
	free(client);
}

/*
 * The turn holds the memory until it has settled: who cancels the call may come
 * to say so when its caller is gone already.
 */
static void begun(struct belayi_client_call *client, uint64_t turn)
{
	(void)turn;
	belayi_client_hold(client);
}

static void unbegun(struct belayi_client_call *client, uint64_t turn)
{
	(void)turn;
	belayi_client_drop(client);
}

static void settled(struct belayi_client_call *client, uint64_t turn)
{
	(void)turn;
	if (client->apartment)
		belayi_apartment_ring(client->apartment);
	belayi_client_drop(client);
}

static const struct belayi_client_class sync_class = {
	.begun = begun,
	.unbegun = unbegun,
	.settled = settled,
	.free = free_client,
};

void belayi_sync_free_idle(struct belayi_sync_call *idle)
{
	while (idle) {
		struct belayi_sync_call *next = idle->next;

		belayi_client_drop(&idle->client);
		idle = next;
	}
}

/* What is idle was made in this apartment: a thread that leaves keeps none. */
static struct belayi_sync_call *take(struct belayi_thread_calls *calls,
				     struct belayi_apartment *apartment)
{
	struct belayi_sync_call *call = calls->idle;

	if (call) {
		calls->idle = call->next;
		return call;
	}
	call = calloc(1, sizeof(*call));
	if (call)
		belayi_client_init(&call->client, &sync_class, apartment);
	return call;
}

/* Where the server still has the message, the memory goes when it replies. */
static void give(struct belayi_thread_calls *calls,
		 struct belayi_sync_call *call)
{
	if (belayi_client_is_out(&call->client)) {
		belayi_client_drop(&call->client);
		return;
	}
	call->next = calls->idle;
	calls->idle = call;
}

static HRESULT make_call(struct belayi_thread_calls *calls,
			 struct belayi_client_call *client,
			 const struct belayi_procedure *procedure, void *image,
			 uint64_t *ret_value)
{
	bool enabled = calls->enabled != 0;
	struct belayi_cancelable entry = {.client = client, .enabled = true};
	HRESULT hr;

	if (__builtin_expect(enabled, 0)) {
		entry.ref = belay_call_ref(&client->call);
		belayi_cancelable_push(calls, &entry);
	}
	/* Relaxed: of interest to others only while the call lasts. */
	__atomic_store_n(&calls->depth, calls->depth + 1, __ATOMIC_RELAXED);
	hr = belayi_client_begin(client, procedure, image);
	if (SUCCEEDED(hr))
		belayi_client_finish(client, procedure, image, ret_value);
	__atomic_store_n(&calls->depth, calls->depth - 1, __ATOMIC_RELAXED);
	if (__builtin_expect(enabled, 0))
		belayi_cancelable_pop(calls, &entry);
	return hr;
}

static HRESULT call_proxy(struct belayi_proxy *proxy,
			  const struct belayi_procedure *procedure, void *image,
			  uint64_t *ret_value)
{
	struct belayi_thread_calls *calls = belayi_thread_calls();
	struct belayi_import *import = proxy->import;
	struct belayi_sync_call *call;
	HRESULT hr;

	call = calls ? take(calls, import->apartment) : NULL;
	if (!call)
		return E_OUTOFMEMORY;
	call->client.proxy = proxy;
	/* What the apartment serves meanwhile may release the proxy. */
	(void)belayi_import_ref(import);
	hr = make_call(calls, &call->client, procedure, image, ret_value);
	(void)belayi_import_unref(import);
	give(calls, call);
	return hr;
}

void belayi_proxy_call(void *object, const struct belayi_procedure *procedure,
		       void *image, uint64_t *ret_value)
{
	struct belayi_proxy *proxy = object;
	HRESULT hr = belayi_proxy_check(proxy);

	if (SUCCEEDED(hr))
		hr = call_proxy(proxy, procedure, image, ret_value);
	if (FAILED(hr))
		belayi_client_failed(procedure, image, hr, ret_value);
}
