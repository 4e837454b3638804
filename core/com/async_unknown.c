/* SPDX-License-Identifier: MIT */
/*
 * async_unknown.c - AsyncIUnknown of an import
 *
 * The methods are procedures, so that begin, cancel, finish and observers see
 * calls like all others. A query's request is the IID; where the object has
 * the interface the same bytes are the reply, and Finish_ finds the stub.
 */
#define COBJMACROS

#include "async_unknown.h"

#include <pthread.h>
#include <string.h>

#include "call_object.h"
#include "call_site.h"
#include "faces.h"
#include "impl.h"
#include "import.h"
#include "interface.h"
#include "ndr_codes.h"
#include "ndr_types.h"

/* --- What the calls are -------------------------------------------------- */

/* An image of QueryInterface. */
struct query_image {
	void *object;
	const IID *wanted;
	IID *found;
};

static const struct belayi_type iid_type = {
	.shape = BELAYI_STRUCT,
	.alignment = 4,
	.wire_alignment = 4,
	.is_flat = true,
	.size = sizeof(IID),
	.least = sizeof(IID),
};

static const struct belayi_param query_params[] = {
	{&iid_type, offsetof(struct query_image, wanted),
	 BELAYI_PARAM_IN | BELAYI_PARAM_INDIRECT},
	{&iid_type, offsetof(struct query_image, found),
	 BELAYI_PARAM_OUT | BELAYI_PARAM_INDIRECT},
};

enum { QUERY, ADD_REF, RELEASE, METHODS };

static struct belayi_procedure procedures[METHODS] = {
	[QUERY] = {.name = "QueryInterface",
		   .operation.name = "IUnknown.QueryInterface",
		   .image_size = sizeof(struct query_image),
		   .params_count = 2,
		   .is_hresult = true,
		   .has_in = true,
		   .has_out = true,
		   .params = query_params},
	[ADD_REF] = {.name = "AddRef",
		     .operation.name = "IUnknown.AddRef",
		     .image_size = sizeof(void *),
		     .has_out = true},
	[RELEASE] = {.name = "Release",
		     .operation.name = "IUnknown.Release",
		     .image_size = sizeof(void *),
		     .has_out = true},
};

static const struct belayi_interface unknown_interface = {
	.iid = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
	.async_iid = {0x000E0000, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
	.name = "IUnknown",
	.slots = BELAYI_FIRST_SLOT + METHODS,
	.procedures = procedures,
};

static void init_procedures(void)
{
	for (int i = 0; i < METHODS; i++) {
		struct belayi_procedure *procedure = &procedures[i];
		const char *name = procedure->operation.name;

		procedure->iface = &unknown_interface;
		procedure->slot = (uint16_t)i;
		procedure->operation = belayi_client_operation;
		procedure->operation.number = &procedure->operation_number;
		procedure->operation.name = name;
		if (i != QUERY)
			procedure->value = belayi_scalar_type(FC_LONG);
	}
}

/* --- The channel --------------------------------------------------------- */

static HRESULT reply_count(struct belayi_message *message, uint32_t count)
{
	unsigned char *bytes =
		belayi_buffer_reserve(&message->reply, sizeof(count));

	if (bytes)
		memcpy(bytes, &count, sizeof(count));
	message->status = bytes ? S_OK : E_OUTOFMEMORY;
	belayi_message_replied(message);
	return S_OK;
}

static void reply_query(struct belayi_message *message)
{
	struct belayi_buffer request = message->request;

	message->request = message->reply;
	message->reply = request;
	belayi_message_replied(message);
}

static void run_query(struct belayi_task *task)
{
	struct belayi_message *message = (struct belayi_message *)task;
	struct belayi_stub *stub;
	IID iid;
	HRESULT hr;

	memcpy(&iid, message->request.data, sizeof(iid));
	hr = belayi_stub_query(message->stub->export, &iid, &stub);
	if (FAILED(hr))
		belayi_message_failed(message, hr);
	else
		reply_query(message);
}

static void drop_query(struct belayi_task *task)
{
	belayi_message_failed((struct belayi_message *)task,
			      RPC_E_DISCONNECTED);
}

static HRESULT send_query(struct belayi_message *message)
{
	struct belayi_export *export = message->stub->export;
	IID iid;

	memcpy(&iid, message->request.data, sizeof(iid));
	if (belayi_faces_know(message->client->proxy->import, &iid)) {
		reply_query(message);
		return S_OK;
	}
	message->task.run = run_query;
	message->task.drop = drop_query;
	if (!belayi_export_connected(export) ||
	    !belayi_apartment_post(export->apartment, &message->task))
		return RPC_E_DISCONNECTED;
	return S_OK;
}

static HRESULT unknown_send(struct belayi_channel *channel,
			    struct belayi_message *message)
{
	struct belayi_import *import = message->client->proxy->import;

	(void)channel;
	if (message->procedure == &procedures[ADD_REF])
		return reply_count(message, belayi_import_ref(import));
	/* Never the last one: the call object has a reference. */
	if (message->procedure == &procedures[RELEASE])
		return reply_count(message, belayi_import_unref(import));
	return send_query(message);
}

/* Nobody asks while the object answers. */
static void unknown_cancel(struct belayi_channel *channel,
			   struct belayi_message *message, uint64_t id)
{
	(void)channel;
	(void)message;
	(void)id;
}

static const struct belayi_channel_class unknown_class = {
	.send = unknown_send,
	.cancel = unknown_cancel,
};

static struct belayi_channel unknown_channel = {&unknown_class};

/* --- The proxy ----------------------------------------------------------- */

void belayi_unknown_init(struct belayi_import *import)
{
	import->unknown = (struct belayi_proxy){
		.iface = &unknown_interface,
		.import = import,
		/* Any one: it stands for the object. */
		.stub = __atomic_load_n(&import->export->stubs,
					__ATOMIC_ACQUIRE),
		.channel = &unknown_channel,
	};
}

struct belayi_proxy *belayi_unknown_proxy(struct belayi_import *import)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init_procedures);
	(void)belayi_import_ref(import);
	return &import->unknown;
}

/* --- AsyncIUnknown ------------------------------------------------------- */

static HRESULT begin(AsyncIUnknown *This, int method, void *image,
		     const void *site)
{
	belayi_call_site_set(site);
	return belayi_object_begin(This, &procedures[method], image);
}

static ULONG finish_count(AsyncIUnknown *This, int method)
{
	void *image = This;
	uint64_t count = 0;

	belayi_object_finish(This, &procedures[method], &image, &count);
	return (ULONG)count;
}

BELAYI_DELEGATE(AsyncIUnknown, belayi_call_object, async, waitable.outer)

static HRESULT STDMETHODCALLTYPE begin_query(AsyncIUnknown *This, REFIID riid)
{
	struct query_image image = {This, riid, NULL};

	return begin(This, QUERY, &image, __builtin_return_address(0));
}

static HRESULT STDMETHODCALLTYPE finish_query(AsyncIUnknown *This,
					      void **ppvObject)
{
	struct belayi_import *import =
		belayi_object_from(This)->client.proxy->import;
	struct query_image image = {This, NULL, NULL};
	uint64_t result = 0;
	IID found;

	if (!ppvObject)
		return E_POINTER;
	*ppvObject = NULL;
	image.found = &found;
	belayi_object_finish(This, &procedures[QUERY], &image, &result);
	if (FAILED((HRESULT)result))
		return (HRESULT)result;
	/* Nothing has to be asked any more. */
	return belayi_faces_query(import, &found, ppvObject);
}

static HRESULT STDMETHODCALLTYPE begin_add_ref(AsyncIUnknown *This)
{
	void *image = This;

	return begin(This, ADD_REF, &image, __builtin_return_address(0));
}

static ULONG STDMETHODCALLTYPE finish_add_ref(AsyncIUnknown *This)
{
	return finish_count(This, ADD_REF);
}

static HRESULT STDMETHODCALLTYPE begin_release(AsyncIUnknown *This)
{
	void *image = This;

	return begin(This, RELEASE, &image, __builtin_return_address(0));
}

static ULONG STDMETHODCALLTYPE finish_release(AsyncIUnknown *This)
{
	return finish_count(This, RELEASE);
}

CONST_VTBL AsyncIUnknownVtbl belayi_unknown_vtable = {
	async_QueryInterface, async_AddRef,  async_Release,
	begin_query,          finish_query,  begin_add_ref,
	finish_add_ref,       begin_release, finish_release,
};
