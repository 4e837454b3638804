/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ndr.c - whatever a message is, reading it does no harm, and what comes
 * of it are arguments
 *
 * For libFuzzer. An input is a method's interface and slot (a byte each), the
 * size of a request (two bytes), the request, and a reply. Where the request
 * is good, its arguments are the client's that reads the reply. loop.c writes
 * such inputs of its calls into the folder BELAY_CORPUS.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/com/apartment.h>
#include <belay/observer.h>

#include "interface.h"
#include "ndr.h"
#include "ndr_types.h"
#include "object.h"
#include "packets.h"

#define CHECK(is_so)                                                           \
	do {                                                                   \
		if (!(is_so)) {                                                \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				      __LINE__, #is_so);                       \
			abort();                                               \
		}                                                              \
	} while (0)

#define FILES(X)                                                               \
	X(arrays)                                                              \
	X(base)                                                                \
	X(calc)                                                                \
	X(objects)                                                             \
	X(odd)                                                                 \
	X(pipe)                                                                \
	X(pointers)                                                            \
	X(structs)                                                             \
	X(texts)                                                               \
	X(unions)                                                              \
	X(computed)                                                            \
	X(counts)

#define FILE_OF(name) extern const ExtendedProxyFileInfo name##_ProxyFileInfo;
FILES(FILE_OF)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An object that is of every interface. */
static HRESULT STDMETHODCALLTYPE query(IUnknown *This, REFIID riid, void **ppv)
{
	(void)riid;
	((struct object *)(void *)This)->refs++;
	*ppv = This;
	return S_OK;
}

static const IUnknownVtbl vtable = {.QueryInterface = query,
				    .AddRef = (void *)object_add_ref,
				    .Release = (void *)object_release};
static struct object objects[2] = {{&vtable, NULL, 1, 0},
				   {&vtable, NULL, 1, 0}};

/* There are no calls here, and so nobody who observes them. */
bool belay_call_is_observed(void)
{
	return false;
}

static const struct belayi_interface *interfaces[32];
static uint32_t interfaces_count;

static void add_file(const ExtendedProxyFileInfo *file)
{
	CHECK(belay_register_proxies(file) == S_OK);
	for (uint32_t i = 0; i < file->TableSize; i++)
		interfaces[interfaces_count++] = belayi_interface_find(
			file->pProxyVtblList[i]->header.piid);
}

static void prepare(void)
{
	if (interfaces_count)
		return;
#define ADD_FILE(name) add_file(&name##_ProxyFileInfo);
	FILES(ADD_FILE)
	for (int i = 0; i < 2; i++)
		pointers_keep((IUnknown *)(void *)&objects[i]);
}

static struct belayi_buffer buffer_of(const uint8_t *data, size_t size)
{
	struct belayi_buffer buffer = {.size = size, .capacity = size};

	buffer.data = malloc(size ? size : 1);
	CHECK(buffer.data);
	if (size)
		memcpy(buffer.data, data, size);
	return buffer;
}

/* ICounts' methods that say there is more than they got memory for. */
static void raise_counts(const struct belayi_procedure *procedure,
			 struct belayi_frame *frame)
{
	if (strncmp(procedure->operation.name, "ICounts.Claim", 13) != 0)
		return;
	for (uint32_t i = 0; i < procedure->params_count; i++) {
		const struct belayi_param *param = &procedure->params[i];
		ULONG *count = *(ULONG **)(frame->image + param->offset);

		if (belayi_is_in(param) && belayi_is_out(param) &&
		    param->type->shape == BELAYI_SCALAR && *count < 0x10000)
			*count += 1 + *count % 3;
	}
}

/* The arguments can be walked over, and say the same to another server. */
static void check_arguments(const struct belayi_procedure *procedure,
			    struct belayi_frame *frame)
{
	struct belayi_buffer again = {.data = NULL}, reply = {.data = NULL};
	struct belayi_frame second = {.image = NULL};

	CHECK(belayi_ndr_put_in(procedure, frame->image, &again) == S_OK);
	CHECK(belayi_ndr_get_in(procedure, &again, &second) == S_OK);
	(void)belayi_ndr_put_out(procedure, &second, &reply);
	raise_counts(procedure, &second);
	(void)belayi_ndr_put_out(procedure, &second, &reply);
	belayi_ndr_free(procedure, &second);
	belayi_frame_deinit(&second);
	belayi_buffer_deinit(&again);
	belayi_buffer_deinit(&reply);
}

static void try_messages(const struct belayi_procedure *procedure,
			 const struct belayi_buffer *request,
			 const struct belayi_buffer *reply)
{
	struct belayi_frame frame = {.image = NULL};
	uint64_t value;

	belayi_ndr_discard_in(procedure, request);
	belayi_ndr_discard_out(procedure, reply);
	if (belayi_ndr_get_in(procedure, request, &frame) == S_OK) {
		check_arguments(procedure, &frame);
		(void)belayi_ndr_get_out(procedure, frame.image, reply, &value);
		belayi_ndr_free(procedure, &frame);
	}
	belayi_frame_deinit(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct belayi_interface *iface;
	const struct belayi_procedure *procedure;
	struct belayi_buffer request, reply;
	size_t length;

	prepare();
	if (size < 4)
		return 0;
	iface = interfaces[data[0] % interfaces_count];
	procedure = belayi_procedure_of(
		iface, BELAYI_FIRST_SLOT +
			       data[1] % (iface->slots - BELAYI_FIRST_SLOT));
	length = data[2] | (size_t)data[3] << 8;
	if (length > size - 4)
		length = size - 4;
	request = buffer_of(data + 4, length);
	reply = buffer_of(data + 4 + length, size - 4 - length);
	try_messages(procedure, &request, &reply);
	belayi_buffer_deinit(&request);
	belayi_buffer_deinit(&reply);
	for (int i = 0; i < 2; i++)
		CHECK(objects[i].refs == 2);
	return 0;
}
