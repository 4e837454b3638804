/* SPDX-License-Identifier: MIT */
/*
 * import_calls.c - asynchronous calls of an import's own interfaces
 *
 * The methods are procedures, so that begin, cancel, finish and observers see
 * calls like all others. A request says what is wanted; with the answers
 * written into it, it is the reply, and Finish_ finds the stubs.
 */
#include "import_calls.h"

#include <pthread.h>
#include <string.h>

#include "call_object.h"
#include "call_site.h"
#include "import.h"
#include "interface.h"
#include "multi_query.h"
#include "ndr_codes.h"
#include "ndr_types.h"

/* --- What the calls are -------------------------------------------------- */

static const struct belayi_type query_type = {
	.shape = BELAYI_STRUCT,
	.alignment = 4,
	.wire_alignment = 4,
	.is_flat = true,
	.size = sizeof(struct belayi_query),
	.least = sizeof(struct belayi_query),
};

static const struct belayi_type count_type = {
	.shape = BELAYI_SCALAR,
	.code = FC_ULONG,
	.alignment = 4,
	.wire_alignment = 4,
	.is_flat = true,
	.size = 4,
	.least = 4,
};

static const struct belayi_type array_type = {
	.shape = BELAYI_ARRAY,
	.alignment = 4,
	.wire_alignment = 4,
	.is_conformant = true,
	.array = {.element = &query_type,
		  .size = {.where = BELAYI_FIELD, .code = FC_ULONG}},
};

static const struct belayi_field queries_fields[] = {{.type = &count_type}};

static const struct belayi_type queries_type = {
	.shape = BELAYI_STRUCT,
	.alignment = 4,
	.wire_alignment = 4,
	.is_conformant = true,
	.size = sizeof(struct belayi_queries),
	.least = 4,
	.record = {.fields = queries_fields,
		   .fields_count = 1,
		   .tail = &array_type},
};

static const struct belayi_type list_type = {
	.shape = BELAYI_POINTER,
	.alignment = sizeof(void *),
	.wire_alignment = 4,
	.has_pointers = true,
	.size = sizeof(void *),
	.least = 4,
	.pointer.pointee = &queries_type,
};

/* What stands in front of the queries: that there is a list, and, twice, how
 * many there are: for its memory, and as its member. */
#define LIST_HEAD 12

#define PARAM(type, image, member, direction)                                  \
	{                                                                      \
		type, offsetof(struct image, member),                          \
			(direction) | BELAYI_PARAM_INDIRECT                    \
	}

static const struct belayi_param query_params[] = {
	PARAM(&query_type, belayi_query_image, wanted, BELAYI_PARAM_IN),
	PARAM(&query_type, belayi_query_image, found, BELAYI_PARAM_OUT),
};

static const struct belayi_param many_params[] = {
	PARAM(&list_type, belayi_queries_image, wanted, BELAYI_PARAM_IN),
	PARAM(&list_type, belayi_queries_image, found, BELAYI_PARAM_OUT),
};

static const struct belayi_interface unknown_interface;
static const struct belayi_interface multi_interface;

static struct belayi_procedure procedures[] = {
	[BELAYI_CALL_QUERY] = {.iface = &unknown_interface,
			       .name = "QueryInterface",
			       .operation.name = "IUnknown.QueryInterface",
			       .image_size = sizeof(struct belayi_query_image),
			       .params_count = 2,
			       .is_hresult = true,
			       .has_in = true,
			       .has_out = true,
			       .params = query_params},
	[BELAYI_CALL_ADD_REF] = {.iface = &unknown_interface,
				 .name = "AddRef",
				 .operation.name = "IUnknown.AddRef",
				 .slot = 1,
				 .image_size = sizeof(void *),
				 .has_out = true},
	[BELAYI_CALL_RELEASE] = {.iface = &unknown_interface,
				 .name = "Release",
				 .operation.name = "IUnknown.Release",
				 .slot = 2,
				 .image_size = sizeof(void *),
				 .has_out = true},
	[BELAYI_CALL_QUERY_MANY] = {.iface = &multi_interface,
				    .name = "QueryMultipleInterfaces",
				    .operation.name =
					    "IMultiQI.QueryMultipleInterfaces",
				    .slot = BELAYI_FIRST_SLOT,
				    .image_size =
					    sizeof(struct belayi_queries_image),
				    .params_count = 2,
				    .is_hresult = true,
				    .has_in = true,
				    .has_out = true,
				    .out_has_pointers = true,
				    .params = many_params},
};

#define CALLS (sizeof(procedures) / sizeof(procedures[0]))

static const struct belayi_interface unknown_interface = {
	.iid = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
	.async_iid = {0x000E0000, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
	.name = "IUnknown",
	.slots = BELAYI_FIRST_SLOT + 3,
	.procedures = &procedures[BELAYI_CALL_QUERY],
};

static const struct belayi_interface multi_interface = {
	.iid = {0x00000020, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
	.async_iid = {0x000E0020, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
	.name = "IMultiQI",
	.slots = BELAYI_FIRST_SLOT + 1,
	.procedures = &procedures[BELAYI_CALL_QUERY_MANY],
};

const struct belayi_import_calls *belayi_import_calls(REFIID async_iid)
{
	static const struct belayi_import_calls all[] = {
		{&unknown_interface, &belayi_async_unknown_vtable},
		{&multi_interface, &belayi_async_multi_vtable},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (IsEqualIID(&all[i].iface->async_iid, async_iid))
			return &all[i];
	return NULL;
}

static void init_procedures(void)
{
	for (size_t i = 0; i < CALLS; i++) {
		struct belayi_procedure *procedure = &procedures[i];
		const char *name = procedure->operation.name;

		procedure->operation = belayi_client_operation;
		procedure->operation.number = &procedure->operation_number;
		procedure->operation.name = name;
		if (!procedure->is_hresult)
			procedure->value = belayi_scalar_type(FC_LONG);
	}
}

/* --- Queries ------------------------------------------------------------- */

static bool is_one_query(const struct belayi_message *message)
{
	return message->procedure == &procedures[BELAYI_CALL_QUERY];
}

/* What is wanted, in the request, where the answers are written. */
static struct belayi_query *queries_of(const struct belayi_message *message,
				       uint32_t *ret_count)
{
	size_t head = is_one_query(message) ? 0 : LIST_HEAD;

	*ret_count = (uint32_t)((message->request.size - head) /
				sizeof(struct belayi_query));
	return (struct belayi_query *)(message->request.data + head);
}

/* What the method returns, for observers and for one query. */
static HRESULT result_of(const struct belayi_message *message)
{
	uint32_t count;
	const struct belayi_query *queries = queries_of(message, &count);

	if (is_one_query(message))
		return queries->result;
	for (uint32_t i = 0; i < count; i++)
		if (SUCCEEDED(queries[i].result))
			return S_OK;
	return count ? E_NOINTERFACE : S_OK;
}

static void reply_queries(struct belayi_message *message)
{
	struct belayi_buffer request = message->request;
	HRESULT result = result_of(message);

	if (is_one_query(message) && FAILED(result)) {
		belayi_message_failed(message, result);
		return;
	}
	message->result = result;
	message->request = message->reply;
	message->reply = request;
	belayi_message_replied(message);
}

static void run_queries(struct belayi_task *task)
{
	struct belayi_message *message = (struct belayi_message *)task;
	uint32_t count;
	struct belayi_query *queries = queries_of(message, &count);

	belayi_queries_answer(message->stub->export, queries, count);
	reply_queries(message);
}

static void drop_queries(struct belayi_task *task)
{
	struct belayi_message *message = (struct belayi_message *)task;
	uint32_t count;
	struct belayi_query *queries = queries_of(message, &count);

	belayi_queries_fail(queries, count, RPC_E_DISCONNECTED);
	reply_queries(message);
}

static HRESULT send_queries(struct belayi_import *import,
			    struct belayi_message *message)
{
	struct belayi_export *export = import->export;
	uint32_t count;
	struct belayi_query *queries = queries_of(message, &count);

	if (belayi_queries_know(import, queries, count)) {
		reply_queries(message);
		return S_OK;
	}
	message->task.run = run_queries;
	message->task.drop = drop_queries;
	if (belayi_export_connected(export) &&
	    belayi_apartment_post(export->apartment, &message->task))
		return S_OK;
	if (is_one_query(message))
		return RPC_E_DISCONNECTED;
	/* Of many, some may be known. */
	drop_queries(&message->task);
	return S_OK;
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

static HRESULT import_send(struct belayi_channel *channel,
			   struct belayi_message *message)
{
	struct belayi_import *import = message->client->proxy->import;

	(void)channel;
	if (message->procedure == &procedures[BELAYI_CALL_ADD_REF])
		return reply_count(message, belayi_import_ref(import));
	/* Never the last one: the call object has a reference. */
	if (message->procedure == &procedures[BELAYI_CALL_RELEASE])
		return reply_count(message, belayi_import_unref(import));
	return send_queries(import, message);
}

/* Nobody asks while the object answers. */
static void import_cancel(struct belayi_channel *channel,
			  struct belayi_message *message, uint64_t turn)
{
	(void)channel;
	(void)message;
	(void)turn;
}

static const struct belayi_channel_class import_class = {
	.send = import_send,
	.cancel = import_cancel,
};

static struct belayi_channel import_channel = {&import_class};

/* --- The proxy ----------------------------------------------------------- */

void belayi_import_calls_init(struct belayi_import *import)
{
	import->calls = (struct belayi_proxy){
		.iface = &unknown_interface,
		.import = import,
		/* Any one: it stands for the object. */
		.stub = __atomic_load_n(&import->export->stubs,
					__ATOMIC_ACQUIRE),
		.channel = &import_channel,
	};
}

struct belayi_proxy *belayi_import_calls_proxy(struct belayi_import *import)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init_procedures);
	(void)belayi_import_ref(import);
	return &import->calls;
}

/* --- Begin_ and Finish_ -------------------------------------------------- */

HRESULT belayi_import_begin(void *async, enum belayi_import_call call,
			    void *image, const void *site)
{
	belayi_call_site_set(site);
	return belayi_object_begin(async, &procedures[call], image);
}

void belayi_import_finish(void *async, enum belayi_import_call call,
			  void *image, uint64_t *ret_value)
{
	belayi_object_finish(async, &procedures[call], image, ret_value);
}
