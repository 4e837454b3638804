/* SPDX-License-Identifier: MIT */
/*
 * loop.c - calls through messages, within one thread
 */
#include "loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "invoke.h"
#include "vtables.h"

/* A message is damaged in at most so many places: large ones in some. */
#define PLACES_MAX 600U

bool loop_damages = true;
uint64_t loop_refused, loop_taken;

/* --- Damage -------------------------------------------------------------- */

/* In memory of just its size, so that the sanitizer sees every byte too far. */
static struct belayi_buffer copy_of(const struct belayi_buffer *buffer,
				    size_t size)
{
	struct belayi_buffer copy = {.size = size, .capacity = size};

	copy.data = malloc(size ? size : 1);
	assert_non_null(copy.data);
	if (size)
		memcpy(copy.data, buffer->data, size);
	return copy;
}

void loop_frame_check(const struct belayi_procedure *procedure,
		      struct belayi_frame *frame)
{
	struct belayi_buffer again = {.data = NULL}, reply = {.data = NULL};
	struct belayi_frame second = {.image = NULL};
	uint64_t value;
	HRESULT status;

	status = belayi_ndr_put_in(procedure, frame->image, &again);
	assert_int_equal(status, S_OK);
	status = belayi_ndr_get_in(procedure, &again, &second);
	assert_int_equal(status, S_OK);
	status = belayi_ndr_put_out(procedure, &second, &reply);
	if (status == S_OK &&
	    belayi_ndr_get_out(procedure, frame->image, &reply, &value) != S_OK)
		belayi_ndr_zero_out(procedure, frame->image);
	belayi_ndr_free(procedure, &second);
	belayi_frame_deinit(&second);
	belayi_buffer_deinit(&again);
	belayi_buffer_deinit(&reply);
}

static void try_request(const struct belayi_procedure *procedure,
			const struct belayi_buffer *request)
{
	struct belayi_frame frame = {.image = NULL};

	if (belayi_ndr_get_in(procedure, request, &frame) == S_OK) {
		loop_taken++;
		loop_frame_check(procedure, &frame);
		belayi_ndr_free(procedure, &frame);
	} else {
		loop_refused++;
	}
	belayi_frame_deinit(&frame);
}

/* A good request's arguments are a client's: they have room for results. */
static void try_reply(const struct belayi_procedure *procedure,
		      const struct belayi_buffer *request,
		      const struct belayi_buffer *reply)
{
	struct belayi_frame client = {.image = NULL};
	struct belayi_buffer copy = copy_of(request, request->size);
	uint64_t value;

	assert_int_equal(belayi_ndr_get_in(procedure, &copy, &client), S_OK);
	if (belayi_ndr_get_out(procedure, client.image, reply, &value) == S_OK)
		loop_taken++;
	else
		loop_refused++;
	belayi_ndr_free(procedure, &client);
	belayi_frame_deinit(&client);
	belayi_buffer_deinit(&copy);
	belayi_ndr_discard_out(procedure, reply);
}

static void try_one(const struct belayi_procedure *procedure,
		    const struct belayi_buffer *request,
		    const struct belayi_buffer *reply, bool is_reply)
{
	if (is_reply)
		try_reply(procedure, request, reply);
	else
		try_request(procedure, request);
}

static void damage(const struct belayi_procedure *procedure,
		   const struct belayi_buffer *request,
		   const struct belayi_buffer *reply, bool is_reply)
{
	static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x02, 0x40};
	const struct belayi_buffer *whole = is_reply ? reply : request;
	size_t step = 1 + whole->size / PLACES_MAX;

	for (size_t at = 0; at < whole->size; at += step) {
		struct belayi_buffer bad = copy_of(whole, at);

		try_one(procedure, is_reply ? request : &bad, &bad, is_reply);
		belayi_buffer_deinit(&bad);
		bad = copy_of(whole, whole->size);
		for (size_t i = 0; i < sizeof(changes); i++) {
			bad.data[at] ^= changes[i];
			try_one(procedure, is_reply ? request : &bad, &bad,
				is_reply);
			bad.data[at] ^= changes[i];
		}
		belayi_buffer_deinit(&bad);
	}
}

void loop_damage(const struct belayi_procedure *procedure,
		 const struct belayi_buffer *request,
		 const struct belayi_buffer *reply)
{
	damage(procedure, request, reply, false);
	if (reply)
		damage(procedure, request, reply, true);
}

/* --- The fuzzer's corpus ------------------------------------------------- */

/* Numbers of interfaces are those of fuzz_ndr.c: files in their order. */
static int interface_number(const char *name)
{
	static const char *const names[] = {
		"IArrays",  "IBase",   "ICalc",     "ICalcMemory", "IListener",
		"IObjects", "IOdd",    "IBytes",    "IPointers",   "IStructs",
		"IStrings", "IUnions", "IComputed", "ICounts"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	return 0;
}

static void write_input(const struct belayi_procedure *procedure,
			const struct belayi_buffer *request,
			const struct belayi_buffer *reply)
{
	const char *folder = getenv("BELAY_CORPUS");
	char path[256];
	FILE *file;

	if (!folder || request->size + reply->size > 400)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", folder,
		       procedure->operation.name);
	file = fopen(path, "wb");
	assert_non_null(file);
	(void)fputc(interface_number(procedure->iface->name), file);
	(void)fputc(procedure->slot - BELAYI_FIRST_SLOT, file);
	(void)fputc((int)(request->size & 0xff), file);
	(void)fputc((int)(request->size >> 8), file);
	(void)fwrite(request->data, 1, request->size, file);
	(void)fwrite(reply->data, 1, reply->size, file);
	assert_int_equal(fclose(file), 0);
}

/* --- Proxies ------------------------------------------------------------- */

static struct loop *impl_from_proxy(void *object)
{
	return object;
}

static HRESULT STDMETHODCALLTYPE query(IUnknown *This, REFIID riid, void **ppv)
{
	struct loop *loop = impl_from_proxy(This);
	IUnknown *object = loop->object;

	return object->lpVtbl->QueryInterface(object, riid, ppv);
}

static ULONG STDMETHODCALLTYPE add_ref(IUnknown *This)
{
	(void)This;
	return 1;
}

/* The server's half; *reply is the reply. */
static HRESULT serve(const struct belayi_procedure *procedure, void *object,
		     const struct belayi_buffer *request,
		     struct belayi_buffer *reply)
{
	static struct belayi_frame frame;
	HRESULT status = belayi_ndr_get_in(procedure, request, &frame);

	if (status != S_OK)
		return status;
	belayi_invoke(procedure, &frame, object);
	status = belayi_ndr_put_out(procedure, &frame, reply);
	belayi_ndr_free(procedure, &frame);
	return status;
}

static HRESULT through(struct loop *loop,
		       const struct belayi_procedure *procedure, void *image,
		       struct belayi_buffer *reply)
{
	struct belayi_buffer request = {.data = NULL}, copy;
	HRESULT status = belayi_ndr_put_in(procedure, image, &request);

	loop->calls++;
	/* The method may write to what it reads where it arrived. */
	copy = copy_of(&request, request.size);
	if (status == S_OK)
		status = serve(procedure, loop->object, &request, reply);
	if (status == S_OK)
		write_input(procedure, &copy, reply);
	loop->request_size = request.size;
	loop->reply_size = reply->size;
	if (status == S_OK && loop_damages)
		loop_damage(procedure, &copy, reply);
	belayi_buffer_deinit(&request);
	belayi_buffer_deinit(&copy);
	return status;
}

static void loop_call(void *object, const struct belayi_procedure *procedure,
		      void *image, uint64_t *ret_value)
{
	struct loop *loop = impl_from_proxy(object);
	struct belayi_buffer reply = {.data = NULL};

	loop->failed = through(loop, procedure, image, &reply);
	if (loop->failed == S_OK)
		loop->failed =
			belayi_ndr_get_out(procedure, image, &reply, ret_value);
	else
		belayi_ndr_zero_out(procedure, image);
	if (loop->failed != S_OK && procedure->is_hresult)
		*ret_value = (uint64_t)(int64_t)loop->failed;
	belayi_buffer_deinit(&reply);
}

static HRESULT loop_begin(void *object,
			  const struct belayi_procedure *procedure, void *image)
{
	struct loop *loop = impl_from_proxy(object);

	if (loop->begun)
		return RPC_S_CALLPENDING;
	memcpy(loop->image, image, procedure->image_size);
	loop->failed = through(loop, procedure, image, &loop->reply);
	/* What was on the caller's stack is gone, and looks it. */
	memset(image, 0xee, procedure->image_size);
	if (loop->failed == S_OK)
		loop->begun = procedure;
	return loop->failed;
}

static void loop_finish(void *object, const struct belayi_procedure *procedure,
			void *image, uint64_t *ret_value)
{
	struct loop *loop = impl_from_proxy(object);

	if (loop->begun != procedure) {
		belayi_ndr_zero_out(procedure, image);
		*ret_value = (uint64_t)(int64_t)RPC_E_CALL_COMPLETE;
		return;
	}
	belayi_image_join(procedure, loop->image, image);
	loop->failed = belayi_ndr_get_out(procedure, loop->image, &loop->reply,
					  ret_value);
	if (loop->failed != S_OK)
		*ret_value = (uint64_t)(int64_t)loop->failed;
	loop->begun = NULL;
}

static const struct belayi_proxy_class loop_class = {
	.unknown = {(const void *)query, (const void *)add_ref,
		    (const void *)add_ref},
	.call = loop_call,
	.begin = loop_begin,
	.finish = loop_finish,
};

void loop_init(struct loop *loop, REFIID iid, void *object)
{
	const struct belayi_interface *iface = belayi_interface_find(iid);

	memset(loop, 0, sizeof(*loop));
	loop->object = object;
	assert_non_null(iface);
	assert_int_equal(belayi_vtable_call(iface, &loop_class, &loop->vtable),
			 S_OK);
}

void loop_init_async(struct loop *loop, REFIID async_iid, void *object)
{
	const struct belayi_interface *iface =
		belayi_interface_find_async(async_iid);

	memset(loop, 0, sizeof(*loop));
	loop->object = object;
	assert_non_null(iface);
	assert_int_equal(belayi_vtable_async(iface, &loop_class, &loop->vtable),
			 S_OK);
}

void loop_deinit(struct loop *loop)
{
	belayi_buffer_deinit(&loop->reply);
}
