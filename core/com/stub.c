/* SPDX-License-Identifier: MIT */
/*
 * stub.c - serves requests with an object's synchronous methods
 */
#include "stub.h"

#include <stddef.h>
#include <stdlib.h>

#include <belay/clock.h>
#include <belay/observer.h>

#include "context.h"
#include "export.h"
#include "interface.h"
#include "invoke.h"
#include "server_call.h"
#include "thread_calls.h"

/* --- Frames: each thread keeps as many as calls were nested -------------- */

struct belayi_idle_frame {
	struct belayi_frame frame;
	struct belayi_service service;
	struct belayi_message *message; /* that it is used for */
	uint64_t entered;
	struct belayi_idle_frame *next;
};

void belayi_stub_free_frames(struct belayi_idle_frame *frames)
{
	while (frames) {
		struct belayi_idle_frame *next = frames->next;

		belayi_frame_deinit(&frames->frame);
		free(frames);
		frames = next;
	}
}

static struct belayi_idle_frame *take_frame(struct belayi_thread_calls *calls)
{
	struct belayi_idle_frame *frame = calls->frames;

	if (!frame)
		return calloc(1, sizeof(*frame));
	calls->frames = frame->next;
	return frame;
}

static void give_frame(struct belayi_thread_calls *calls,
		       struct belayi_idle_frame *frame)
{
	frame->next = calls->frames;
	calls->frames = frame;
}

/* --- What observers hear ------------------------------------------------- */

static struct belay_server_call told_of(const struct belayi_message *message,
					const void *method)
{
	return (struct belay_server_call){
		.caller = message->header.caller,
		.id = message->header.id,
		.operation = &message->procedure->operation,
		.site = method,
	};
}

uint64_t belayi_serve_entered(const struct belayi_message *message,
			      const void *method)
{
	struct belay_server_call told;

	if (__builtin_expect(!belay_call_is_observed(), 1))
		return 0;
	told = told_of(message, method);
	belay_server_enter(&told);
	return belay_clock_now();
}

void belayi_serve_left(const struct belayi_message *message, uint64_t entered,
		       HRESULT status)
{
	struct belay_server_call told;

	if (__builtin_expect(entered == 0, 1))
		return;
	told = told_of(message, NULL);
	belay_server_exit(&told, status,
			  belay_clock_ns(belay_clock_now() - entered));
}

/* --- A call -------------------------------------------------------------- */

void belayi_serve_put_out(struct belayi_message *message,
			  struct belayi_frame *frame)
{
	const struct belayi_procedure *procedure = message->procedure;

	message->result = procedure->is_hresult ? (HRESULT)frame->value : S_OK;
	message->status = belayi_ndr_put_out(procedure, frame, &message->reply);
}

/*
 * The thread ends in the method. What it may have been writing to is not looked
 * at: pointers among its arguments are lost.
 */
static void died(struct belayi_service *service)
{
	struct belayi_idle_frame *used =
		(struct belayi_idle_frame *)((char *)service -
					     offsetof(struct belayi_idle_frame,
						      service));
	struct belayi_message *message = used->message;

	belayi_service_leave(service);
	belayi_serve_left(message, used->entered, RPC_E_SERVER_DIED);
	belayi_frame_deinit(&used->frame);
	free(used);
	belayi_export_leave(message->stub->export);
	belayi_message_failed(message, RPC_E_SERVER_DIED);
}

static void invoke(struct belayi_message *message,
		   struct belayi_idle_frame *used)
{
	const struct belayi_procedure *procedure = message->procedure;
	struct belayi_frame *frame = &used->frame;
	IUnknown *object = message->stub->object;

	used->message = message;
	used->entered = 0;
	belayi_service_enter(&used->service, message, NULL, died);
	used->entered = belayi_serve_entered(
		message, belayi_method_of(object, procedure->slot));
	belayi_invoke(procedure, frame, object);
	belayi_serve_left(message, used->entered,
			  procedure->is_hresult ? (HRESULT)frame->value : S_OK);
	belayi_service_leave(&used->service);
	belayi_serve_put_out(message, frame);
	belayi_ndr_free(procedure, frame);
}

static void serve_now(struct belayi_message *message)
{
	struct belayi_thread_calls *calls = belayi_thread_calls();
	struct belayi_idle_frame *frame = calls ? take_frame(calls) : NULL;

	if (!frame) {
		belayi_ndr_discard_in(message->procedure, &message->request);
		message->status = E_OUTOFMEMORY;
		return;
	}
	message->status = belayi_ndr_get_in(message->procedure,
					    &message->request, &frame->frame);
	if (SUCCEEDED(message->status))
		invoke(message, frame);
	give_frame(calls, frame);
}

void belayi_serve(struct belayi_message *message)
{
	struct belayi_export *export = message->stub->export;

	if (!message->procedure) {
		belayi_export_unqueue(export);
		belayi_message_failed(message, RPC_E_INVALIDMETHOD);
		return;
	}
	if (!belayi_export_enter_queued(export)) {
		belayi_ndr_discard_in(message->procedure, &message->request);
		belayi_message_failed(message, RPC_E_DISCONNECTED);
		return;
	}
	if (belayi_server_call(message))
		return;
	serve_now(message);
	/* Before the client knows: it may let go of the object then. */
	belayi_export_leave(export);
	belayi_message_replied(message);
}
